// The state of a call as the fold of its facts. Nothing else changes it, so a journal read again gives it back.

import type { AgentMetadata } from '#src/metadata';
import { type Couple, callName, connName, type SessionNews } from '#src/recording';
import type { RuleCall, RuleDecision } from '#src/rules';
import type { CallFact, CallName, CallType, PartyEvent, RecorderOrder, Refused } from './call.protocol.ts';
import { type AskedPause, isObeyed } from './orders.ts';
import { newParty, partyAfter } from './party.ts';

/** Where a party stands. */
export type PartyPhase = 'alerting' | 'talking' | 'held' | 'gone';

/** A party of the call: a DN that is watched, as events told of it. */
export interface PartyState {
  readonly dn: string;
  /** As the telephony server names it; where it names none, empty at first, then `#2`, `#3`: how often the DN was called. */
  readonly partyUuid: string;
  readonly times: number;
  readonly phase: PartyPhase;
  readonly connId: string;
  readonly callType: CallType;
  readonly role?: 'origin' | 'destination';
  /** What the rules said of it last, and what they were told. */
  readonly judged?: { readonly call: RuleCall; readonly decision: RuleDecision };
  readonly otherDn?: string;
  readonly agentId?: string;
  readonly userData: Readonly<Record<string, string>>;
  /** What was said once and holds: ANI, DNIS, queue, the party that transferred. */
  readonly told: Readonly<Record<string, string>>;
  readonly extensions: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string>>;
  readonly agent?: AgentMetadata;
  /** What its agent does after the call; it may begin before the call is over. */
  readonly afterCallWork?: { readonly fromMs: number; readonly toMs?: number };
  readonly startedMs: number;
  readonly establishedMs?: number;
  readonly endedMs?: number;
  readonly holds: readonly { readonly fromMs: number; readonly toMs?: number }[];
}

/** One recorded party. Sessions are by take, the last word on each; a lost one stays as it was last seen. */
export interface CoupleState {
  readonly sid: string;
  readonly dn: string;
  readonly partyUuid: string;
  readonly recordingId: string;
  readonly request: Couple['request'];
  readonly standing: Couple['standing'];
  /** How many sessions it had when it was asked for last. */
  readonly asked?: number;
  /** How often it was asked for again since it recorded last, or since it was asked for first. */
  readonly attempt?: number;
  /** How the request for its recording failed last. */
  readonly failure?: Pick<Refused, 'code' | 'isForGood'>;
  /** What its recorders were ordered and have not all done. */
  readonly ordered?: { readonly command: RecorderOrder } & AskedPause;
  /** When our twin told last that it asks for it again. */
  readonly twinAskedMs?: number;
  /** We have asked in place of our twin. */
  readonly stoodIn?: true;
  readonly startedMs: number;
  readonly sessions: ReadonlyMap<string, SessionState>;
  /** What others are told of it. */
  readonly status?: NonNullable<Couple['status']>;
  /** No media came in time. */
  readonly missed: boolean;
}

export interface SessionState {
  readonly news: SessionNews;
  readonly lost: boolean;
  /** When we heard that it had ended, by our own clock. */
  readonly endHeardMs?: number;
  /** Its media is gone: it was to be discarded. */
  readonly destroyed?: true;
}

/** As far as its recorder has told. */
export function receivedNothing({ streams }: SessionNews): boolean {
  return streams.every(({ packets = 0 }) => packets === 0);
}

export interface CallState extends CallName {
  readonly phase: 'alive' | 'over';
  readonly startedMs: number;
  readonly connIds: readonly string[];
  /** What its events say it is part of, as `partOf` of a couple. */
  readonly partOf: readonly string[];
  /** What we attached to it last. */
  readonly notified?: Pick<NonNullable<Couple['status']>, 'audio' | 'video'>;
  /** By DN and name: a DN that has gone and is called again is another party. */
  readonly parties: ReadonlyMap<string, PartyState>;
  readonly couples: ReadonlyMap<string, CoupleState>;
  /** By take: recordings that run of parties that other cores watch. */
  readonly beside: ReadonlyMap<string, 'recording' | 'paused'>;
}

