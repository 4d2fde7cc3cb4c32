// Decides what is done about a call: who of it is recorded, what is asked of the telephony server, what is told of its couples.
// Pure: facts to write down and effects to perform come out. Facts are folded by state.ts.

import { coupleId, recordingIdOf } from '#src/ids';
import type { MetadataSettings } from '#src/metadata';
import type { SessionNews } from '#src/recording';
import type {
  Asking,
  CallEffect,
  CallFact,
  CallMessage,
  CallName,
  NoticeSettings,
  PartyEvent,
  PrivateService,
  Verdict,
} from './call.protocol.ts';
import { coupleNews } from './couple.ts';
import { attachmentOf, noticeOfCouple } from './notice.ts';
import {
  apply,
  type CallState,
  type CoupleState,
  coupleOf,
  isOf,
  type PartyState,
  partiesThere,
  partyAt,
  partyOf,
} from './state.ts';
import { pairsTold } from './told.ts';

/** What a call is told once and keeps. */
export interface CallSettings {
  /** How long a couple waits for its media before that counts as a problem. */
  readonly mediaMsMax: number;
  /** How long a call whose parties have gone waits for the last word of its recorders. */
  readonly lingerMs: number;
  readonly packetsMin: number;
  /** How long after-call work keeps a call from being forgotten. */
  readonly afterCallWorkMsMax: number;
  /** What the configuration server knows of every couple, without prefix: its tenant and its switch. */
  readonly configured?: Readonly<Record<string, string>>;
  readonly metadata: MetadataSettings;
  readonly asking: Asking;
  readonly notification: NoticeSettings;
}

/** The outcome of a decision: the next state is the fold of `facts` over the old one. */
export interface Decision {
  readonly state: CallState;
  readonly facts: readonly CallFact[];
  readonly effects: readonly CallEffect[];
}

/** Decides about one message at `nowMs` (wall clock). `name` names a call of which nothing was heard before. */
export function decide(
  state: CallState | undefined,
  message: CallMessage,
  nowMs: number,
  name: CallName,
  settings: CallSettings,
): Decision {
  const told = new Telling(state, nowMs, name);
  switch (message.type) {
    case 'party':
      party(told, message.event, message.verdict, settings);
      break;
    case 'absent': {
      const known = partyAt(told.state, message.dn);
      if (!known || known.phase === 'gone') break;
      const { dn, connId } = known;
      // When it left nobody knows: it is out of the call from now on.
      told.fact({ type: 'party', event: { what: 'released', dn, connId, atMs: nowMs } });
      break;
    }
    case 'after-call-work':
      afterCallWork(told, message, settings);
      break;
    case 'session':
      session(told, message.news);
      break;
    case 'takes-lost':
      told.fact({ type: 'takes-lost', takes: message.takes });
      break;
    case 'accepted':
    case 'refused':
      if (told.state.couples.has(message.sid)) told.fact(message);
      break;
    case 'media-due': {
      const couple = told.state.couples.get(message.sid);
      if (couple && couple.sessions.size === 0) told.fact({ type: 'media-missed', sid: message.sid });
      break;
    }
    case 'command':
      command(told, message);
      break;
    case 'lingered':
      if (told.state.phase === 'alive' && isQuiet(told.state)) told.fact({ type: 'over' });
      break;
  }
  return told.decision(settings);
}

/** What to do again after a crash: every effect whose end the facts do not show. All of them may be done twice. */
export function recover(state: CallState, settings: CallSettings): readonly CallEffect[] {
  if (state.phase === 'over') return [{ type: 'forget' }];
  const asking = [...state.couples.values()].filter((couple) => couple.request.phase === 'asked');
  const waiting = [...state.couples.values()].filter((couple) => couple.sessions.size === 0 && !couple.missed);
  const working = [...state.parties.values()].filter(isWorking);
  return [
    // Asking twice for the same recording is harmless: the id is the same.
    ...asking.flatMap((couple) => startOf(state, couple) ?? []),
    ...waiting.map(({ sid }): CallEffect => ({ type: 'await-media', sid, ms: settings.mediaMsMax })),
    ...working.map(({ dn }): CallEffect => boundOfWork(dn, settings)),
    // Whether it was told nobody knows; told again it has the same number.
    ...[...state.couples.values()].map(
      (couple): CallEffect => ({ type: 'tell', couple: coupleNews(state, couple, settings) }),
    ),
    ...(isQuiet(state) ? [{ type: 'linger', ms: settings.lingerMs } as const] : []),
  ];
}

