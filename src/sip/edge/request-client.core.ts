// Client transaction of every request but INVITE: RFC 3261 §17.1.2.
//
//   trying ──1xx──▶ proceeding ──200-699──▶ completed ──K──▶ terminated
//      └──────────────┴─ F: no final response ─────────────▶ terminated

import type { ReceivedResponse, Step, TimerName, Timing, TransactionEffect } from './transaction.protocol.ts';
import { send, setTimer, stopTimer, terminated } from './transaction-effect.ts';

export type RequestClientState =
  | { readonly phase: 'trying' | 'proceeding'; readonly request: Buffer; readonly intervalMs: number }
  | { readonly phase: 'completed' }
  | { readonly phase: 'terminated' };

export type RequestClientEvent =
  | { readonly type: 'response'; readonly response: ReceivedResponse }
  /** Nobody waits for an answer any more: the request is not repeated. */
  | { readonly type: 'given-up' }
  | { readonly type: 'timer'; readonly timer: TimerName };

/** Starts the transaction: the request goes out. */
export function startRequestClient(request: Buffer, timing: Timing): Step<RequestClientState> {
  const again = timing.isReliable ? [] : [setTimer('E', timing.t1Ms)];
  const effects = [send(request), ...again, setTimer('F', 64 * timing.t1Ms)];
  return [{ phase: 'trying', request, intervalMs: timing.t1Ms }, effects];
}

export function stepRequestClient(
  state: RequestClientState,
  event: RequestClientEvent,
  timing: Timing,
): Step<RequestClientState> {
  switch (state.phase) {
    case 'trying':
    case 'proceeding':
      return waiting(state, event, timing);
    case 'completed':
      return event.type === 'timer' && event.timer === 'K' ? [{ phase: 'terminated' }, [terminated]] : [state, []];
    case 'terminated':
      return [state, []];
  }
}

function waiting(
  state: RequestClientState & { phase: 'trying' | 'proceeding' },
  event: RequestClientEvent,
  timing: Timing,
): Step<RequestClientState> {
  if (event.type === 'response') {
    const deliver: TransactionEffect = { type: 'deliver', response: event.response };
    // Timer E goes on after a provisional response, at T2 from its next firing on.
    if (event.response.status < 200) return [{ ...state, phase: 'proceeding' }, [deliver]];
    const stop = [stopTimer('E'), stopTimer('F')];
    if (timing.isReliable) return [{ phase: 'terminated' }, [...stop, deliver, terminated]];
    return [{ phase: 'completed' }, [...stop, setTimer('K', timing.t4Ms), deliver]];
  }
  if (event.type === 'given-up') return [state, [stopTimer('E')]];
  if (event.timer === 'E') {
    const intervalMs = state.phase === 'proceeding' ? timing.t2Ms : Math.min(state.intervalMs * 2, timing.t2Ms);
    return [{ ...state, intervalMs }, [send(state.request), setTimer('E', intervalMs)]];
  }
  if (event.timer === 'F') return [{ phase: 'terminated' }, [{ type: 'timed-out' }, terminated]];
  return [state, []];
}