/** The state after one more fact; the first fact of a call is `began`. */
export function apply(state: CallState | undefined, fact: CallFact): CallState {
  if (fact.type === 'began') {
    const { tenant, switch: name, callUuid, atMs } = fact;
    const none = { parties: new Map(), couples: new Map(), beside: new Map(), connIds: [], partOf: [] };
    return { phase: 'alive', tenant, switch: name, callUuid, startedMs: atMs, ...none };
  }
  if (state === undefined) throw new Error(`a call cannot begin with the fact '${fact.type}'`);
  switch (fact.type) {
    case 'party':
      return withParty(state, fact.event);
    case 'after-call-work':
      return withAfterCallWork(state, fact);
    case 'couple-began': {
      const { sid, dn, partyUuid, recordingId, by, why, atMs } = fact;
      const request = { by, phase: 'none', why } as const;
      const named = { sid, dn, partyUuid, recordingId, startedMs: atMs };
      const couple = { ...named, request, standing: 'recording' as const, sessions: new Map(), missed: false };
      return { ...state, couples: withEntry(state.couples, sid, couple) };
    }
    case 'judged':
      return withJudged(state, fact);
    case 'stands':
      return withCouple(state, fact.sid, { standing: fact.standing });
    case 'destroyed': {
      const { sessions } = state.couples.get(fact.sid)!;
      const session = sessions.get(fact.take)!;
      return withCouple(state, fact.sid, { sessions: withEntry(sessions, fact.take, { ...session, destroyed: true }) });
    }
    case 'asked': {
      const { sid, asking, why, attempt = 0 } = fact;
      const asked = state.couples.get(sid)!.sessions.size;
      const request = { phase: 'asked', ...asking, ...(why !== undefined && { why }) } as const;
      return withCouple(withRequest(state, sid, request), sid, { asked, attempt });
    }
    case 'accepted':
      return withRequest(state, fact.sid, { phase: 'accepted' });
    case 'refused': {
      const { sid, code, detail, isForGood } = fact;
      return withCouple(withRequest(state, sid, { phase: 'refused', why: `${code}: ${detail}` }), sid, {
        failure: { code, ...(isForGood && { isForGood }) },
      });
    }
    case 'session': {
      const { news, sid, atMs } = fact;
      const couple = state.couples.get(sid)!;
      const { destroyed, endHeardMs = news.endedMs && atMs } = couple.sessions.get(news.take) ?? {};
      const session = {
        news,
        lost: false,
        ...(endHeardMs !== undefined && { endHeardMs }),
        ...(destroyed && { destroyed }),
      };
      const { sessions, asked } = isAnswer(couple, news)
        ? answered(couple, session)
        : {
            sessions: withEntry(couple.sessions, news.take, session),
            asked: couple.asked,
          };
      // An id that a session carries wins: someone else may have had the recording started.
      const recordingId = couple.sessions.size === 0 ? news.recordingId : couple.recordingId;
      // Whoever asked was heard; of what its twin was answered a core does not hear.
      const isHeard = couple.request.phase === 'asked' && news.recordingId === couple.recordingId;
      const request = isHeard ? { ...couple.request, phase: 'accepted' as const } : couple.request;
      return obeyed(
        withCouple(state, sid, { sessions, recordingId, request, ...(asked !== undefined && { asked }) }),
        sid,
      );
    }
    case 'beside': {
      const others = [...state.beside].filter(([take]) => take !== fact.take);
      return { ...state, beside: new Map(fact.phase === 'ended' ? others : [...others, [fact.take, fact.phase]]) };
    }
    case 'moved':
      return withMoved(state, fact);
    case 'takes-lost': {
      const lost = new Set(fact.takes);
      const couples = [...state.couples].map(([sid, couple]) => [sid, withLost(couple, lost)] as const);
      const beside = [...state.beside].filter(([take]) => !lost.has(take));
      return { ...state, couples: new Map(couples), beside: new Map(beside) };
    }
    case 'asked-told':
      return withCouple(state, fact.sid, { twinAskedMs: fact.atMs });
    case 'ordered':
      return withCouple(state, fact.sid, {
        ordered: { command: fact.command, by: fact.by, ...(fact.orders && { orders: fact.orders }) },
      });
    case 'stood-in':
      return withCouple(state, fact.sid, { stoodIn: true });
    case 'status': {
      const { sid, audio, video, atMs } = fact;
      const n = (state.couples.get(sid)?.status?.n ?? 0) + 1;
      return withCouple(state, sid, { status: { n, atMs, audio, video } });
    }
    case 'notified':
      return { ...state, notified: { audio: fact.audio, video: fact.video } };
    case 'media-missed':
      return withCouple(state, fact.sid, { missed: true });
    case 'over':
      return { ...state, phase: 'over' };
  }
}

/** What did not record when it was asked for records again: where it was lost, the same take may go on, and be lost once more. */
function isAnswer({ sessions, asked = 0 }: CoupleState, { take, phase }: SessionNews): boolean {
  const before = sessions.get(take);
  const isOld = before !== undefined && [...sessions.keys()].indexOf(take) < asked;
  return isOld && phase === 'recording' && (before.lost || before.news.phase !== 'recording');
}

function answered(
  { sessions, asked = 0 }: CoupleState,
  session: SessionState,
): Pick<CoupleState, 'sessions' | 'asked'> {
  const { take } = session.news;
  return { sessions: new Map([...[...sessions].filter(([one]) => one !== take), [take, session]]), asked: asked - 1 };
}

/** Parties that have not gone. */
export function partiesThere(state: CallState): PartyState[] {
  return [...state.parties.values()].filter(({ phase }) => phase !== 'gone');
}

