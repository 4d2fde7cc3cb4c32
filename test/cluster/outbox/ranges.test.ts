import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  firstMissing,
  has,
  type Ranges,
  rangesText,
  readRanges,
  union,
  withStretch,
} from '../../../cluster/outbox/ranges.ts';

const max = 30;
const stretches = fc.array(fc.tuple(fc.nat(max), fc.nat(max)), { maxLength: 8 });

it('R-HA-6: ranges hold the numbers that were added, however they were added, and come back from text', () => {
  fc.assert(
    fc.property(stretches, stretches, (some, others) => {
      const numbers = new Set<number>();
      const made = [some, others].map((list) =>
        list.reduce<Ranges>((ranges, [after, to]) => {
          for (let number = after + 1; number <= to; number += 1) numbers.add(number);
          return withStretch(ranges, after, to);
        }, []),
      );
      const ranges = union(made[0]!, made[1]!);
      for (let number = 1; number <= max; number += 1) expect(has(ranges, number)).toBe(numbers.has(number));
      const missing = Array.from({ length: max }, (_, index) => index + 1).find((number) => !numbers.has(number));
      expect(firstMissing(ranges, max)).toBe(missing);
      // None touches the next one.
      expect(ranges.every(([from], index) => index === 0 || from > ranges[index - 1]![1] + 1)).toBe(true);
      expect(readRanges(rangesText(ranges))).toEqual(ranges);
    }),
    { seed: 1, numRuns: process.env['TWINREEL_FULL'] ? 5_000 : 200 },
  );
});

it('R-HA-6: what is no text of ranges is none', () => {
  for (const text of ['', 'x', '-', '0-4', '5-3', '1-2;3']) expect(readRanges(text), text).toEqual([]);
});
