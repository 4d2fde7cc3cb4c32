import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Deliveries,
  type DeliveryEffect,
  type DeliveryMessage,
  decideDelivery,
  noDeliveries,
} from '#src/notification';

const rules = { attemptsMax: 3, queueMax: 4 };
const spread = 0;

function told(messages: readonly DeliveryMessage[], given = rules) {
  let state: Deliveries = noDeliveries;
  const effects: DeliveryEffect[] = [];
  for (const message of messages) {
    const [next, more] = decideDelivery(state, message, given);
    state = next;
    effects.push(...more);
  }
  return { state, effects };
}

const queued = (...ids: string[]) => ids.map((id): DeliveryMessage => ({ type: 'queued', id }));
const answered = (status: number): DeliveryMessage => ({ type: 'answered', status, spread });
const failed: DeliveryMessage = { type: 'failed', why: 'nobody there', spread };
const due: DeliveryMessage = { type: 'due' };

describe('deliveries to a webhook', () => {
  it('R-NOT-2: go out one after the other, in their order', () => {
    const { effects, state } = told([...queued('a', 'b'), answered(200), answered(204)]);
    expect(effects).toEqual([
      { type: 'send', id: 'a', attempt: 1 },
      { type: 'delivered', id: 'a', attempts: 1 },
      { type: 'send', id: 'b', attempt: 1 },
      { type: 'delivered', id: 'b', attempts: 1 },
    ]);
    expect(state).toEqual(noDeliveries);
  });

  it('R-NOT-2: are tried again, ever later, and the others wait behind', () => {
    const { effects } = told([...queued('a', 'b'), answered(503), due, failed, due, answered(200)]);
    expect(effects.slice(1)).toEqual([
      { type: 'wait', ms: 1_000 },
      { type: 'send', id: 'a', attempt: 2 },
      { type: 'wait', ms: 2_000 },
      { type: 'send', id: 'a', attempt: 3 },
      { type: 'delivered', id: 'a', attempts: 3 },
      { type: 'send', id: 'b', attempt: 1 },
    ]);
  });

  it('R-NOT-2: are given up after so many attempts, or at once when they are not wanted', () => {
    const lost = told([...queued('a', 'b'), failed, due, failed, due, failed, answered(400)]).effects;
    expect(lost.filter(({ type }) => type === 'given-up')).toEqual([
      { type: 'given-up', id: 'a', attempts: 3, why: 'nobody there' },
      { type: 'given-up', id: 'b', attempts: 1, why: 'answered 400' },
    ]);
    for (const status of [408, 425, 429, 500])
      expect(told([...queued('a'), answered(status)]).state.phase).toBe('waiting');
    for (const status of [301, 404, 410]) expect(told([...queued('a'), answered(status)]).state.phase).toBe('idle');
  });

  it('R-NOT-2: that wait longest are dropped when too many wait, but not the one in hand', () => {
    const { effects, state } = told(queued('a', 'b', 'c', 'd', 'e'));
    expect(effects).toContainEqual({ type: 'dropped', id: 'b' });
    expect(state.queue).toEqual(['a', 'c', 'd', 'e']);
  });

  it('R-NOT-2: never wait longer than ten minutes, whatever happens, and each has one end', () => {
    const message = fc.oneof(
      fc.constant(due),
      fc.record({
        type: fc.constant('answered' as const),
        status: fc.constantFrom(200, 404, 500),
        spread: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({
        type: fc.constant('failed' as const),
        why: fc.constant('x'),
        spread: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.constant('queue' as const),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 200 }), (all) => {
        const messages = all.map(
          (one, index): DeliveryMessage => (one === 'queue' ? { type: 'queued', id: String(index) } : one),
        );
        const { effects, state } = told(messages, { attemptsMax: 15, queueMax: 5 });
        const ends = effects.flatMap((one) => ('id' in one && one.type !== 'send' ? [one.id] : []));
        const ids = messages.flatMap((one) => (one.type === 'queued' ? [one.id] : []));
        expect([...ends, ...state.queue].sort()).toEqual(ids.sort());
        for (const one of effects) if (one.type === 'wait') expect(one.ms).toBeLessThanOrEqual(600_000);
        expect(state.phase === 'idle').toBe(state.queue.length === 0);
      }),
      { seed: 11, numRuns: process.env['TWINREEL_FULL'] ? 2_000 : 200 },
    );
  });
});
