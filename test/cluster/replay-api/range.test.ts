import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rangeOf } from '../../../cluster/replay-api/range.ts';

it('R-RPL-5: whatever a header says, a part lies within the file', () => {
  const number = fc.option(fc.nat(3_000).map(String), { nil: '' });
  const header = fc.oneof(
    fc.tuple(number, number).map(([from, to]) => `bytes=${from}-${to}`),
    fc.string(),
  );
  fc.assert(
    fc.property(header, fc.nat(2_000), (text, bytes) => {
      const range = rangeOf(text, bytes);
      if (range.phase !== 'part') return;
      expect(range.from).toBeGreaterThanOrEqual(0);
      expect(range.to).toBeGreaterThanOrEqual(range.from);
      expect(range.to).toBeLessThan(bytes);
    }),
    { seed: 9, numRuns: process.env['TWINREEL_FULL'] ? 20_000 : 1_000 },
  );
});
