import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Table } from '../../../../src/recording/merge/table.ts';

describe('numbers by which something is found again', () => {
  it('R-RPL-2: is what a Map is, also when it grows', () => {
    const key = fc.oneof(
      fc.nat(50),
      fc.nat({ max: 2 ** 31 - 1 }).map((n) => n * 2 ** 17 + (n % 65_536)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.nat())), fc.integer({ min: 0, max: 3_000 }), (pairs, more) => {
        const [table, map] = [new Table(), new Map<number, number>()];
        const many = Array.from({ length: more }, (_, n): [number, number] => [n * 160 * 65_536 + n, n]);
        for (const [at, value] of [...pairs, ...many]) {
          table.set(at, value);
          map.set(at, value);
        }
        expect(table.size).toBe(map.size);
        for (const [at, value] of map) expect(table.get(at)).toBe(value);
        expect(table.get(51.5)).toBeUndefined();
      }),
      { seed: 9, numRuns: 30 },
    );
  });
});
