// How a process gets its options: one JSON object in TWINREEL_OPTIONS, checked before anything else is done.

import { z } from 'zod';
import { TwinreelError } from '#src/errors';

/** The options of this process. Throws TwinreelError `process-options-invalid`, naming paths and what is allowed. */
export function readOptions<Schema extends z.ZodType>(schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(process.env['TWINREEL_OPTIONS'] ?? ''));
  if (parsed.success) return parsed.data;
  throw new TwinreelError('process-options-invalid', `TWINREEL_OPTIONS: ${z.prettifyError(parsed.error)}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TwinreelError(
      'process-options-invalid',
      `TWINREEL_OPTIONS must be one JSON object, not ${text.slice(0, 40)}`,
    );
  }
}
