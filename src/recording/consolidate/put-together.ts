// One conversation out of all facts on it. What it says follows from the facts alone: not from their order, and not from when it is
// asked. Pure.

import { type Couple, type ProblemStatus, problemStatuses } from '#src/recording';
import type { Conversation } from './conversation.schema.ts';
import { inConversation } from './couple-clock.ts';
import { byBeginning } from './couples-together.ts';
import { eventsOf } from './events.ts';
import type { Fact, Merged } from './fact.ts';
import { channelOf, participantsOf } from './participants.ts';
import { wordsByCouple } from './same-couple.ts';
import { type KnownTake, sourceOf, takesKnown, toConversation } from './sources.ts';
import { joinWords } from './words.ts';

export interface Named {
  readonly conversation: string;
  readonly aliases: readonly string[];
  readonly isTorn: boolean;
}

/** Undefined when the facts say nothing of a conversation yet: a tombstone alone, for one. */
export function putTogether(
  { conversation, aliases, isTorn }: Named,
  facts: readonly Fact[],
): Conversation | undefined {
  const of = <Type extends Fact['type']>(type: Type) =>
    facts.filter((fact): fact is Extract<Fact, { type: Type }> => fact.type === type);
  const deadSids = new Set(of('tombstone').flatMap(({ sids }) => sids));
  const deadTakes = new Set(of('tombstone').flatMap(({ takes }) => takes));
  const all = couplesOf(of('couple'), of('same-as'), deadSids);
  const manifests = of('manifest').map(({ manifest }) => manifest);
  const tenant = all[0]?.couple.tenant ?? manifests[0]?.tenant;
  if (tenant === undefined) return undefined;

  const takeFacts = { manifests, couples: all, deadTakes, clocks: of('clock') };
  const ended = takesKnown({ ...takeFacts, merged: undefined }).filter(({ end }) => end);
  const merged = bestMerge(of('merged'), new Set(ended.map(({ take }) => take)));
  const known = takesKnown({ ...takeFacts, merged });
  const takes = known.filter(({ end }) => !end);
  const clocks = new Map(known.map(({ take, clock }) => [take, clock]));
  const couples = all
    .filter(({ isGone }) => !isGone)
    .map(({ couple }) => inConversation(couple, (take) => clocks.get(take)))
    .sort(byBeginning);
  const participants = participantsOf(
    couples,
    takes.flatMap(({ manifest }) => manifest ?? []),
  );
  const tracks = (merged?.tracks ?? []).map((track) => ({
    ...track,
    channel: track.channel === 'both' ? track.channel : channelOf(track.party, participants),
  }));
  const isDeleted = couples.length === 0 && takes.length === 0;
  return {
    conversation,
    aliases: [...aliases],
    tenant,
    phase: isDeleted ? 'deleted' : phaseOf(couples, takes),
    direction: directionOf(couples),
    ...(isDeleted
      ? timesOf(
          all.map(({ couple }) => couple),
          known,
        )
      : timesOf(couples, takes)),
    ...(merged && { audio: { ...merged.audio } }),
    problem: isDeleted ? 'ALL_STREAM_DELETED' : problemOf(couples, takes, merged),
    participants,
    timeline: eventsOf({ couples, takes, tracks, audio: merged?.audio }),
    externalData: couples.flatMap(externalDataOf),
    couples,
    tracks,
    sources: known.map((take) => sourceOf(take, merged)),
    isTorn,
  };
}

export interface CoupleKnown {
  readonly couple: Couple;
  /** Of all ids that mean it. */
  readonly recordingIds: ReadonlySet<string>;
  /** Ended for good, by a tombstone. */
  readonly isGone: boolean;
}

