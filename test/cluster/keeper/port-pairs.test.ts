import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortPairs } from '../../../cluster/keeper/port-pairs.ts';

describe('port pairs', () => {
  it('R-REC-2: every pair of the range once, RTP even, RTCP inside the range, then round again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_024, max: 65_000 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 0, max: 99 }),
        (portMin, size, begin) => {
          const portMax = portMin + size;
          const pairs = new PortPairs({ portMin, portMax }, begin / 100);
          const round = Array.from({ length: pairs.count }, () => pairs.next());
          expect(new Set(round).size).toBe(pairs.count);
          for (const port of round) {
            expect(port % 2).toBe(0);
            expect(port).toBeGreaterThanOrEqual(portMin);
            expect(port + 1).toBeLessThanOrEqual(portMax);
          }
          expect(pairs.count).toBe(Math.floor((size + 1 - (portMin % 2)) / 2));
          if (pairs.count > 0) expect(pairs.next()).toBe(round[0]);
        },
      ),
      { seed: 3, numRuns: 200 },
    );
  });
});
