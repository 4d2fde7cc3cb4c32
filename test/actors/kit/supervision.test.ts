import { describe, expect, it } from 'vitest';
import { type ActorKind, defineTree } from '#actors/kit';
import { decideAfterCrash } from '../../../actors/kit/supervision.ts';

const mailbox = { max: 10, whenFull: 'refuse' } as const;
const budget = { restarts: 3, withinMs: 100, backoffMs: 10, backoffMsMax: 30 };
const restarting: ActorKind = { under: 'process', onCrash: 'restart', budget, rebuiltFrom: 'nothing', mailbox };

describe('after a crash', () => {
  it.each([
    { earlier: [], nowMs: 0, expected: { decision: 'restart', delayMs: 10, restartsAtMs: [0] } },
    { earlier: [0], nowMs: 50, expected: { decision: 'restart', delayMs: 20, restartsAtMs: [0, 50] } },
    { earlier: [0, 50], nowMs: 60, expected: { decision: 'restart', delayMs: 30, restartsAtMs: [0, 50, 60] } },
    { earlier: [0, 50, 60], nowMs: 99, expected: { decision: 'escalate', spent: true } },
    { earlier: [0, 50, 60], nowMs: 100, expected: { decision: 'restart', delayMs: 30, restartsAtMs: [50, 60, 100] } },
    { earlier: [0, 50, 60], nowMs: 500, expected: { decision: 'restart', delayMs: 10, restartsAtMs: [500] } },
  ])('R-SUP-1: restarts at $earlier and a crash at $nowMs give $expected.decision', ({ earlier, nowMs, expected }) => {
    expect(decideAfterCrash(restarting, earlier, nowMs)).toEqual(expected);
  });

  it('R-SUP-1: what is never restarted has no budget to spend', () => {
    const stopping: ActorKind = { under: 'process', onCrash: 'stop', rebuiltFrom: 'nothing', mailbox };
    expect(decideAfterCrash(stopping, [], 0)).toEqual({ decision: 'stop', spent: false });
  });
});

describe('a supervision tree', () => {
  const bad = (kind: object) => () =>
    defineTree({ a: restarting, b: { ...restarting, under: 'a', ...kind } as ActorKind });

  it.each([
    [{ under: 'c' }, 'under "c", but the tree has only a, b and process'],
    [{ under: 'b' }, 'is under itself by way of b'],
    [{ mailbox: { max: 0, whenFull: 'refuse' } }, 'mailbox.max is 0, allowed is 1 or more'],
    [{ budget: { ...budget, restarts: 0 } }, 'budget.restarts is 0'],
    [{ budget: { ...budget, withinMs: 0 } }, 'budget.withinMs is 0'],
    [{ budget: { ...budget, backoffMsMax: 5 } }, 'back-off 10 to 5 ms'],
  ])('R-SUP-1: with %o is refused', (kind, text) => {
    expect(bad(kind)).toThrow(text);
  });

  it('R-SUP-1: in a circle is refused', () => {
    expect(() => defineTree({ a: { ...restarting, under: 'b' }, b: { ...restarting, under: 'a' } })).toThrow(
      'under itself',
    );
  });
});
