// INVITE server transaction: RFC 3261 §17.2.1; the accepted state of RFC 6026 §7.1 is a remembered answer. A 2xx is repeated
// by its owner (`answer.core.ts`), not here, since only the dialog sees its ACK.
//
// Nobody is told that an INVITE has come, by a 100, before it has waited for 200 ms: if this process is killed until then, its
// copies find the next one. Most are answered sooner, and need no 100.
//
//   proceeding ──2xx──▶ terminated, copies absorbed for L
//       └──300-699──▶ completed ──ACK──▶ confirmed ──I──▶ terminated
//                          └─ H: no ACK ────────────────▶ terminated

import type { Step, TimerName, Timing } from './transaction.protocol.ts';
import { remember, send, setTimer, stopTimer, terminated, tryingMs } from './transaction-effect.ts';

export type InviteServerState =
  | { readonly phase: 'proceeding'; readonly provisional: Buffer | undefined }
  | { readonly phase: 'completed'; readonly final: Buffer; readonly intervalMs: number }
  | { readonly phase: 'confirmed' }
  | { readonly phase: 'terminated' };

export type InviteServerEvent =
  /** The INVITE came again. */
  | { readonly type: 'repeated' }
  | { readonly type: 'respond'; readonly status: number; readonly bytes: Buffer }
  | { readonly type: 'ack' }
  /** Nobody will answer any more: forget it. */
  | { readonly type: 'abandon' }
  | { readonly type: 'timer'; readonly timer: TimerName };

/** A transaction to which nothing has been answered yet, and what it begins with. */
export const startInviteServer: Step<InviteServerState> = [
  { phase: 'proceeding', provisional: undefined },
  [setTimer('trying', tryingMs)],
];

export function stepInviteServer(
  state: InviteServerState,
  event: InviteServerEvent,
  timing: Timing,
): Step<InviteServerState> {
  switch (state.phase) {
    case 'proceeding':
      return proceeding(state, event, timing);
    case 'completed':
      return completed(state, event, timing);
    case 'confirmed':
      return event.type === 'timer' && event.timer === 'I' ? done() : [state, []];
    case 'terminated':
      return [state, []];
  }
}

function proceeding(
  state: InviteServerState & { phase: 'proceeding' },
  event: InviteServerEvent,
  timing: Timing,
): Step<InviteServerState> {
  switch (event.type) {
    case 'repeated':
      return [state, state.provisional ? [send(state.provisional)] : []];
    case 'respond':
      if (event.status < 200) {
        return [{ phase: 'proceeding', provisional: event.bytes }, [stopTimer('trying'), send(event.bytes)]];
      }
      if (event.status < 300) return [{ phase: 'terminated' }, [send(event.bytes), remember(), terminated]];
      return [
        { phase: 'completed', final: event.bytes, intervalMs: timing.t1Ms },
        [
          stopTimer('trying'),
          send(event.bytes),
          ...(timing.isReliable ? [] : [setTimer('G', timing.t1Ms)]),
          setTimer('H', 64 * timing.t1Ms),
        ],
      ];
    case 'abandon':
      return done();
    case 'timer':
      return [state, event.timer === 'trying' ? [{ type: 'try' }] : []];
    default:
      return [state, []];
  }
}

function completed(
  state: InviteServerState & { phase: 'completed' },
  event: InviteServerEvent,
  timing: Timing,
): Step<InviteServerState> {
  switch (event.type) {
    case 'repeated':
      return [state, [send(state.final)]];
    case 'ack': {
      const stop = [stopTimer('G'), stopTimer('H')];
      if (timing.isReliable) return [{ phase: 'terminated' }, [...stop, terminated]];
      return [{ phase: 'confirmed' }, [...stop, setTimer('I', timing.t4Ms)]];
    }
    case 'timer': {
      if (event.timer === 'H') return [{ phase: 'terminated' }, [{ type: 'timed-out' }, terminated]];
      if (event.timer !== 'G') return [state, []];
      const intervalMs = Math.min(state.intervalMs * 2, timing.t2Ms);
      return [{ ...state, intervalMs }, [send(state.final), setTimer('G', intervalMs)]];
    }
    default:
      return [state, []];
  }
}

function done(): Step<InviteServerState> {
  return [{ phase: 'terminated' }, [terminated]];
}
