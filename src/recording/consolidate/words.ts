// What several cores say of one couple, as one word: nothing that one of them knows is left out. Where they differ, who saw more of it
// is believed first. Their clocks may differ; what both saw happen tells by how much. Pure.

import { type Couple, callName } from '#src/recording';
import { best as bestOf, clockDifferenceMs, shiftedCouple } from './couple-clock.ts';
import { type Stretch, union } from './stretch.ts';

/** What one core says of it. */
export interface Word {
  readonly writer: string;
  readonly couple: Couple;
}

/** The words in any order, at least one, of one writer at most one on each id; the couple goes by the smallest of these. */
export function joinWords(words: readonly Word[]): Couple {
  const [best, ...others] = words.toSorted(bestFirst).map(({ couple }) => couple) as [Couple, ...Couple[]];
  const couples = [best, ...others.map((one) => shiftedCouple(one, clockDifferenceMs(best, one)))];
  const first = <Value>(pick: (couple: Couple) => Value | undefined) => firstOf(couples.map(pick));
  const optional = <Key extends 'switch' | 'name' | 'otherDn' | 'otherName' | 'partyUuid' | 'agentId'>(key: Key) => {
    const value = first((couple) => couple[key]);
    return (value === undefined ? {} : { [key]: value }) as { [key in Key]?: string };
  };
  const strange = couples.flatMap(({ callUuid }) => (callUuid === best.callUuid ? [] : [callName(callUuid)]));
  const partOf = sorted([...strange, ...couples.flatMap((couple) => couple.partOf ?? [])]);
  const statuses = couples.flatMap(({ status }) => status ?? []);
  const [sid, ...sameAs] = sorted(couples.flatMap((couple) => [couple.sid, ...(couple.sameAs ?? [])]));
  return {
    sid: sid!,
    ...(sameAs.length > 0 && { sameAs }),
    tenant: best.tenant,
    ...optional('switch'),
    callUuid: best.callUuid,
    connIds: sorted(couples.flatMap(({ connIds }) => connIds)),
    ...(partOf.length > 0 && { partOf }),
    recordingId: best.recordingId,
    dn: best.dn,
    ...optional('name'),
    ...optional('otherDn'),
    ...optional('otherName'),
    ...optional('partyUuid'),
    callType: first(({ callType }) => (callType === 'unknown' ? undefined : callType)) ?? 'unknown',
    ...optional('agentId'),
    phase: best.phase,
    ...timesOf(couples),
    request: furthest(
      couples.map(({ request }) => request),
      requestProgress,
    ),
    ...(statuses.length > 0 && { status: furthest(statuses, ({ n }) => n) }),
    standing: furthest(
      couples.map(({ standing }) => standing),
      (one) => standings.indexOf(one),
    ),
    ...(couples.some(({ screen }) => screen) && { screen: true }),
    problem: furthest(couples, progressOf).problem,
    takes: takesOf(couples),
    externalData: merged(couples.map(({ externalData }) => externalData)),
    ...(couples.some(({ displayNames }) => displayNames) && {
      displayNames: merged(couples.map(({ displayNames = {} }) => displayNames)),
    }),
  };
}

/** Who asks for a recording says more of it than who only sees one; that it came about says most. */
const requestPhases = ['none', 'refused', 'asked', 'accepted'] as const;
/** What one core has discarded its recorders were told to destroy: who has not heard of that does not bring it back. */
const standings = ['pre-recording', 'recording', 'discarded'];
/** Who has it running may not have heard yet; who has it finished knows how it ended. */
const takePhases = ['running', 'lost', 'ended', 'finished'] as const;

/** Who saw the end knows more than who did not; then the later status; then who knows of more. The rest is only for all to agree. */
function bestFirst(one: Word, other: Word): number {
  const rank = ({ couple }: Word) => [couple.phase === 'ended' ? 1 : 0, couple.status?.n ?? 0, progressOf(couple)];
  const [a, b] = [rank(one), rank(other)];
  const differing = a.findIndex((value, index) => value !== b[index]);
  if (differing >= 0) return b[differing]! - a[differing]!;
  return compare(one.writer, other.writer) || compare(one.couple.sid, other.couple.sid);
}

function progressOf({ takes }: Couple): number {
  return takes.reduce((sum, { phase, streams }) => sum + 1 + takePhases.indexOf(phase) + streams.length / 100, 0);
}

