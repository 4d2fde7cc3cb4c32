// The call that `npm start` places where the lab stands in for the telephony side: a customer calls an agent, and when the core has had
// the call recorded, the two have a short dialogue. Tells how far it is and gives what was sent; judges nothing, prints nothing.

import type { Lab } from '#ops/lab';
import type { PhoneCall } from '#ops/lab/phones';
import { type Clock, systemClock, type Timer } from '#src/ports';
import { dialogue, numbers } from './dialogue.io.ts';

export interface DialogueOptions {
  readonly lab: Lab;
  /** Resolves when the call, which stands, is being recorded. */
  readonly recorded: (callUuid: string) => Promise<void>;
  readonly progress?: (progress: DialogueProgress) => void;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

export type DialogueProgress =
  | { readonly phase: 'calling'; readonly from: string; readonly to: string }
  | { readonly phase: 'established'; readonly callUuid: string }
  | { readonly phase: 'recorded' }
  | { readonly phase: 'speaking'; readonly sentMs: number; readonly totalMs: number }
  | { readonly phase: 'ended' };

/** What was sent: the measure for what was recorded. */
export interface DialogueResult {
  readonly callUuid: string;
  /** Of both phones, from the first word on. */
  readonly packets: number;
  readonly end: 'hung-up' | 'aborted';
}

const tickMs = 1_000;
const mediaServerMsMax = 10_000;

/** Places the call and resolves when it is over. Rejects when it does not come about, or `recorded` does. */
export async function placeDialogueCall(options: DialogueOptions): Promise<DialogueResult> {
  const { lab, progress = () => {}, signal, clock = systemClock } = options;
  const { address, port } = lab.sipServer.sip;
  const voices = dialogue();
  progress({ phase: 'calling', from: numbers.caller, to: numbers.agent });
  const agent = lab.phones.phone(numbers.agent, { answers: 'at-once' });
  const customer = lab.phones.phone(numbers.caller).call(numbers.agent, `${address}:${port}`);
  const taken = await agent.ringing();
  await customer.answered;
  const [callUuid = ''] = [...lab.sipServer.calls.values()].map((call) => call.callUuid).slice(-1);
  progress({ phase: 'established', callUuid });
  try {
    await options.recorded(callUuid);
    await copies(lab, callUuid, clock);
    progress({ phase: 'recorded' });
    taken.play(voices.agent.audio);
    customer.play(voices.caller.audio);
    const totalMs = Math.max(voices.agent.durationMs, voices.caller.durationMs);
    await said([taken, customer], totalMs, progress, signal, clock);
    await replicated(lab, callUuid, () => packetsOf([taken, customer]), clock);
  } finally {
    await customer.hangUp();
  }
  progress({ phase: 'ended' });
  return { callUuid, packets: packetsOf([taken, customer]), end: signal?.aborted ? 'aborted' : 'hung-up' };
}

function packetsOf(calls: readonly PhoneCall[]): number {
  return calls.reduce((sum, call) => sum + [...call.sent()].length, 0);
}

function sessionsOf({ mediaServer }: Lab, callUuid: string) {
  const conference = mediaServer.conferences().find(({ id }) => id === callUuid);
  return (conference?.recordings ?? []).flatMap((recording) => recording.sessions);
}

/** The core may know of a recording before the media server has heard that its INVITEs were accepted, and copies what is said. */
async function copies(lab: Lab, callUuid: string, clock: Clock): Promise<void> {
  await inTime(clock, () => {
    const sessions = sessionsOf(lab, callUuid);
    return sessions.length > 0 && sessions.every(({ phase }) => phase === 'running');
  });
}

/** The last words are on their way to the media server still: whoever hangs up now loses them, as on any phone. */
async function replicated(lab: Lab, callUuid: string, sent: () => number, clock: Clock): Promise<void> {
  const passedOn = () => sessionsOf(lab, callUuid).reduce((sum, { packets }) => sum + packets[0] + packets[1], 0);
  await inTime(clock, () => passedOn() >= sent());
}

/** Resolves when it holds, or will not in time: then what was recorded tells. */
async function inTime(clock: Clock, holds: () => boolean): Promise<void> {
  const untilMs = clock.monotonicMs() + mediaServerMsMax;
  while (!holds() && clock.monotonicMs() < untilMs) {
    await new Promise<void>((resolve) => clock.after(20, resolve));
  }
}

/** Resolves when all have said everything, or the signal aborts. */
async function said(
  calls: readonly PhoneCall[],
  totalMs: number,
  progress: (progress: DialogueProgress) => void,
  signal: AbortSignal | undefined,
  clock: Clock,
): Promise<void> {
  const startMs = clock.monotonicMs();
  let ticking: Timer | undefined;
  const tick = () => {
    ticking = clock.after(tickMs, () => {
      progress({ phase: 'speaking', sentMs: Math.min(clock.monotonicMs() - startMs, totalMs), totalMs });
      tick();
    });
  };
  tick();
  const aborted = new Promise<void>((resolve) => {
    if (signal?.aborted) resolve();
    else signal?.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.race([Promise.all(calls.map((call) => call.said())), aborted]);
  } finally {
    ticking?.cancel();
  }
}
