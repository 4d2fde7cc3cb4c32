// INVITE client transaction: RFC 3261 §17.1.1 with the accepted state of RFC 6026 §7.2.
//
//   calling ──1xx──▶ proceeding ──2xx──▶ accepted ──M──▶ terminated
//      │                 └────3xx-6xx──▶ completed ──D──▶ terminated
//      └─ B: no answer at all; C: rang too long ─────────▶ terminated
//
// A 2xx is handed up also when an error response came before: a proxy that has given up on a place, or cancelled, passes on what that says
// all the same (RFC 3261 §16.7), and its call is nobody's unless it is ended.

import type { ReceivedResponse, Step, TimerName, Timing, TransactionEffect } from './transaction.protocol.ts';
import { send, setTimer, stopTimer, terminated } from './transaction-effect.ts';

export type InviteClientState =
  | { readonly phase: 'calling'; readonly request: Buffer; readonly intervalMs: number }
  | { readonly phase: 'proceeding' }
  | { readonly phase: 'completed' }
  | { readonly phase: 'accepted' }
  | { readonly phase: 'terminated' };

export type InviteClientEvent =
  | { readonly type: 'response'; readonly response: ReceivedResponse }
  /** A CANCEL went out: whatever happens, the wait is over after 64*T1 (RFC 3261 §9.1). */
  | { readonly type: 'cancelled' }
  /** Nobody waits for an answer any more: the request is not repeated, what still comes is handed up. */
  | { readonly type: 'given-up' }
  | { readonly type: 'timer'; readonly timer: TimerName };

/** Starts the transaction: the INVITE goes out. */
export function startInviteClient(request: Buffer, timing: Timing): Step<InviteClientState> {
  const again = timing.isReliable ? [] : [setTimer('A', timing.t1Ms)];
  const effects = [send(request), ...again, setTimer('B', 64 * timing.t1Ms)];
  return [{ phase: 'calling', request, intervalMs: timing.t1Ms }, effects];
}

export function stepInviteClient(
  state: InviteClientState,
  event: InviteClientEvent,
  timing: Timing,
): Step<InviteClientState> {
  switch (state.phase) {
    case 'calling':
      return calling(state, event, timing);
    case 'proceeding':
      return proceeding(state, event, timing);
    case 'completed':
      return completed(state, event);
    case 'accepted':
      return accepted(state, event);
    case 'terminated':
      return [state, []];
  }
}

function calling(
  state: InviteClientState & { phase: 'calling' },
  event: InviteClientEvent,
  timing: Timing,
): Step<InviteClientState> {
  if (event.type === 'response') {
    const [next, effects] = answered(event.response, timing);
    return [next, [stopTimer('A'), stopTimer('B'), ...effects]];
  }
  if (event.type === 'timer' && event.timer === 'A') {
    const intervalMs = state.intervalMs * 2;
    return [{ ...state, intervalMs }, [send(state.request), setTimer('A', intervalMs)]];
  }
  if (event.type === 'given-up') return [state, [stopTimer('A')]];
  if (event.type === 'timer' && event.timer === 'B') return timedOut();
  return [state, []];
}

function proceeding(state: InviteClientState, event: InviteClientEvent, timing: Timing): Step<InviteClientState> {
  if (event.type === 'response') {
    const [next, effects] = answered(event.response, timing);
    return [next, next.phase === 'proceeding' ? effects : [stopTimer('C'), ...effects]];
  }
  if (event.type === 'cancelled') return [state, [setTimer('C', 64 * timing.t1Ms)]];
  if (event.type === 'timer' && event.timer === 'C') return timedOut();
  return [state, []];
}

function completed(state: InviteClientState, event: InviteClientEvent): Step<InviteClientState> {
  if (event.type === 'response' && event.response.status >= 300) {
    return [state, [{ type: 'acknowledge', response: event.response }]];
  }
  if (event.type === 'response' && isSuccess(event.response))
    return [state, [{ type: 'deliver', response: event.response }]];
  if (event.type === 'timer' && event.timer === 'D') return [{ phase: 'terminated' }, [terminated]];
  return [state, []];
}

function accepted(state: InviteClientState, event: InviteClientEvent): Step<InviteClientState> {
  if (event.type === 'response' && isSuccess(event.response)) {
    return [state, [{ type: 'deliver', response: event.response }]];
  }
  if (event.type === 'timer' && event.timer === 'M') return [{ phase: 'terminated' }, [terminated]];
  return [state, []];
}

function answered(response: ReceivedResponse, timing: Timing): Step<InviteClientState> {
  const deliver: TransactionEffect = { type: 'deliver', response };
  if (response.status < 200) return [{ phase: 'proceeding' }, [setTimer('C', timing.ringMsMax), deliver]];
  if (isSuccess(response)) return [{ phase: 'accepted' }, [setTimer('M', 64 * timing.t1Ms), deliver]];
  const acknowledge: TransactionEffect = { type: 'acknowledge', response };
  if (timing.isReliable) return [{ phase: 'terminated' }, [acknowledge, deliver, terminated]];
  return [{ phase: 'completed' }, [acknowledge, setTimer('D', 64 * timing.t1Ms), deliver]];
}

function timedOut(): Step<InviteClientState> {
  return [{ phase: 'terminated' }, [{ type: 'timed-out' }, terminated]];
}

function isSuccess(response: ReceivedResponse): boolean {
  return response.status >= 200 && response.status < 300;
}
