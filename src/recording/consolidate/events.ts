// What happened when in a conversation, in words that a supervisor knows. Pure.

import type { Couple } from '#src/recording';
import type { Conversation, TimelineEvent } from './conversation.schema.ts';
import { clockDoubtMs, type KnownTake, toConversation } from './sources.ts';
import { common, type Stretch, union, without } from './stretch.ts';

export interface Happened {
  /** By their beginning. */
  readonly couples: readonly Couple[];
  readonly takes: readonly KnownTake[];
  readonly tracks: Conversation['tracks'];
  readonly audio: Conversation['audio'];
}

/** By their beginning. */
export function eventsOf({ couples, takes, tracks, audio }: Happened): TimelineEvent[] {
  const gaps = tracks.flatMap(({ party, gaps }) =>
    gaps.map(({ fromMs, toMs, packets }) => {
      const detail = packets === 1 ? '1 packet' : `${packets} packets`;
      const startedMs = audio?.startedMs ?? 0;
      return { kind: 'gap' as const, fromMs: startedMs + fromMs, toMs: startedMs + toMs, party, detail };
    }),
  );
  const events: TimelineEvent[] = [
    ...couples.flatMap(ofCouple),
    ...transfers(couples),
    ...conferences(couples),
    ...pausesOf(couples, takes).map((pause) => ({ kind: 'pause' as const, ...pause })),
    ...restarts(takes),
    ...gaps,
  ];
  return events.sort(
    (one, other) =>
      one.fromMs - other.fromMs || compare(one.kind, other.kind) || compare(one.party ?? '', other.party ?? ''),
  );
}

function ofCouple(couple: Couple): TimelineEvent[] {
  const { dn, callType, startedMs, establishedMs, endedMs, holds, afterCallWork } = couple;
  const events: TimelineEvent[] = [];
  const add = (kind: TimelineEvent['kind'], { fromMs, toMs }: Stretch, detail?: string) =>
    events.push({
      kind,
      fromMs,
      ...(toMs !== undefined && { toMs }),
      party: dn,
      ...(detail !== undefined && { detail }),
    });
  const answeredMs = establishedMs ?? (endedMs === undefined ? undefined : startedMs);
  if (answeredMs === undefined) add('ringing', { fromMs: startedMs });
  else {
    if (answeredMs > startedMs) add('ringing', { fromMs: startedMs, toMs: answeredMs });
    const whole = { fromMs: answeredMs, toMs: endedMs };
    for (const stretch of without(whole, holds)) add('talk', stretch);
    if (callType === 'consult') add('consult', whole, couple.otherDn && `with ${couple.otherDn}`);
  }
  for (const hold of holds) add('hold', hold);
  if (afterCallWork) add('after-call-work', afterCallWork);
  return events;
}

/** How long after one agent has left the next one may take the call over, or have taken it before. */
const transferMsMax = 10_000;

/** One agent leaves, another one goes on with the call: at once, or after a question that became a transfer. */
function transfers(couples: readonly Couple[]): TimelineEvent[] {
  const isQuestion = (couple: Couple) => couple.callType === 'consult';
  return couples.flatMap((left): TimelineEvent[] => {
    const { dn, endedMs } = left;
    if (endedMs === undefined || isQuestion(left)) return [];
    const heir = couples.find((one) => {
      if (one === left || one.dn === dn || one.startedMs > endedMs + transferMsMax) return false;
      const goesOn = (one.endedMs ?? Number.POSITIVE_INFINITY) > endedMs;
      return goesOn && one.startedMs > left.startedMs && (one.otherDn === left.otherDn || isQuestion(one));
    });
    return heir ? [{ kind: 'transfer', fromMs: endedMs, toMs: endedMs, party: dn, detail: `to ${heir.dn}` }] : [];
  });
}

/** Below this two agents in one call are one that leaves and one that comes. */
const conferenceMsMin = 1_000;

/** Two agents and somebody else in one call at the same time. */
function conferences(couples: readonly Couple[]): TimelineEvent[] {
  const together = couples.flatMap((one, index) =>
    couples.slice(index + 1).flatMap((other) => {
      const isOne = one.callUuid === other.callUuid && one.dn !== other.dn;
      const areEachOther = one.otherDn === other.dn || other.otherDn === one.dn;
      const met = isOne && !areEachOther ? common(talk(one), talk(other)) : undefined;
      return met && (met.toMs === undefined || met.toMs - met.fromMs >= conferenceMsMin) ? [met] : [];
    }),
  );
  return union(together).map((stretch) => ({ kind: 'conference', ...stretch }));
}

function talk({ startedMs, establishedMs, endedMs }: Couple): Stretch {
  return { fromMs: establishedMs ?? startedMs, toMs: endedMs };
}

/** When any recorder was paused, by its manifest or by what it told the cores: of a finished take that should be the same. */
function pausesOf(couples: readonly Couple[], takes: readonly KnownTake[]): { fromMs: number; toMs?: number }[] {
  const ends = couples.map(({ endedMs }) => endedMs);
  const endedMs = ends.includes(undefined) ? undefined : Math.max(...(ends as number[]));
  return union(
    takes.flatMap((take) => {
      const inConversation = toConversation(take);
      const said: readonly Stretch[] = [...(take.manifest?.pauses ?? []), ...(take.told?.pauses ?? [])];
      return said.map(({ fromMs, toMs }) => ({
        fromMs: inConversation(fromMs),
        toMs: toMs === undefined ? endedMs : inConversation(toMs),
      }));
    }),
  );
}

/** Copies begin together; what begins later than this begins because something had ended. */
const copyMsMax = 1_000;

/** Takes that began when another one of the same recording had begun long before. */
function restarts(takes: readonly KnownTake[]): TimelineEvent[] {
  const begun = takes.flatMap((known) => {
    if (!known.manifest || known.end) return [];
    const { recordingId, startedMs } = known.manifest;
    const doubtMs = known.clock?.plusMinusMs ?? clockDoubtMs;
    return [{ recordingId, doubtMs, node: known.node, startedMs: toConversation(known)(startedMs) }];
  });
  return begun.flatMap((one): TimelineEvent[] => {
    const isLater = begun.some((other) => {
      const doubtMs = one.node === other.node ? 0 : one.doubtMs + other.doubtMs;
      return other.recordingId === one.recordingId && one.startedMs - other.startedMs > copyMsMax + doubtMs;
    });
    return isLater ? [{ kind: 'restart', fromMs: one.startedMs, toMs: one.startedMs, detail: `on ${one.node}` }] : [];
  });
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
