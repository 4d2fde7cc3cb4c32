// The configuration protocol and its objects as JSON Schema, for those who write a bridge to a vendor's SDK in another language.
// What is published is this and nothing by hand.

import { z } from 'zod';
import { directoryEventSchema, directoryRequestSchema } from './message.schema.ts';
import { objectShapes } from './objects.schema.ts';

const about = [
  'Client and server exchange frames over TCP or TLS: a length of 4 bytes (unsigned, most significant first), then so many bytes',
  'of JSON, at most 1 MiB. A frame that holds null is a sign of life: an end that has sent nothing for 2 s sends one, an end that',
  'hears nothing for 10 s closes. The client registers itself, then for changes, then reads the objects of each kind. Each request',
  'has a reference, and what answers it has the same one. Fields of objects that are not named here are kept.',
].join(' ');

/** The published form. Kinds and fields may be added; none is ever taken away or given another meaning. */
export function directoryJsonSchema(): Readonly<Record<string, unknown>> {
  const plain = (schema: z.ZodType) => {
    const { $schema: _, ...own } = z.toJSONSchema(schema, { io: 'input' });
    return own;
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration protocol of Twinreel',
    description: about,
    anyOf: [{ $ref: '#/$defs/Request' }, { $ref: '#/$defs/Event' }],
    $defs: {
      Request: plain(directoryRequestSchema),
      Event: plain(directoryEventSchema),
      ...Object.fromEntries(Object.entries(objectShapes).map(([kind, shape]) => [kind, plain(shape)])),
    },
  };
}