function requestProgress({ by, phase }: Couple['request']): number {
  return 2 * requestPhases.indexOf(phase) + (by === 'nobody' ? 0 : 1);
}

type Times = Pick<Couple, 'startedMs' | 'establishedMs' | 'endedMs' | 'afterCallWork' | 'holds'>;

/** All of them by one clock. */
function timesOf(told: readonly Couple[]): Times {
  const startedMs = Math.min(...told.map((one) => one.startedMs));
  const establishedMs = firstOf(told.map((one) => one.establishedMs));
  const endedMs = firstOf(told.map((one) => one.endedMs));
  const works = told.flatMap(({ afterCallWork }) => afterCallWork ?? []);
  // Who knows when it ended is right about it.
  const ended = works.find(({ toMs }) => toMs !== undefined) ?? works[0];
  const holds = union(told.flatMap((one) => holdsOf(one, endedMs)));
  return {
    startedMs,
    ...(establishedMs !== undefined && { establishedMs }),
    ...(endedMs !== undefined && { endedMs }),
    ...(ended && { afterCallWork: ended }),
    holds,
  };
}

/** A hold of which somebody did not see the end ends with the call. */
function holdsOf({ holds }: Times, endedMs: number | undefined): Stretch[] {
  return holds.map(({ fromMs, toMs = endedMs }) => ({ fromMs, toMs }));
}

type CoupleTake = Couple['takes'][number];

function takesOf(couples: readonly Couple[]): CoupleTake[] {
  const told = new Map<string, CoupleTake[]>();
  for (const take of couples.flatMap(({ takes }) => takes)) told.set(take.take, [...(told.get(take.take) ?? []), take]);
  return [...told.values()].map(joinTakes).sort((one, other) => compare(one.take, other.take));
}

/** What is told of one take, best word first. A recorder tells all cores the same, some of them later. */
export function joinTakes(told: readonly CoupleTake[]): CoupleTake {
  const { take, node } = told[0]!;
  const folder = firstOf(told.map((one) => one.folder));
  const tags = merged(told.map((one) => one.tags ?? {}));
  const clock = bestOf(told.flatMap((one) => one.clock ?? []));
  return {
    take,
    node,
    phase: furthest(
      told.map(({ phase }) => phase),
      (phase) => takePhases.indexOf(phase),
    ),
    streams: streamsOf(told),
    pauses: pausesOf(told.flatMap(({ pauses }) => pauses)),
    ...(clock && { clock }),
    ...(folder !== undefined && { folder }),
    ...(told.some(({ destroyed }) => destroyed) && { destroyed: true }),
    ...(Object.keys(tags).length > 0 && { tags }),
  };
}

/** The nth stream of a party is the same to all; packets only become more. */
function streamsOf(told: readonly CoupleTake[]): CoupleTake['streams'] {
  const streams = new Map<string, CoupleTake['streams'][number]>();
  for (const { streams: ofOne } of told) {
    const seen = new Map<string, number>();
    for (const { party, packets } of ofOne) {
      const n = (seen.get(party) ?? 0) + 1;
      seen.set(party, n);
      const known = streams.get(`${n} ${party}`)?.packets;
      const most = packets === undefined ? known : Math.max(packets, known ?? 0);
      streams.set(`${n} ${party}`, { party, ...(most !== undefined && { packets: most }) });
    }
  }
  return [...streams].sort(([one], [other]) => compare(one, other)).map(([, stream]) => stream);
}

/** Pauses of one recorder: one that lasts, told of later, has ended. */
function pausesOf(pauses: CoupleTake['pauses']): CoupleTake['pauses'] {
  const ends = new Map<number, number | undefined>();
  for (const { fromMs, toMs } of pauses) {
    const known = ends.get(fromMs);
    ends.set(fromMs, toMs === undefined ? known : Math.max(toMs, known ?? toMs));
  }
  return union([...ends].map(([fromMs, toMs]) => ({ fromMs, toMs })));
}

function merged(records: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const keys = sorted(records.flatMap((record) => Object.keys(record)));
  return Object.fromEntries(keys.map((key) => [key, firstOf(records.map((record) => record[key]))!]));
}

/** The first of those that are furthest. */
function furthest<Value>(values: readonly Value[], progress: (value: Value) => number): Value {
  return values.reduce((most, value) => (progress(value) > progress(most) ? value : most));
}

function firstOf<Value>(values: readonly (Value | undefined)[]): Value | undefined {
  return values.find((value) => value !== undefined);
}

/** Each once. */
function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
