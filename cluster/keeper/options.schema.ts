// Options of a process as one JSON text, checked against the process's schema.

import { z } from 'zod';
import { TwinreelError } from '#src/errors';

/** Throws TwinreelError `process-options-invalid`, naming paths and what is allowed. */
export function parseOptions<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new TwinreelError('process-options-invalid', `TWINREEL_OPTIONS: ${z.prettifyError(parsed.error)}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const shown = text === '' ? 'nothing' : text.slice(0, 40);
    throw new TwinreelError('process-options-invalid', `TWINREEL_OPTIONS must be one JSON object, not ${shown}`);
  }
}
