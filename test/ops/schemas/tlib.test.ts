import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { events, requests, tlibJsonSchema } from '#src/cti';

const path = 'ops/schemas/tlib.schema.json';

type Definitions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

describe('the published schema of T-Lib messages', () => {
  it('R-CTI-2: is the one that messages are read by', () => {
    const anew = 'write it anew: npm run -s build && node dist/ops/cli/twinreel.js schema tlib';
    expect(JSON.parse(readFileSync(path, 'utf8')), `${anew} > ${path}`).toEqual(tlibJsonSchema());
  });

  it('R-CTI-2: names every message with its number, and has an end for every reference', () => {
    const published = JSON.parse(readFileSync(path, 'utf8')) as { $defs: Definitions };
    for (const [name, { id }] of Object.entries({ ...requests, ...events })) {
      expect(published.$defs[name]).toMatchObject({ properties: { message: { const: name }, id: { const: id } } });
    }
    const references = [...JSON.stringify(published).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference!);
    for (const reference of new Set(references)) {
      expect(reference.startsWith('#/$defs/') && reference.slice(8) in published.$defs, reference).toBe(true);
    }
  });

  it('R-CTI-2: lets lists of lists pass, and no list with a fraction', () => {
    const { $defs } = JSON.parse(readFileSync(path, 'utf8')) as { $defs: Definitions };
    const list = z.fromJSONSchema({ $ref: '#/$defs/KeyValueList', $defs } as never);
    expect(
      list.safeParse([
        ['a', [['b', 1]]],
        ['c', { binary: 'AAE=' }],
      ]).success,
    ).toBe(true);
    expect(list.safeParse([['a', [['b', 1.5]]]]).success).toBe(false);
  });
});
