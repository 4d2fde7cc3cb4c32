// Whose voices a session has heard, by what its client told: participants under labels become parties of streams, their calls
// and couples. Pure.

import type { Interval, Take, TakeSpeaker } from '#src/recording';
import { couplesOf, type Party, partyOf } from '#src/sip/siprec';
import type { SessionState } from './state.ts';

/** Who spoke on a stream while it lived, the first first. `mixed`: several at the same time. */
export function speakersOf(
  state: SessionState,
  stream: string,
  lived: Interval,
): { readonly speakers: readonly TakeSpeaker[]; readonly mixed: boolean } {
  const history = state.told?.history;
  const labels = new Set(state.streams.get(stream)!.labels);
  const heard = (history?.speaking ?? [])
    .filter(({ label }) => labels.has(label))
    .map((one) => ({ ...one, ...within(one, lived) }))
    .filter(({ fromMs, toMs }) => fromMs < toMs);
  const numbers = numbersOf(state);
  return {
    speakers: heard.map(({ participant, fromMs, toMs }) => ({ number: numbers(participant), fromMs, toMs })),
    mixed: heard.some((one) => one.mixed),
  };
}

/** What a client told in all; undefined when there was no such client. */
export function toldOf(state: SessionState, endedMs: number): Take['told'] {
  if (state.told === undefined) return undefined;
  const { history, unreadable } = state.told;
  const lived = { fromMs: state.startedMs, toMs: endedMs };
  const calls = history?.calls ?? [];
  const numbers = numbersOf(state);
  return {
    parties: [...partiesById(state).values()],
    calls: calls.map(({ id, sipSessionId, reason, members, ...span }) => ({
      call: id,
      ...(sipSessionId === undefined ? {} : { sipSessionId }),
      ...(reason === undefined ? {} : { reason }),
      parties: [...new Set(members.map(({ participant }) => numbers(participant)))],
      ...within(span, lived),
    })),
    couples: couplesOf(calls).map(({ call, between: [one, other], ...span }) => ({
      call,
      parties: [numbers(one), numbers(other)],
      ...within(span, lived),
    })),
    unreadable,
  };
}

function partiesById({ told }: SessionState): ReadonlyMap<string, Party> {
  return new Map(told?.history?.participants.map((one) => [one.id, partyOf(one)]));
}

/** By id of a participant; one that was never described is known by its id. */
function numbersOf(state: SessionState): (participant: string) => string {
  const parties = partiesById(state);
  return (participant) => parties.get(participant)?.number ?? participant;
}

function within({ fromMs, toMs }: { fromMs: number; toMs?: number }, lived: Interval): Interval {
  return { fromMs: Math.max(fromMs, lived.fromMs), toMs: Math.min(toMs ?? lived.toMs, lived.toMs) };
}