/** Collects facts and effects while the state moves with each fact. */
class Telling {
  state: CallState;
  readonly #before: CallState | undefined;
  readonly #facts: CallFact[] = [];
  readonly #effects: CallEffect[] = [];
  readonly #nowMs: number;

  constructor(state: CallState | undefined, nowMs: number, name: CallName) {
    this.#before = state;
    this.#nowMs = nowMs;
    if (state) this.state = state;
    else {
      const began: CallFact = { type: 'began', atMs: nowMs, ...name };
      this.#facts.push(began);
      this.state = apply(undefined, began);
    }
  }

  fact(fact: CallFact extends infer F ? (F extends CallFact ? Omit<F, 'atMs'> : never) : never): void {
    const dated = { ...fact, atMs: this.#nowMs } as CallFact;
    this.#facts.push(dated);
    this.state = apply(this.state, dated);
  }

  effect(effect: CallEffect): void {
    this.#effects.push(effect);
  }

  decision(settings: CallSettings): Decision {
    const { lingerMs } = settings;
    this.#notice(settings.notification);
    const { state } = this;
    for (const couple of state.couples.values()) {
      if (couple !== this.#before?.couples.get(couple.sid) || partyOf(state, couple) !== this.#partyBefore(couple)) {
        this.#effects.push({ type: 'tell', couple: coupleNews(state, couple, settings) });
      }
    }
    const wasQuiet = this.#before !== undefined && isQuiet(this.#before);
    if (state.phase === 'over') this.#effects.push({ type: 'forget' });
    else if (isQuiet(state) && !wasQuiet) this.#effects.push({ type: 'linger', ms: lingerMs });
    return { state, facts: this.#facts, effects: this.#effects };
  }

  /** What others are to be told of recordings, if that has changed. */
  #notice(settings: NoticeSettings): void {
    for (const couple of this.state.couples.values()) {
      const { audio, video } = noticeOfCouple(couple);
      if (couple.status?.audio !== audio || couple.status.video !== video)
        this.fact({ type: 'status', sid: couple.sid, audio, video });
    }
    const isResynced = this.#facts.some((fact) => fact.type === 'party' && fact.event.what === 'seen');
    const attachment = attachmentOf(this.state, settings, isResynced);
    if (!attachment) return;
    this.fact({ type: 'notified', ...attachment.notice });
    this.effect(attachment.effect);
  }

  #partyBefore(couple: CoupleState) {
    return this.#before && partyOf(this.#before, couple);
  }
}

/** Nobody talks, no agent is at work on it, and no recorder has anything to add: what comes now was late, or will not come. */
function isQuiet(state: CallState): boolean {
  const sessions = [...state.couples.values()].flatMap((couple) => [...couple.sessions.values()]);
  return (
    partiesThere(state).length === 0 &&
    ![...state.parties.values()].some(isWorking) &&
    sessions.every(({ news, lost }) => lost || news.phase === 'finished')
  );
}

function isWorking({ afterCallWork: work }: PartyState): boolean {
  return work !== undefined && work.toMs === undefined;
}

function boundOfWork(dn: string, { afterCallWorkMsMax }: CallSettings): CallEffect {
  return { type: 'bound-after-call-work', dn, ms: afterCallWorkMsMax };
}

/** Once in a party's life; what is told again, or of nobody who was there, is left out. */
function afterCallWork(
  told: Telling,
  { dn, phase }: Extract<CallMessage, { type: 'after-call-work' }>,
  settings: CallSettings,
): void {
  const known = partyAt(told.state, dn);
  if (!known || (phase === 'began' ? known.afterCallWork !== undefined : !isWorking(known))) return;
  told.fact({ type: 'after-call-work', dn, phase });
  if (phase === 'began') told.effect(boundOfWork(dn, settings));
}

function party(told: Telling, event: PartyEvent, verdict: Verdict, settings: CallSettings): void {
  told.fact({ type: 'party', event });
  const known = partyAt(told.state, event.dn)!;
  const mayBegin = known.phase === 'talking' || known.phase === 'held';
  if (!mayBegin || event.what === 'data-changed' || !verdict.record || hasCouple(told.state, known)) return;
  const { dn, partyUuid, userData } = known;
  const couple = beginCouple(told, dn, partyUuid, 'rule', verdict.why);
  // Somebody else has had it started: there is nothing to ask for, its media is on the way. A consult call inherits the data of
  // the call it is about: there it says only that that one is recorded.
  if (userData['GSIP_RECORD'] !== 'ON' || known.callType === 'consult') {
    told.fact({ type: 'asked', sid: couple.sid, asking: settings.asking });
    told.effect(startOf(told.state, told.state.couples.get(couple.sid)!)!);
  }
  told.effect({ type: 'await-media', sid: couple.sid, ms: settings.mediaMsMax });
}

