// Which new calls are let in when there are more than can be served. What is measured decides, never a configured rate: a
// queue that does not become empty, and applications that do not answer. Requests inside of dialogs are never its business:
// they go first because new calls give way.
//
//   open ──strained for longer than a burst may last──▶ shedding, half of the new calls let in, fewer when much has gathered
//     ▲                                                    │ strained: fewer; calm: more; neither: as many
//     └────────────── all of them let in again ────────────┘
//
// The share falls and grows by factors (occupancy control of RFC 6357 §6), and what it lets in is spread evenly.

/** What is measured. */
export interface LoadFacts {
  /** How long datagrams have been waiting for this process without the queue ever having been empty. */
  readonly queuedMs: number;
  /** INVITEs applications have not answered in any way, and how long the first of them has waited. */
  readonly unanswered: number;
  readonly unansweredMs: number;
  /** Which share of its time this process had something to do: 0 to 1. */
  readonly busyShare: number;
}

/** What is too much. */
export interface OverloadLimits {
  /** How long the queue of received datagrams may go without being empty. */
  readonly queuedMsMax: number;
  /** Applications are late when this many INVITEs wait for them … */
  readonly unansweredMax: number;
  /** … and the first of them has done so for this long: many alone are a burst, a long wait alone is a slow answer. */
  readonly unansweredInviteMsMax: number;
  /** Longest burst that is taken in whole … */
  readonly burstMsMax: number;
  /** … and how many new calls are, however long they take: a process that has just started is slow, not overrun. */
  readonly burstCallsMax: number;
  /** While calls are shed, more are let in only when this process is less busy. */
  readonly busyShareMax: number;
}

/** A queue is short again long before a caller repeats itself (T1 = 500 ms). */
export const overloadLimits: OverloadLimits = {
  queuedMsMax: 20,
  unansweredMax: 100,
  unansweredInviteMsMax: 250,
  burstMsMax: 50,
  burstCallsMax: 100,
  busyShareMax: 0.9,
};

/** Who is late. */
export type OverloadReason = 'edge-late' | 'application-late';

export type OverloadState =
  /** Strained since then, perhaps only by a burst: of so many calls until now. */
  | { readonly phase: 'open'; readonly strainedSinceMs: number | undefined; readonly burstCalls: number }
  /** `share` of the new calls is let in; `credit` is what the next one adds to. */
  | { readonly phase: 'shedding'; readonly share: number; readonly credit: number; readonly reason: OverloadReason };

/** Nobody is refused. */
export const openToAll: OverloadState = { phase: 'open', strainedSinceMs: undefined, burstCalls: 0 };

/** Pause between two looks at the facts. */
export const lookMs = 20;
/** Few enough to recover from anything, enough to notice that it is over. */
const shareMin = 0.01;
const shareFactorMin = 0.5;
const growth = 1.2;
/** Strain below which things are calm: between this and 1 the share stays as it is. */
const calmMax = 0.5;
/** Looks that one look may stand for when no call came meanwhile. */
const looksMax = 50;

/** Looks at the facts, `elapsedMs` after the last look. */
export function look(
  state: OverloadState,
  facts: LoadFacts,
  limits: OverloadLimits,
  { nowMs, elapsedMs }: { readonly nowMs: number; readonly elapsedMs: number },
): OverloadState {
  const { strain, reason } = strainOf(facts, limits);
  if (state.phase === 'open') {
    if (strain <= 1) return openToAll;
    const strainedSinceMs = state.strainedSinceMs ?? nowMs;
    const isBurst = nowMs - strainedSinceMs < limits.burstMsMax || state.burstCalls < limits.burstCallsMax;
    if (isBurst) return { phase: 'open', strainedSinceMs, burstCalls: state.burstCalls };
    // What has gathered since is to be turned away before those who wait in it have waited for long.
    return {
      phase: 'shedding',
      share: Math.max(shareMin, Math.min(shareFactorMin, 1 / strain ** 2)),
      credit: 0,
      reason,
    };
  }
  const { share, credit } = state;
  if (strain > 1) {
    const fewer = Math.max(shareMin, share * Math.max(shareFactorMin, 1 / strain));
    return { phase: 'shedding', share: fewer, credit, reason };
  }
  if (strain > calmMax || facts.busyShare > limits.busyShareMax) return state;
  const looks = Math.min(looksMax, Math.max(1, Math.floor(elapsedMs / lookMs)));
  const more = share * growth ** looks;
  return more >= 1 ? openToAll : { ...state, share: more };
}

/** Lets a new call in, or says why not. */
export function admit(state: OverloadState): readonly [OverloadState, OverloadReason | undefined] {
  if (state.phase === 'open') {
    if (state.strainedSinceMs === undefined) return [state, undefined];
    return [{ ...state, burstCalls: state.burstCalls + 1 }, undefined];
  }
  const credit = state.credit + state.share;
  return credit >= 1 ? [{ ...state, credit: credit - 1 }, undefined] : [{ ...state, credit }, state.reason];
}

/** How far the facts are from their limits; above 1 is too far. */
function strainOf(facts: LoadFacts, limits: OverloadLimits): { strain: number; reason: OverloadReason } {
  const edge = facts.queuedMs / limits.queuedMsMax;
  const application = Math.min(
    facts.unanswered / limits.unansweredMax,
    facts.unansweredMs / limits.unansweredInviteMsMax,
  );
  return edge >= application
    ? { strain: edge, reason: 'edge-late' }
    : { strain: application, reason: 'application-late' };
}
