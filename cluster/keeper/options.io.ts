// How a process gets its options: one JSON object in TWINREEL_OPTIONS, checked before anything else is done.

import type { z } from 'zod';
import { parseOptions } from './options.schema.ts';

/** The options of this process. Throws TwinreelError `process-options-invalid`. */
export function readOptions<Schema extends z.ZodType>(schema: Schema): z.output<Schema> {
  return parseOptions(schema, process.env['TWINREEL_OPTIONS'] ?? '');
}