/** A party that has gone and come back is recorded anew. */
function hasCouple(state: CallState, party: PartyState): boolean {
  return [...state.couples.values()].some((couple) => isOf(couple, party));
}

function startOf(state: CallState, couple: CoupleState): CallEffect | undefined {
  const { record, dest, dest2 } = couple.request;
  const asking = { ...(record && { record }), ...(dest && { dest }), ...(dest2 && { dest2 }) };
  const effect = privateService(state, couple, 'start');
  return effect && { ...effect, ...(Object.keys(asking).length > 0 && { asking }) };
}

function privateService(
  state: CallState,
  { sid, dn, recordingId }: CoupleState,
  service: PrivateService,
): Extract<CallEffect, { type: 'private-service' }> | undefined {
  const known = partyAt(state, dn);
  if (!known || known.phase === 'gone') return undefined;
  return { type: 'private-service', service, sid, dn, connId: known.connId, recordingId };
}

function session(told: Telling, news: SessionNews): void {
  const couple = coupleFor(told.state, news) ?? beginCouple(told, recordedDn(told.state, news), undefined, 'other', '');
  told.fact({ type: 'session', sid: couple.sid, news });
  // Telephony knows whom it tells of; where nobody but the recording client tells of parties, each two of them are a couple.
  if (partyOf(told.state, couple)) return;
  for (const { dn, name } of pairsTold(news).slice(1)) {
    const known = [...told.state.couples.values()].find((one) => one.dn === dn && one.partyUuid === name);
    const further = known ?? beginCouple(told, dn, name, 'other', '');
    told.fact({ type: 'session', sid: further.sid, news });
  }
}

/** The couple a session belongs to: by its take, its recording's id, the DN that asked, or a DN whose audio it is. */
function coupleFor(state: CallState, news: SessionNews): CoupleState | undefined {
  const couples = [...state.couples.values()];
  const dns = dnsOf(news);
  return (
    couples.find(({ sessions }) => sessions.has(news.take)) ??
    couples.find(({ recordingId }) => recordingId === news.recordingId) ??
    dns.map((dn) => coupleOf(state, dn)).find((couple) => couple !== undefined) ??
    couples.find((couple) => dns.includes(partyOf(state, couple)?.otherDn ?? ''))
  );
}

/** DNs a session names, the one that asked for the recording first, those of a recording client's metadata last. */
export function dnsOf({ recordDn, dialogs, told }: SessionNews): string[] {
  const asked = [recordDn, ...dialogs.flatMap((dialog) => [dialog.recordDn, dialog.dn, dialog.otherDn])];
  const named = [...asked, ...(told?.couples ?? []).flatMap(({ parties }) => parties)];
  return [...new Set(named.filter((dn) => dn !== undefined))];
}

/** Whom a session records that no couple waits for: a party that is watched, else whom the INVITE says, else its recording's id. */
function recordedDn(state: CallState, news: SessionNews): string {
  const dns = dnsOf(news);
  return dns.find((dn) => partyAt(state, dn)) ?? dns[0] ?? news.recordingId;
}

function beginCouple(
  told: Telling,
  dn: string,
  given: string | undefined,
  by: 'rule' | 'other',
  why: string,
): CoupleState {
  const { tenant, callUuid, switch: switchName } = told.state;
  const partyUuid = given ?? partyAt(told.state, dn)?.partyUuid ?? '';
  const named = { tenant, callUuid, dn, partyUuid };
  const sid = coupleId(named);
  const recordingId = recordingIdOf(named, switchName);
  const reason = by === 'other' ? 'started by the telephony side or a third party' : why;
  told.fact({ type: 'couple-began', sid, dn, partyUuid, recordingId, by, why: reason });
  return told.state.couples.get(sid)!;
}

/** To the telephony server, which tells the media server; and to the recorder itself, where it takes effect at once. */
function command(told: Telling, { command: asked, sid, by }: Extract<CallMessage, { type: 'command' }>): void {
  const couple = told.state.couples.get(sid);
  if (!couple) return;
  told.effect({ type: 'order', command: asked, recordingId: couple.recordingId, by });
  const service = privateService(told.state, couple, asked);
  if (service) told.effect(service);
}
