// What is recognised without the schema is what the schema takes as it is; what it refuses is never recognised.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AttributeName, events } from '#src/cti';
import { attributeShape, attributesSchema } from '../../../src/cti/attributes.schema.ts';
import { isPlain } from '../../../src/cti/plain-message.ts';

const runs = process.env['TWINREEL_FULL'] ? 20_000 : 1_000;

const values = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.constantFrom('', '0071022ec8ac8056', '0071022EC8AC8056', null, true, 1.5, -1, 0, 2 ** 53, {}, [], {
    binary: 'AAE=',
  }),
  fc.integer(),
  fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.oneof(fc.string({ maxLength: 3 }), fc.integer(), fc.double())), {
    maxLength: 3,
  }),
  fc.constantFrom(
    [['a', ['b', 1]]],
    [['a']],
    [['a', 'b', 'c']],
    [[1, 'a']],
    [['a', [['b', 'c']]]],
    [['a', { binary: '!' }]],
  ),
);
const names = fc.oneof(fc.constantFrom(...Object.keys(attributeShape)), fc.string({ maxLength: 5 }));

describe('R-CTI-2: messages that are recognised without the schema', () => {
  it('are those that the schema takes as they are', () => {
    const property = fc.property(
      fc.constantFrom(...Object.entries(events)),
      fc.dictionary(names, values, { maxKeys: 4 }),
      ([message, { id, required }], others) => {
        const given = { ThisDN: '3556', ConnID: '0071022ec8ac8056', ...others };
        const attributes = JSON.parse(JSON.stringify(given)) as Record<string, unknown>;
        const schema = schemaOf(required).safeParse(attributes);
        if (isPlain({ message, id, attributes }, id, required)) expect(schema.data).toEqual(attributes);
        else if (schema.success) expect(isOrdinary(attributes)).toBe(false);
      },
    );
    fc.assert(property, { seed: 20_260_102, numRuns: runs });
  });

  it.each([
    ['another number', { message: 'EventRinging', id: 61, attributes: { ThisDN: '3556', ConnID: '0071022ec8ac8056' } }],
    ['something missing', { message: 'EventRinging', id: 60, attributes: { ThisDN: '3556' } }],
    [
      'something more',
      { message: 'EventRinging', id: 60, attributes: { ThisDN: '1', ConnID: '0071022ec8ac8056' }, x: 1 },
    ],
    ['no attributes', { message: 'EventRinging', id: 60 }],
    ['attributes in a list', { message: 'EventRinging', id: 60, attributes: [] }],
    ['no message', null],
  ])('%s is left to the schema', (_, value) => {
    expect(isPlain(value, 60, ['ThisDN', 'ConnID'])).toBe(false);
  });
});

const schemas = new Map<string, ReturnType<typeof attributesSchema>>();

/** Made once: that takes longer than asking it. */
function schemaOf(required: readonly AttributeName[]): ReturnType<typeof attributesSchema> {
  const key = required.join();
  const schema = schemas.get(key) ?? attributesSchema(required);
  schemas.set(key, schema);
  return schema;
}

/** Neither converted by the schema, nor nested, nor unknown and more than a scalar. */
function isOrdinary(attributes: Record<string, unknown>): boolean {
  return Object.entries(attributes).every(([name, value]) => {
    if (typeof value === 'string') return !/^[0-9A-F]{16}$/i.test(value) || value === value.toLowerCase();
    if (Array.isArray(value)) return name in attributeShape && value.every((pair) => typeof pair[1] !== 'object');
    return typeof value !== 'object' || value === null;
  });
}
