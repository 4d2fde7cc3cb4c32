// Delivers messages to one webhook, one after the other in their order: decides what is sent when, what is tried again, and what is
// given up. Pure. Who sends and who remembers is elsewhere.
//
//     2xx                       delivered, the next one
//     408, 425, 429, 5xx, none  tried again: 1 s, 2 s, 4 s … 10 min later, up to `attemptsMax`; the others wait behind it
//     any other answer          given up at once: it will not be taken another time either

/** A message by its id; what it says is not decided about. */
export interface Deliveries {
  readonly phase: 'idle' | 'sending' | 'waiting';
  /** The first is the one in hand. */
  readonly queue: readonly string[];
  /** How often the first one was sent. */
  readonly attempts: number;
}

export type DeliveryMessage =
  /** One that is not in the queue. */
  | { readonly type: 'queued'; readonly id: string }
  /** `status` of the answer, or why there was none. `spread`: 0 to 1, so that not everybody tries again at once. */
  | { readonly type: 'answered'; readonly status: number; readonly spread: number }
  | { readonly type: 'failed'; readonly why: string; readonly spread: number }
  | { readonly type: 'due' };

export type DeliveryEffect =
  | { readonly type: 'send'; readonly id: string; readonly attempt: number }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'delivered'; readonly id: string; readonly attempts: number }
  | { readonly type: 'given-up'; readonly id: string; readonly attempts: number; readonly why: string }
  /** The queue is full. */
  | { readonly type: 'dropped'; readonly id: string };

export interface DeliveryRules {
  readonly attemptsMax: number;
  readonly queueMax: number;
}

export const noDeliveries: Deliveries = { phase: 'idle', queue: [], attempts: 0 };

const retryMs = 1_000;
const retryMsMax = 600_000;
const retried = new Set([408, 425, 429]);

type Decision = readonly [Deliveries, readonly DeliveryEffect[]];

export function decideDelivery(state: Deliveries, message: DeliveryMessage, rules: DeliveryRules): Decision {
  switch (message.type) {
    case 'queued':
      return queued(state, message.id, rules);
    case 'due':
      return state.phase === 'waiting' ? send(state) : [state, []];
    case 'answered': {
      const { status, spread } = message;
      if (state.phase !== 'sending') return [state, []];
      if (status >= 200 && status < 300) return next(state, { type: 'delivered', ...inHand(state) });
      const why = `answered ${status}`;
      if (status < 500 && !retried.has(status)) return next(state, { type: 'given-up', ...inHand(state), why });
      return again(state, why, spread, rules);
    }
    case 'failed':
      return state.phase === 'sending' ? again(state, message.why, message.spread, rules) : [state, []];
  }
}

function queued(state: Deliveries, id: string, { queueMax }: DeliveryRules): Decision {
  const full = state.queue.length >= queueMax;
  // The one in hand may be with its receiver already.
  const dropped = full ? state.queue[state.phase === 'sending' ? 1 : 0] : undefined;
  const queue = [...state.queue.filter((one) => one !== dropped), id];
  const drops: DeliveryEffect[] = dropped === undefined ? [] : [{ type: 'dropped', id: dropped }];
  const after = { ...state, queue };
  if (state.phase !== 'idle') return [after, drops];
  const [sending, effects] = send(after);
  return [sending, [...drops, ...effects]];
}

function send(state: Deliveries): Decision {
  const [id] = state.queue;
  if (id === undefined) return [{ ...state, phase: 'idle', attempts: 0 }, []];
  const attempts = state.attempts + 1;
  return [{ ...state, phase: 'sending', attempts }, [{ type: 'send', id, attempt: attempts }]];
}

function next(state: Deliveries, done: DeliveryEffect): Decision {
  const [after, effects] = send({ phase: 'idle', queue: state.queue.slice(1), attempts: 0 });
  return [after, [done, ...effects]];
}

function again(state: Deliveries, why: string, spread: number, { attemptsMax }: DeliveryRules): Decision {
  if (state.attempts >= attemptsMax) return next(state, { type: 'given-up', ...inHand(state), why });
  const most = Math.min(retryMs * 2 ** (state.attempts - 1), retryMsMax);
  return [{ ...state, phase: 'waiting' }, [{ type: 'wait', ms: Math.round(most * (1 - spread / 2)) }]];
}

function inHand({ queue, attempts }: Deliveries) {
  return { id: queue[0]!, attempts };
}
