// What is asked of a database, without one: no search without its tenants, nothing that is asked for becomes SQL.

import { PgDialect } from 'drizzle-orm/pg-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cursorOf, placeOf } from '../../../cluster/catalogue/cursor.ts';
import { filterSchema } from '../../../cluster/catalogue/filter.schema.ts';
import { createMonth, monthOf, monthsToPrepare } from '../../../cluster/catalogue/partitions.ts';
import { countQuery, pageQuery, spanQuery, termQuery } from '../../../cluster/catalogue/search.ts';
import { slicesOf } from '../../../cluster/catalogue/slices.ts';
import { foldedNumber, quoted, wordsOf } from '../../../cluster/catalogue/terms.ts';

const dialect = new PgDialect();
const hostile = [
  "'",
  '"',
  '\\',
  ':*',
  ' | ',
  ' & ',
  '!',
  '(',
  ')',
  '$1',
  '%',
  ';',
  '--',
  '\0',
  '\ud800',
  'a',
  'é',
  '7',
];
const slice = { fromMs: 0, toMs: 1_000 };

describe('the queries of the catalogue', () => {
  it('R-OPS-2: every query names the tenants of who asks, of one and of none as well', () => {
    for (const tenants of [['acme', "o'hara"], ['acme'], []]) {
      const named = [tenants, ...(tenants.length === 1 ? tenants : [])].map((one) => JSON.stringify(one));
      for (const query of [
        pageQuery({ tenants }, { text: 'x' }, slice, 10),
        countQuery({ tenants }, {}, slice, 10),
        spanQuery({ tenants }),
      ]) {
        const { sql, params } = dialect.sqlToQuery(query);
        expect(sql).toContain('"conversations"."tenant" = ');
        expect(params.some((param) => named.includes(JSON.stringify(param)))).toBe(true);
      }
    }
  });

  it('R-RPL-4: whatever is asked for stands in parameters, none of it in the text of the query', () => {
    const words = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...hostile) });
    fc.assert(
      fc.property(words, words, (one, other) => {
        const filter = { dn: one, agent: other, text: one, tags: [other], data: [{ key: one, value: other }] };
        const plain = { ...filter, dn: 'a', agent: 'a', text: 'a', tags: ['a'], data: [{ key: 'a', value: 'a' }] };
        const textOf = (asked: typeof filter) =>
          dialect.sqlToQuery(
            pageQuery({ tenants: ['acme'] }, { number: { match: 'part', text: one }, ...asked }, slice, 10),
          ).sql;
        const hasWords = wordsOf(one).length > 0;
        expect(textOf({ ...filter, ...(!hasWords && { text: 'a' }) })).toBe(textOf(plain));
      }),
      { seed: 4, numRuns: 40 },
    );
  });

  it('R-RPL-4: operands are quoted, so that nothing in them is an operator', () => {
    expect(termQuery({ agent: `a' | 'b\\`, number: { match: 'prefix', text: '+420 (7) 7-7' } })).toBe(
      `'agent:a'' | ''b\\\\' & 'number:+420777':*`,
    );
    expect(termQuery({ direction: ['inbound', 'consult'], data: [{ key: 'a=b', value: 'C' }, { key: 'k' }] })).toBe(
      `('direction:inbound' | 'direction:consult') & 'data:"a=b"=c' & 'data:"k"=':*`,
    );
    expect(termQuery({ fromMs: 1 })).toBeUndefined();
    expect(quoted("'")).toBe("''''");
  });

  it.each([
    ['+420 777 123-456', '+420777123456'],
    ['(02) 1234', '021234'],
    ['sip:Alice @Example.com', 'sip:alice@example.com'],
    ['*72#', '*72#'],
  ])('R-RPL-4: the number %s is kept as %s', (number, folded) => expect(foldedNumber(number)).toBe(folded));

  it('R-RPL-4: words are found without case and accents', () => {
    expect(wordsOf('Jana Nováková-Ďuríčková, č. 12')).toEqual(['jana', 'novakova', 'durickova', 'c', '12']);
  });

  it('R-RPL-4: slices cover the time without gap or overlap, newest first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 41 }), fc.integer({ min: 0, max: 2 ** 41 }), (one, other) => {
        const span = { fromMs: Math.min(one, other), toMs: Math.max(one, other) };
        const slices = [...slicesOf(span)];
        expect(slices.length).toBeLessThan(10);
        const edges = slices.flatMap(({ fromMs, toMs }) => [toMs, fromMs]);
        expect(edges).toEqual(
          slices.flatMap((_, i) => [i === 0 ? span.toMs : slices[i - 1]!.fromMs, slices[i]!.fromMs]),
        );
        if (slices.length > 0) expect(edges.at(-1)).toBe(span.fromMs);
      }),
      { seed: 9, numRuns: 100 },
    );
  });

  it('R-RPL-4: in the newest hour terms are compared row by row; further back an index is asked for them', () => {
    const written = (toMs: number) =>
      dialect.sqlToQuery(pageQuery({ tenants: ['acme'] }, { dn: '7001' }, { fromMs: 0, toMs }, 10)).sql;
    expect(written(3_600_000)).toMatch(/ts_match_vq\(.*"terms", /);
    expect(written(3_600_001)).toMatch(/terms" @@ /);
  });

  it('R-RPL-4: a cursor leads back to its place, and anything else is refused', () => {
    const place = { startedMs: 1_795_392_000_000, conversation: 'c"1', tenant: 'ač' };
    expect(placeOf(cursorOf(place))).toEqual(place);
    expect(() => placeOf('bm9uZQ')).toThrow('"bm9uZQ" is not the cursor of a page');
  });

  it('R-RPL-4: what cannot be searched for is refused by the schema', () => {
    const refused = [
      { number: { match: 'part', text: '+1 2' } },
      { text: '' },
      { direction: [] },
      { tenant: 'acme' },
      { problem: ['BAD'] },
      { fromMs: -1 },
    ];
    for (const filter of refused) expect(filterSchema.safeParse(filter).success).toBe(false);
  });

  it('R-RPL-6: a month is a table of its own, also the one a year ends with', () => {
    const nowMs = Date.UTC(2026, 10, 20);
    expect(monthsToPrepare(nowMs).map(({ table }) => table)).toEqual([
      'conversations_2026_11',
      'conversations_2026_12',
      'conversations_2027_01',
    ]);
    const december = monthOf(Date.UTC(2026, 11, 31, 23, 59), nowMs)!;
    expect(createMonth(december)).toContain(`from (${Date.UTC(2026, 11)}) to (${Date.UTC(2027, 0)})`);
    expect(monthOf(Date.UTC(2027, 1), nowMs)).toBeUndefined();
    expect(monthOf(1_000, nowMs)).toBeUndefined();
  });
});
