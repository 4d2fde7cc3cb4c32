import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClockSighting, type RoundTrip } from '../../../cluster/links/clock-sight.ts';

/** Of a clock that adds `offsetMs` to be ours, answered after `heldMs`, with so much on the way there and back. */
function trip(sentMs: number, offsetMs: number, thereMs: number, backMs: number, heldMs = 0): RoundTrip {
  const answeredMs = sentMs + thereMs + heldMs - offsetMs;
  return { sentMs, heldMs, answeredMs, heardMs: sentMs + thereMs + heldMs + backMs };
}

describe('R-RPL-1: the clock of a recorder, seen over its link', () => {
  it('is right within what it says, however long each way was', () => {
    const ways = fc.record({ thereMs: fc.nat(400), backMs: fc.nat(400), heldMs: fc.nat(250) });
    fc.assert(
      fc.property(fc.integer({ min: -30_000, max: 30_000 }), fc.array(ways, { minLength: 1 }), (offsetMs, trips) => {
        const sighting = new ClockSighting();
        let nowMs = 1e12;
        for (const { thereMs, backMs, heldMs } of trips) {
          sighting.see(trip(nowMs, offsetMs, thereMs, backMs, heldMs));
          nowMs += 1_000;
        }
        const seen = sighting.at(nowMs)!;
        expect(Math.abs(seen.offsetMs - offsetMs)).toBeLessThanOrEqual(seen.plusMinusMs + 0.5);
        const least = Math.min(...trips.map(({ thereMs, backMs }) => thereMs + backMs)) / 2;
        expect(seen.plusMinusMs).toBeLessThanOrEqual(least + trips.length + 1);
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  it('says nothing before anything came back, and that clocks are one where they may be', () => {
    const sighting = new ClockSighting();
    expect(sighting.at(0)).toBeUndefined();
    sighting.see(trip(1_000, 3, 4, 4));
    expect(sighting.at(1_008)).toEqual({ offsetMs: 0, plusMinusMs: 4 });
  });

  it('follows a clock that is set, and does not believe a way that took less than no time', () => {
    const sighting = new ClockSighting();
    sighting.see(trip(1_000, 30_000, 1, 1));
    sighting.see({ sentMs: 5_000, heardMs: 4_000, answeredMs: 4_500, heldMs: 0 });
    expect(sighting.at(2_000)).toEqual({ offsetMs: 30_000, plusMinusMs: 2 });
    sighting.see(trip(2_000, 0, 20, 20));
    expect(sighting.at(2_040)).toEqual({ offsetMs: 0, plusMinusMs: 20 });
  });
});