/** The couple of a DN that is recorded, if any; the latest when the DN was there twice. */
export function coupleOf(state: CallState, dn: string): CoupleState | undefined {
  let last: CoupleState | undefined;
  for (const couple of state.couples.values()) if (couple.dn === dn) last = couple;
  return last;
}

/** The party that a DN is now, or was last. */
export function partyAt(state: CallState, dn: string): PartyState | undefined {
  let last: PartyState | undefined;
  for (const party of state.parties.values()) if (party.dn === dn) last = party;
  return last;
}

function withParty(state: CallState, event: PartyEvent): CallState {
  const before = partyAt(state, event.dn);
  const again = before?.phase === 'gone' && begins(state, event, before);
  const party = partyAfter(again ? newParty(event, before.times + 1) : (before ?? newParty(event, 1)), event);
  const connIds = state.connIds.includes(event.connId) ? state.connIds : [...state.connIds, event.connId];
  const { previousConnId, refCallUuid } = event;
  let { partOf } = state;
  for (const one of [previousConnId && connName(previousConnId), refCallUuid && callName(refCallUuid)])
    if (one && !partOf.includes(one)) partOf = [...partOf, one];
  return { ...state, connIds, partOf, parties: withEntry(state.parties, `${party.dn} ${party.partyUuid}`, party) };
}

function withEntry<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value): ReadonlyMap<Key, Value> {
  return new Map(map).set(key, value);
}

/** A DN that has gone and is called again is another party; that it rang at the one that has gone only comes late. */
export function begins({ parties }: CallState, { what, dn, partyUuid }: PartyEvent, gone: PartyState): boolean {
  if (what === 'seen') return true;
  // Nobody tells that it rings there when the call it talks in becomes part of one that it had left: then its name shows it.
  if (there.has(what)) return partyUuid !== undefined && !parties.has(`${dn} ${partyUuid}`);
  return (what === 'ringing' || what === 'dialing') && (partyUuid === undefined || partyUuid !== gone.partyUuid);
}

const there: ReadonlySet<PartyEvent['what']> = new Set(['established', 'held', 'retrieved', 'party-changed']);

function withJudged(state: CallState, { call, partyUuid, decision }: Extract<CallFact, { type: 'judged' }>): CallState {
  const [key, party] = [...state.parties].find(([, one]) => one.dn === call.dn && one.partyUuid === partyUuid)!;
  return { ...state, parties: withEntry(state.parties, key, { ...party, judged: { call, decision } }) };
}

/** It belongs to the party that the DN is, or was last; who has had it once has had it. */
function withAfterCallWork(
  state: CallState,
  { dn, phase, atMs }: Extract<CallFact, { type: 'after-call-work' }>,
): CallState {
  const [key, party] = [...state.parties].findLast(([, one]) => one.dn === dn)!;
  const began = { fromMs: party.afterCallWork?.fromMs ?? atMs };
  const afterCallWork = phase === 'began' ? began : { ...began, toMs: atMs };
  return { ...state, parties: withEntry(state.parties, key, { ...party, afterCallWork }) };
}

function withLost(couple: CoupleState, lost: ReadonlySet<string>): CoupleState {
  if (![...couple.sessions.keys()].some((take) => lost.has(take))) return couple;
  const sessions = [...couple.sessions].map(
    ([take, session]) => [take, lost.has(take) ? { ...session, lost: true } : session] as const,
  );
  return { ...couple, sessions: new Map(sessions) };
}

/** Each of both couples has, or comes to have, a session of its own; the recording's id is that of the first one. */
function withMoved(state: CallState, { sid, take, to }: Extract<CallFact, { type: 'moved' }>): CallState {
  const sessions = new Map(state.couples.get(sid)!.sessions);
  const moved = sessions.get(take)!;
  sessions.delete(take);
  const first = sessions.values().next().value;
  const left = withCouple(state, sid, { sessions, ...(first && { recordingId: first.news.recordingId }) });
  const { sessions: there, recordingId } = state.couples.get(to)!;
  return withCouple(left, to, {
    sessions: new Map([...there, [take, moved]]),
    recordingId: there.size === 0 ? moved.news.recordingId : recordingId,
  });
}

/** What was ordered is so. */
function obeyed(state: CallState, sid: string): CallState {
  const { ordered, ...couple } = state.couples.get(sid)!;
  if (!ordered || !isObeyed(couple, ordered.command)) return state;
  return { ...state, couples: new Map([...state.couples, [sid, couple]]) };
}

function withRequest(state: CallState, sid: string, change: Partial<Couple['request']>): CallState {
  return withCouple(state, sid, { request: { ...state.couples.get(sid)!.request, ...change } });
}

function withCouple(state: CallState, sid: string, change: Partial<CoupleState>): CallState {
  const couple = state.couples.get(sid);
  if (!couple) throw new Error(`fact about the unknown couple ${sid}`);
  return { ...state, couples: withEntry(state.couples, sid, { ...couple, ...change }) };
}
