// Overload as tables and properties: facts in, share of the new calls out. Time is an argument.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admit,
  type LoadFacts,
  look,
  lookMs,
  type OverloadState,
  openToAll,
  overloadLimits,
} from '../../../../src/sip/edge/overload.core.ts';

/** Time alone decides what a burst is. */
const limits = { ...overloadLimits, burstCallsMax: 0 };

const calm: LoadFacts = { queuedMs: 0, unanswered: 0, unansweredMs: 0, busyShare: 0.2 };
const queued: LoadFacts = { ...calm, queuedMs: 25, busyShare: 1 };
const late: LoadFacts = { ...calm, unanswered: 200, unansweredMs: 500 };

describe('R-SIP-3: new calls give way when there are more than can be served', () => {
  it('a burst is taken in whole', () => {
    const after = run(openToAll, queued, limits.burstMsMax / lookMs);
    expect(after).toMatchObject({ phase: 'open', strainedSinceMs: 0 });
    expect(run(after, calm, 1)).toEqual(openToAll);
  });

  it('a few calls are no flood, however slow this process is: it may just have started', () => {
    let state = look(openToAll, { ...queued, queuedMs: 2_000 }, overloadLimits, { nowMs: 0, elapsedMs: lookMs });
    const refused = Array.from({ length: overloadLimits.burstCallsMax + 40 }, (_, index) => {
      const [next, reason] = admit(state);
      state = look(next, queued, overloadLimits, { nowMs: (index + 1) * lookMs, elapsedMs: lookMs });
      return reason;
    });
    expect(refused.slice(0, overloadLimits.burstCallsMax).every((reason) => reason === undefined)).toBe(true);
    expect(refused.slice(-40)).toContain('edge-late');
  });

  it('a queue that does not become empty sheds half of the calls, then more and more', () => {
    const shares = [4, 5, 6, 7].map((looks) => shareOf(run(openToAll, queued, looks)));
    for (const [looks, share] of shares.entries()) expect(share).toBeCloseTo(0.5 / 1.25 ** looks);
    // Much has gathered while the burst was taken in whole.
    expect(shareOf(run(openToAll, { ...queued, queuedMs: 80 }, 4))).toBeCloseTo(1 / 16);
    expect(run(openToAll, queued, 4)).toMatchObject({ phase: 'shedding', reason: 'edge-late' });
  });

  it('applications are late when many calls wait and the first waits long, not for one of the two', () => {
    expect(run(openToAll, late, 4)).toMatchObject({ phase: 'shedding', reason: 'application-late' });
    expect(run(openToAll, { ...late, unanswered: 20, unansweredMs: 5_000 }, 100)).toEqual(openToAll);
    expect(run(openToAll, { ...late, unanswered: 1_000, unansweredMs: 90 }, 100)).toEqual(openToAll);
  });

  it('is over within 2 s of calm, however bad it was', () => {
    const worst = run(openToAll, { ...queued, queuedMs: 1_000 }, 1_000);
    expect(shareOf(worst)).toBe(0.01);
    expect(run(worst, calm, 2_000 / lookMs)).toEqual(openToAll);
    expect(look(worst, calm, limits, { nowMs: 0, elapsedMs: 1_000 })).toEqual(openToAll);
  });

  it('lets no more in while this process is busy all the time, or nearly strained', () => {
    const state = run(openToAll, queued, 8);
    expect(run(state, { ...calm, busyShare: 0.95 }, 50)).toEqual(state);
    expect(run(state, { ...calm, queuedMs: 15 }, 50)).toEqual(state);
  });

  it('what is let in is spread evenly', () => {
    let state: OverloadState = { phase: 'shedding', share: 0.25, credit: 0, reason: 'edge-late' };
    const taken = Array.from({ length: 8 }, () => {
      const [next, reason] = admit(state);
      state = next;
      return reason ?? 'in';
    });
    expect(taken).toEqual([...refusedThrice, 'in', ...refusedThrice, 'in']);
  });

  it('whatever is measured, the share stays within its bounds and calm opens to all again', () => {
    const facts = fc.record({
      queuedMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
      unanswered: fc.nat(100_000),
      unansweredMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
      busyShare: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const days = fc.array(fc.tuple(facts, fc.nat(300), fc.nat(20)), { maxLength: 60 });
    fc.assert(
      fc.property(days, (steps) => {
        let state: OverloadState = openToAll;
        let nowMs = 0;
        let admitted = 0;
        let allowed = 0;
        for (const [measured, elapsedMs, calls] of steps) {
          nowMs += elapsedMs;
          state = look(state, measured, limits, { nowMs, elapsedMs });
          const share = shareOf(state);
          expect(share).toBeGreaterThanOrEqual(0.01);
          expect(share).toBeLessThanOrEqual(1);
          for (let call = 0; call < calls; call += 1) {
            const [next, reason] = admit(state);
            if (reason === undefined) admitted += 1;
            state = next;
          }
          allowed += calls * share;
        }
        expect(admitted).toBeLessThanOrEqual(allowed + 1 + 1e-6);
        expect(run(state, calm, 2_000 / lookMs)).toEqual(openToAll);
      }),
      { seed: 503, numRuns: process.env['TWINREEL_FULL'] ? 2_000 : 200 },
    );
  });
});

const refusedThrice = ['edge-late', 'edge-late', 'edge-late'];

/** The state after so many looks at the same facts. */
function run(from: OverloadState, facts: LoadFacts, looks: number): OverloadState {
  let state = from;
  for (let index = 0; index < looks; index += 1) {
    state = look(state, facts, limits, { nowMs: index * lookMs, elapsedMs: lookMs });
  }
  return state;
}

function shareOf(state: OverloadState): number {
  return state.phase === 'open' ? 1 : state.share;
}
