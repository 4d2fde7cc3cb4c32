// A 2xx to INVITE on its way: repeated until its ACK comes, over every transport, given up after 64*T1 (RFC 3261 §13.3.1.4).
// The same holds of a reliable provisional response and its PRACK (RFC 3262 §3), but for the longest pause.

export type AnswerState =
  | { readonly phase: 'unacknowledged'; readonly intervalMs: number; readonly waitedMs: number }
  | { readonly phase: 'acknowledged' }
  | { readonly phase: 'abandoned' };

export type AnswerEvent = { readonly type: 'ack' } | { readonly type: 'timer' };

/** What to do next: send the 2xx again, wait, or end the dialog that nobody confirmed. */
export type AnswerEffect =
  | { readonly type: 'repeat' }
  | { readonly type: 'wait'; readonly delayMs: number }
  | { readonly type: 'give-up' };

/** The 2xx has just gone out, or went out `waitedMs` ago and its sender has begun anew since. */
export function startAnswer(t1Ms: number, waitedMs = 0): readonly [AnswerState, readonly AnswerEffect[]] {
  return [{ phase: 'unacknowledged', intervalMs: t1Ms, waitedMs }, [{ type: 'wait', delayMs: t1Ms }]];
}

export function stepAnswer(
  state: AnswerState,
  event: AnswerEvent,
  timing: { readonly t1Ms: number; readonly t2Ms: number },
): readonly [AnswerState, readonly AnswerEffect[]] {
  if (state.phase !== 'unacknowledged') return [state, []];
  if (event.type === 'ack') return [{ phase: 'acknowledged' }, []];
  const leftMs = 64 * timing.t1Ms - state.waitedMs - state.intervalMs;
  if (leftMs <= 0) return [{ phase: 'abandoned' }, [{ type: 'give-up' }]];
  const intervalMs = Math.min(state.intervalMs * 2, timing.t2Ms, leftMs);
  const waitedMs = state.waitedMs + state.intervalMs;
  return [
    { phase: 'unacknowledged', intervalMs, waitedMs },
    [{ type: 'repeat' }, { type: 'wait', delayMs: intervalMs }],
  ];
}
