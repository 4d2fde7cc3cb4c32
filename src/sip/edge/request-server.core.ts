// Server transaction of every request but INVITE and ACK: RFC 3261 §17.2.2.
//
//   trying ──1xx──▶ proceeding ──200-699──▶ terminated, the answer remembered for J

import type { Step, Timing } from './transaction.protocol.ts';
import { remember, send, terminated } from './transaction-effect.ts';

export type RequestServerState =
  | { readonly phase: 'trying' }
  | { readonly phase: 'proceeding'; readonly provisional: Buffer }
  | { readonly phase: 'terminated' };

export type RequestServerEvent =
  /** The request came again. */
  | { readonly type: 'repeated' }
  | { readonly type: 'respond'; readonly status: number; readonly bytes: Buffer }
  /** Nobody will answer any more: forget it. */
  | { readonly type: 'abandon' };

/** A transaction to which nothing has been answered yet. */
export const newRequestServer: RequestServerState = { phase: 'trying' };

export function stepRequestServer(
  state: RequestServerState,
  event: RequestServerEvent,
  timing: Timing,
): Step<RequestServerState> {
  switch (state.phase) {
    case 'trying':
      return event.type === 'repeated' ? [state, []] : open(state, event, timing);
    case 'proceeding':
      return event.type === 'repeated' ? [state, [send(state.provisional)]] : open(state, event, timing);
    case 'terminated':
      return [state, []];
  }
}

function open(state: RequestServerState, event: RequestServerEvent, timing: Timing): Step<RequestServerState> {
  if (event.type === 'abandon') return [{ phase: 'terminated' }, [terminated]];
  if (event.type !== 'respond') return [state, []];
  if (event.status < 200) return [{ phase: 'proceeding', provisional: event.bytes }, [send(event.bytes)]];
  if (timing.isReliable) return [{ phase: 'terminated' }, [send(event.bytes), terminated]];
  return [{ phase: 'terminated' }, [send(event.bytes), remember(event.bytes), terminated]];
}
