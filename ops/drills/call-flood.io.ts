// More calls than a node takes, placed by SIPp as a media server places them: an INVITE for each party. Beside them the drill
// places calls of its own, whose audio is judged like that of all others, and which tell how long the recovery takes.

import {
  type CallsSeen,
  durationsOf,
  lastPlacedMs,
  percentile,
  placeCalls,
  recoveryMs,
  type TimedAnswer,
} from '#ops/bench';
import { systemClock } from '#src/ports';
import type { Figures } from './drill.ts';
import type { Load } from './load.io.ts';

/** How long each of SIPp's calls is up: of as many INVITEs a second, as many streams are. */
const callMs = 1_000;
const attemptEveryMs = 200;
/** For so long after the last call of a flood nobody may be refused any more, or answered later than that. */
const recoveryMsMax = 2_000;
const wellMsMax = 500;

export interface CallsOfFlood {
  readonly target: { readonly address: string; readonly port: number };
  /** In pairs, one INVITE for each party. */
  readonly invitesPerSecond: number;
  readonly forMs: number;
  /** Begins the ids of their recordings. */
  readonly name: string;
}

/** Places calls that a node can take, and waits for their end; resolves with what came of them. */
export function placeInvites({ target, invitesPerSecond, forMs, name }: CallsOfFlood): Promise<CallsSeen> {
  const invites = 2 * Math.round((invitesPerSecond * forMs) / 2_000);
  const injection = Array.from({ length: invites }, (_, index) => {
    const call = index >> 1;
    return [`${name}-${call}`, `${name.toUpperCase()}${call}`, index % 2 === 0 ? '3556' : '0412', `${(index % 2) + 1}`];
  });
  return placeCalls({
    ...{ scenario: 'msr-pair', target, callMs, injection },
    ...{ calls: invites, callsPerSecond: invitesPerSecond },
  });
}

/** Floods the node with calls, and gives its own calls until it has recovered. */
export async function floodWithCalls(calls: CallsOfFlood, load: Load): Promise<Figures> {
  const attempts: { invites: TimedAnswer[]; refusals: TimedAnswer[] } = { invites: [], refusals: [] };
  let phase: 'placing' | 'over' = 'placing';
  const attempting = (async () => {
    while (phase === 'placing') {
      const [atMs, status] = [systemClock.nowMs(), await load.attempt()];
      const answer = { atMs: systemClock.nowMs(), tookMs: systemClock.nowMs() - atMs };
      (status === 200 ? attempts.invites : attempts.refusals).push(answer);
      await new Promise<void>((wake) => void systemClock.after(attemptEveryMs, wake));
    }
  })();
  const begunAtMs = systemClock.nowMs();
  const seen = await placeInvites(calls);
  const sinceMs = begunAtMs + (lastPlacedMs(seen) ?? 0);
  const leftMs = sinceMs + recoveryMsMax + wellMsMax - systemClock.nowMs();
  await new Promise<void>((wake) => void systemClock.after(Math.max(0, leftMs), wake));
  phase = 'over';
  await attempting;
  return {
    floodCallsTaken: seen.succeeded,
    floodCallsRefused: seen.refused,
    // Neither served nor refused with 503 and Retry-After.
    floodCallsFailed: seen.failed,
    floodRefusalMsP99: Math.round(percentile(durationsOf(seen.refusals), 0.99) ?? 0),
    floodByeMsP99: Math.round(percentile(durationsOf(seen.byes), 0.99) ?? 0),
    floodRecoveryMs: Math.round(recoveryMs(attempts, sinceMs, wellMsMax)),
  };
}
