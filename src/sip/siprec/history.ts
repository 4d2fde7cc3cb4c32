// What recording metadata has said in the course of a recording session: everybody who took part, every call, and who spoke
// under which label from when to when. Metadata itself forgets; a recording must not. Times are ours: a client's clock is
// its own.

import { applyMetadata, type Metadata, type MetadataUpdate, type Participant } from './metadata.ts';

/** A stretch of our time; without an end it lasts. */
export interface Span {
  readonly fromMs: number;
  readonly toMs?: number;
}

export interface Membership extends Span {
  readonly participant: string;
}

/** Two participants of a call, for as long as both were in it. */
export interface Couple extends Span {
  readonly call: string;
  readonly between: readonly [string, string];
}

/** A communication session, from its first mention to its end or the last update that knew it. */
export interface KnownCall extends Span {
  readonly id: string;
  readonly sipSessionId?: string;
  readonly reason?: string;
  /** Everybody who was ever in it; who comes back is in it twice. */
  readonly members: readonly Membership[];
}

/** A participant's voice on the stream of a label. */
export interface Speaking extends Span {
  readonly participant: string;
  readonly label: string;
  readonly call?: string;
  /** The client says that several voices are in this stream. */
  readonly mixed: boolean;
}

export interface MetadataHistory {
  readonly current: Metadata;
  /** Everybody ever named, by what was said last. */
  readonly participants: readonly Participant[];
  readonly calls: readonly KnownCall[];
  readonly speaking: readonly Speaking[];
}

/** Entries kept of each list; what is over it is the oldest, and of a recording session of many days. */
const entriesMax = 4_096;

/** The history after an update that came at `atMs`. */
export function withUpdate(
  history: MetadataHistory | undefined,
  update: MetadataUpdate,
  atMs: number,
): MetadataHistory {
  const current = applyMetadata(history?.current, update);
  return {
    current,
    participants: everybody(history?.participants ?? [], current.participants),
    calls: callsAfter(history?.calls ?? [], current, atMs).slice(-entriesMax),
    speaking: speakingAfter(history?.speaking ?? [], current, atMs).slice(-entriesMax),
  };
}

/** Pairs of participants that were in a call together: the couples of a recording. */
export function couplesOf(calls: readonly KnownCall[]): Couple[] {
  return calls.flatMap(({ id, members }) =>
    members.flatMap((one, index) =>
      members.slice(index + 1).flatMap((other): Couple[] => {
        const fromMs = Math.max(one.fromMs, other.fromMs);
        const toMs = Math.min(one.toMs ?? Number.POSITIVE_INFINITY, other.toMs ?? Number.POSITIVE_INFINITY);
        if (one.participant === other.participant || toMs <= fromMs) return [];
        const between = [one.participant, other.participant] as const;
        return [{ call: id, between, fromMs, ...(Number.isFinite(toMs) ? { toMs } : {}) }];
      }),
    ),
  );
}

function everybody(before: readonly Participant[], now: readonly Participant[]): readonly Participant[] {
  const known = new Map(before.map((one) => [one.id, one]));
  for (const one of now) known.set(one.id, { ...known.get(one.id), ...one });
  return [...known.values()].slice(-entriesMax);
}

function callsAfter(before: readonly KnownCall[], current: Metadata, atMs: number): KnownCall[] {
  const calls = new Map(before.map((one) => [one.id, one]));
  for (const { id, sipSessionId, reason } of current.sessions) {
    calls.set(id, {
      ...(calls.get(id) ?? { id, fromMs: atMs, members: [] }),
      ...(sipSessionId === undefined ? {} : { sipSessionId }),
      ...(reason === undefined ? {} : { reason }),
    });
  }
  return [...calls.values()].map((call) => {
    const { toMs, ...rest } = call;
    const live = isLive(current, call.id);
    const members = membersAfter(call.members, live ? membersOf(current, call.id) : [], atMs);
    return live ? { ...rest, members } : { ...rest, members, toMs: toMs ?? atMs };
  });
}

function membersOf(current: Metadata, call: string): string[] {
  return current.participantSessions
    .filter((one) => one.session === call && one.disassociated === undefined)
    .map((one) => one.participant);
}

function membersAfter(before: readonly Membership[], now: readonly string[], atMs: number): Membership[] {
  const news = new Set(now);
  const continued = before.map((one) => {
    if (one.toMs !== undefined) return one;
    return news.delete(one.participant) ? one : { ...one, toMs: atMs };
  });
  return [...continued, ...[...news].map((participant) => ({ participant, fromMs: atMs }))].slice(-entriesMax);
}

/** A call lives while it is known, has no stop time and is not dissociated from the recording. */
function isLive(current: Metadata, call: string): boolean {
  const session = current.sessions.find((one) => one.id === call);
  const recording = current.sessionRecordings.find((one) => one.session === call);
  return session !== undefined && session.stopped === undefined && recording?.disassociated === undefined;
}

function speakingAfter(before: readonly Speaking[], current: Metadata, atMs: number): Speaking[] {
  const now = speakersOf(current);
  const same = (one: Omit<Speaking, 'fromMs'>) => JSON.stringify([one.participant, one.label, one.call ?? '']);
  const heard = new Map(now.map((one) => [same(one), one]));
  const continued = before.map((one) => {
    if (one.toMs !== undefined) return one;
    const still = heard.get(same(one));
    heard.delete(same(one));
    return still ? { ...one, mixed: one.mixed || still.mixed } : { ...one, toMs: atMs };
  });
  return [...continued, ...[...heard.values()].map((one) => ({ ...one, fromMs: atMs }))];
}

/** Who speaks under which label now. */
function speakersOf(current: Metadata): Omit<Speaking, 'fromMs'>[] {
  const left = new Set(
    current.participantSessions
      .filter((one) => one.disassociated !== undefined)
      .map((one) => JSON.stringify([one.participant, one.session])),
  );
  return current.streams.flatMap(({ id, label, session, mode, disassociated }) => {
    if (label === undefined || disassociated !== undefined) return [];
    if (session !== undefined && current.sessions.some((one) => one.id === session) && !isLive(current, session)) {
      return [];
    }
    const senders = current.participantStreams
      .filter((one) => one.stream === id && one.direction === 'send' && one.disassociated === undefined)
      .map((one) => one.participant)
      .filter((one) => session === undefined || !left.has(JSON.stringify([one, session])));
    const mixed = mode === 'mixed' || senders.length > 1;
    return senders.map((participant) => ({
      participant,
      label,
      ...(session === undefined ? {} : { call: session }),
      mixed,
    }));
  });
}