function couplesOf(
  facts: readonly Extract<Fact, { type: 'couple' }>[],
  sameAs: readonly Extract<Fact, { type: 'same-as' }>[],
  deadSids: ReadonlySet<string>,
): CoupleKnown[] {
  return wordsByCouple(
    facts.map(({ writer, couple }) => ({ writer, couple })),
    sameAs.map(({ sids }) => sids),
  )
    .map(({ sids, words }) => ({
      couple: joinWords(words),
      recordingIds: new Set(words.map(({ couple }) => couple.recordingId)),
      isGone: [...sids].some((sid) => deadSids.has(sid)),
    }))
    .sort((one, other) => byBeginning(one.couple, other.couple));
}

/** The one that merged most takes; no merge with a take in it that is gone. */
function bestMerge(
  facts: readonly Extract<Fact, { type: 'merged' }>[],
  deadTakes: ReadonlySet<string>,
): Merged | undefined {
  const valid = facts.map(({ merged }) => merged).filter(({ takes }) => !takes.some((take) => deadTakes.has(take)));
  return valid.sort((a, b) => b.takes.length - a.takes.length || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))[0];
}

function phaseOf(couples: readonly Couple[], takes: readonly KnownTake[]): Conversation['phase'] {
  const isRunning = ({ manifest, told }: KnownTake) => !manifest && told?.phase === 'running';
  // Who saw the call end knows; a recorder that has not said so by then may never do.
  if (couples.length > 0) return couples.every(({ phase }) => phase === 'ended') ? 'ended' : 'running';
  return takes.some(isRunning) ? 'running' : 'ended';
}

/** That of the first call that is not a question about another one. */
function directionOf(couples: readonly Couple[]): Conversation['direction'] {
  const told = couples.map(({ callType }) => callType).filter((callType) => callType !== 'unknown');
  return told.find((callType) => callType !== 'consult') ?? told[0] ?? 'unknown';
}

function timesOf(couples: readonly Couple[], takes: readonly KnownTake[]): Pick<Conversation, 'startedMs' | 'endedMs'> {
  const recorded = takes.flatMap((take) => {
    const inConversation = toConversation(take);
    const { manifest } = take;
    return manifest
      ? [{ startedMs: inConversation(manifest.startedMs), endedMs: inConversation(manifest.endedMs) }]
      : [];
  });
  const parts: readonly { readonly startedMs: number; readonly endedMs?: number | undefined }[] =
    couples.length > 0 ? couples : recorded;
  const startedMs = Math.min(...parts.map((part) => part.startedMs));
  const ends = parts.map(({ endedMs }) => endedMs);
  return ends.includes(undefined) ? { startedMs } : { startedMs, endedMs: Math.max(...(ends as number[])) };
}

/** What is wrong with media that may yet be completed by another take. */
const curable: readonly ProblemStatus[] = [
  'STILL_SAVING_STREAM',
  'NO_STREAMS',
  'ONLY_ONE_STREAM',
  'STREAM_IS_NULL',
  'NO_REPLY_FROM_RECORDER',
];

/** Of what cores say, the last in the table; but what all takes together have counts for more than what each lacks. */
function problemOf(couples: readonly Couple[], takes: readonly KnownTake[], merged: Merged | undefined): ProblemStatus {
  const isWhole = takes.every(({ take }) => merged?.takes.includes(take));
  const heard = merged?.tracks.filter(({ packets }) => packets > 0).length ?? 0;
  if (merged && isWhole && heard < 2) return heard === 1 ? 'ONLY_ONE_STREAM' : 'STREAM_IS_NULL';
  const said = couples.map(({ problem }) => problem).filter((problem) => !merged || !curable.includes(problem));
  return said.reduce(
    (worst, problem) => (problemStatuses.indexOf(problem) > problemStatuses.indexOf(worst) ? problem : worst),
    'NO_PROBLEM' as ProblemStatus,
  );
}

function externalDataOf({ sid, externalData, displayNames = {} }: Couple): Conversation['externalData'] {
  return Object.entries(externalData).map(([key, value]) => {
    const displayName = displayNames[key];
    return { key, value, ...(displayName !== undefined && { displayName }), sid };
  });
}
