// The manifest's schema as JSON Schema, for readers in other languages. What is published is this and nothing by hand.

import { z } from 'zod';
import { manifestSchema } from './manifest.schema.ts';

/** The published form. Fields that a later version adds are allowed; none is ever taken away or given another meaning. */
export function manifestJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(manifestSchema, { io: 'input' });
  return { $schema, title: 'Manifest of a Twinreel recording', ...schema };
}
