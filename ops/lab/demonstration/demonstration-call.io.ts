// The call that `npm start` places: a caller and an agent in a short dialogue, replicated to the recorder as a media server
// would, one INVITE for each party. Tells how far it is and gives what was sent; judges nothing, prints nothing.

import { type MsrCall, type MsrParty, type SentPacket, startMsrSource } from '#ops/lab/msr-source';
import { type Clock, type Random, systemClock, systemRandom, type Timer } from '#src/ports';
import { dialogue, numbers, type Role } from './dialogue.io.ts';

/** Where to call, and whom to tell. */
export interface DemonstrationOptions {
  /** The SIP address of the recorder. */
  readonly recorder: { readonly address: string; readonly port: number };
  /** Told when something happens, and once for every second of the call. */
  readonly progress?: (progress: DemonstrationProgress) => void;
  /** Aborting ends the call early, in order: CANCEL or BYE. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** How far the call is. */
export type DemonstrationProgress =
  | { readonly phase: 'inviting'; readonly recordId: string; readonly callUuid: string }
  | { readonly phase: 'answered' }
  | { readonly phase: 'speaking'; readonly sentMs: number; readonly totalMs: number }
  | { readonly phase: 'ended'; readonly end: DemonstrationResult['end'] };

/** What was sent: the measure for what was recorded. */
export interface DemonstrationResult {
  readonly recordId: string;
  readonly callUuid: string;
  /** `hung-up`: after the last word; `aborted`: by the signal; `hung-up-by-recorder`: before the last word. */
  readonly end: 'hung-up' | 'aborted' | 'hung-up-by-recorder';
  /** Length of the dialogue in whole. */
  readonly totalMs: number;
  /** In the order of the INVITEs: the first is the one the recording was started for. */
  readonly parties: readonly {
    readonly role: Role;
    readonly dn: string;
    readonly ssrc: number;
    readonly packets: number;
  }[];
  /** Packets of both parties; not sent to the end when `end` is not `hung-up`. */
  readonly packets: number;
  /** The sender's ledger, for `compareLedger`. */
  readonly sent: readonly SentPacket[];
}

const roles = ['agent', 'caller'] as const;
const progressEveryMs = 1_000;

/**
 * Places the call and resolves when it is over, however it ended.
 * @throws TwinreelError `msr-call-refused` when the recorder does not take it, `wav-unreadable` when the fixture is broken.
 */
export async function placeDemonstrationCall(options: DemonstrationOptions): Promise<DemonstrationResult> {
  const { recorder, progress = () => {}, signal, clock = systemClock, random = systemRandom } = options;
  const said = dialogue();
  const voices = roles.map((role) => ({ role, ...said[role] }));
  const totalMs = Math.max(...voices.map(({ durationMs }) => durationMs));
  const [agent, caller] = voices.map(({ role, audio }) => ({ dn: numbers[role], audio })) as [MsrParty, MsrParty];
  const source = await startMsrSource({ recorder, clock, random });
  try {
    const call = source.call({ form: 'per-party', parties: [agent, caller], senderReports: true });
    progress({ phase: 'inviting', recordId: call.recordId, callUuid: call.callUuid });
    const end = await seeThrough(call, totalMs, progress, signal, clock);
    progress({ phase: 'ended', end });
    const parties = call.parties.map(({ dn, ssrc, stream }, index) => ({
      role: roles[index]!,
      dn,
      ssrc,
      packets: stream?.ledger.count ?? 0,
    }));
    const sent = [...call.sent()];
    return { recordId: call.recordId, callUuid: call.callUuid, end, totalMs, parties, packets: sent.length, sent };
  } finally {
    await source.close();
  }
}

async function seeThrough(
  call: MsrCall,
  totalMs: number,
  progress: (progress: DemonstrationProgress) => void,
  signal: AbortSignal | undefined,
  clock: Clock,
): Promise<DemonstrationResult['end']> {
  const abort = () => {
    call.cancel();
    void call.hangUp();
  };
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  let ticking: Timer | undefined;
  const tick = () => {
    ticking = clock.after(progressEveryMs, () => {
      progress({ phase: 'speaking', sentMs: Math.min(call.positionMs, totalMs), totalMs });
      tick();
    });
  };
  try {
    await call.answered;
    progress({ phase: 'answered' });
    tick();
    await call.said;
    await call.hangUp();
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    ticking?.cancel();
    signal?.removeEventListener('abort', abort);
  }
  const ends = await call.ended;
  if (ends.some(({ reason }) => reason === 'hung-up-by-recorder')) return 'hung-up-by-recorder';
  return signal?.aborted ? 'aborted' : 'hung-up';
}
