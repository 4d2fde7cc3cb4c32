// Decides what is done about a call: who of it is recorded, what is asked of the telephony server, what is told of its couples.
// Pure: facts to write down and effects to perform come out. Facts are folded by state.ts.

import { coupleId, recordingIdOf } from '#src/ids';
import type { SessionNews } from '#src/recording';
import { nextStanding, type Standing, type StandingEvent } from '#src/rules';
import { awaitedStill } from './asked-again.ts';
import { ask, askAgain, askUnrecorded, granted, recordingDue, refused, request, turnedOff } from './asking.ts';
import { effectDue, remind } from './awaited.ts';
import type { CallEffect, CallMessage, CallName, PartyEvent, RecorderOrder } from './call.protocol.ts';
import { coupleWord } from './couple-word.ts';
import { doubtfulDns, isUnasked, isUnheard } from './doubtful.ts';
import { noticeKeys } from './notice.ts';
import { type AskedPause, isObeyed, nameOfPause, pausedBy, stalePause } from './orders.ts';
import { partyNews } from './party-news.ts';
import { isAwaited, isQuiet, isWorking, lingerMsOf } from './quiet.ts';
import { partyOf } from './recorded-party.ts';
import { asActs, awaitEffect, destroy, discardOf, isOurs, ordersOf, takeBack } from './requests.ts';
import { asksToKeep, coupleOfParty, isAlikeForRules, recordingOf, ruleCallOf, standingOf, whyOf } from './ruling.ts';
import { isSame } from './same.ts';
import type { CallSettings } from './settings.ts';
import { type CallState, type CoupleState, type PartyState, partyAt } from './state.ts';
import { type Decision, Telling } from './telling.ts';
import { pairsTold } from './told.ts';
import { coupleFor, coupleNow, type Elsewhere, recordedDn, recordedElsewhere } from './whose-session.ts';

/** How often a recorder is told to destroy media before an operator has to. */
export const destroyAttemptsMax = 100;

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
      party(told, message.event, settings);
      break;
    case 'absent': {
      const known = partyAt(told.state, message.dn);
      if (!known || known.phase === 'gone') break;
      const { dn, connId } = known;
      // When it left nobody knows: it is out of the call from now on.
      party(told, { what: 'released', dn, connId, atMs: nowMs }, settings);
      break;
    }
    case 'after-call-work':
      afterCallWork(told, message, settings);
      break;
    case 'session':
      session(told, message, settings);
      break;
    case 'takes-lost':
      told.fact({ type: 'takes-lost', takes: message.takes });
      for (const couple of told.state.couples.values()) askAgain(told, couple, settings);
      break;
    case 'accepted':
      granted(told, message);
      break;
    case 'refused':
      refused(told, message);
      break;
    case 'enquiry-due':
      for (const dn of doubtfulDns(told.state, nowMs, settings.enquireMs)) told.effect({ type: 'enquire', dn });
      if (told.state.phase === 'alive') told.effect({ type: 'await-enquiry', ms: settings.enquireMs });
      break;
    case 'media-due': {
      const couple = told.state.couples.get(message.sid);
      if (!couple || couple.sessions.size > 0) break;
      told.fact({ type: 'media-missed', sid: message.sid });
      if (isUnasked(couple)) request(told, couple, settings);
      break;
    }
    case 'command':
      command(told, message, nowMs, settings);
      break;
    case 'asked-told': {
      const couple = told.state.couples.get(message.sid);
      if (couple && settings.duty(couple.dn).phase === 'stands-by') told.fact(message);
      break;
    }
    case 'keep-told': {
      const couple = told.state.couples.get(message.sid);
      if (couple) keep(told, couple, message.by, settings);
      break;
    }
    case 'keep-due': {
      const couple = told.state.couples.get(message.sid);
      if (couple) stand(told, couple, { type: 'keep-due' }, 'nobody asked for it in time', settings);
      break;
    }
    case 'destroyed':
      if (isToDestroy(told.state, message)) told.fact(message);
      break;
    case 'destroy-due':
      if (!isToDestroy(told.state, message)) break;
      if (message.attempt <= destroyAttemptsMax) told.effect(destroy(told.state, message, settings, message.attempt));
      else told.fact({ type: 'takes-lost', takes: [message.take] });
      break;
    case 'effect-due':
      effectDue(told, message, nowMs, settings);
      break;
    case 'recording-due':
      recordingDue(told, message, settings);
      break;
    case 'notice-due':
      break;
    case 'lingered':
      if (told.state.phase === 'alive' && isQuiet(told.state)) told.fact({ type: 'over' });
      break;
  }
  return told.decision(settings, message.type === 'notice-due' ? message.notice : undefined);
}

/** What to do again after a crash: every effect whose end the facts do not show. All of them may be done twice. */
export function recover(state: CallState, settings: CallSettings): readonly CallEffect[] {
  if (state.phase === 'over') return [{ type: 'forget' }];
  const asking = [...state.couples.values()].filter((couple) => couple.request.phase === 'asked');
  const waiting = [...state.couples.values()].filter((couple) => couple.sessions.size === 0 && !couple.missed);
  const working = [...state.parties.values()].filter(isWorking);
  return [
    // Asking twice for the same recording is harmless: the id is the same.
    ...asking.flatMap((couple) => asActs(state, couple, 'start', settings)),
    ...[...state.couples.values()].flatMap((couple) =>
      couple.ordered ? [awaitEffect(couple, couple.ordered.command, settings)] : [],
    ),
    ...[...state.couples.values()].flatMap((couple) => awaitedStill(state, couple)),
    ...waiting.map(({ sid }): CallEffect => ({ type: 'await-media', sid, ms: settings.mediaMsMax })),
    ...working.map(({ dn }): CallEffect => boundOfWork(dn, settings)),
    // Whether it was told nobody knows; told again it has the same number.
    ...[...state.couples.values()].map(
      (couple): CallEffect => ({
        type: 'tell',
        word: coupleWord(state, couple, settings),
        isOurs: isOurs(couple, settings),
      }),
    ),
    ...[...state.couples.values()].flatMap((couple) => [
      ...(isAwaited(state, couple) ? [{ type: 'await-keep', sid: couple.sid, ms: settings.keepMs } as const] : []),
      ...(couple.standing === 'discarded' ? discardOf(state, couple, [...couple.sessions.keys()], settings) : []),
    ]),
    ...(isQuiet(state) ? [{ type: 'linger', ms: lingerMsOf(state, settings) } as const] : []),
  ];
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

function party(told: Telling, event: PartyEvent, settings: CallSettings): void {
  const before = partyAt(told.state, event.dn);
  const isFirst = before === undefined;
  const news = before ? partyNews(told.state, before, event) : event;
  if (news) told.fact({ type: 'party', event: news });
  const known = partyAt(told.state, event.dn)!;
  judge(told, known, before, settings);
  if (isFirst && event.what === 'released' && !coupleOfParty(told.state, known)) missed(told, known, settings);
  const couple = coupleOfParty(told.state, known);
  if (couple) askAgain(told, couple, settings);
  if (couple && before && isOff(known) && !isOff(before)) turnedOff(told, couple);
  if (couple && asksToKeep(known))
    stand(told, couple, { type: 'keep-asked' }, 'the attached data asks for it', settings);
  const isLast = event.what === 'released' || event.what === 'abandoned';
  const kept = coupleOfParty(told.state, known);
  if (isLast && kept && isAwaited(told.state, kept))
    told.effect({ type: 'await-keep', sid: kept.sid, ms: settings.keepMs });
}

function isOff({ userData }: PartyState): boolean {
  return userData['GSIP_RECORD'] === 'OFF';
}

/** Asks the rules about a party that talks, or of which something is recorded: what is known of it may be more than before. */
function judge(told: Telling, known: PartyState, before: PartyState | undefined, settings: CallSettings): void {
  const mayBegin = known.phase === 'talking' || known.phase === 'held';
  const couple = coupleOfParty(told.state, known);
  if (!mayBegin && !couple) return;
  const { dn, partyUuid } = known;
  const isAsBefore = before && isAlikeForRules(before, known);
  const call = isAsBefore ? known.judged!.call : ruleCallOf(told.state, known, noticeKeys(settings.notification));
  const decision = settings.rules.decide(call);
  if (!isSame(known.judged, { call, decision })) told.fact({ type: 'judged', partyUuid, call, decision });
  const event: StandingEvent = { type: 'judged', policy: decision.policy };
  if (couple) {
    stand(told, couple, event, whyOf(decision), settings);
    const { standing } = coupleOfParty(told.state, known)!;
    if (!mayBegin || standing === 'discarded') return;
    if (isUnheard(couple)) ask(told, couple, known, settings, whyOf(decision));
    // Whose recording it was that the attached data told of, it has ended.
    else if (isUnasked(couple) && known.userData['GSIP_RECORD'] !== 'ON') request(told, couple, settings);
    return;
  }
  const next = nextStanding(standingOf(undefined, known.judged?.decision), event);
  if (next.action !== 'start') return;
  const begun = beginCouple(told, dn, partyUuid, 'rule', whyOf(decision));
  stand(told, begun, event, whyOf(decision), settings, 'open');
  if (takeOver(told, begun, settings)) askUnrecorded(told, settings);
  else ask(told, begun, known, settings);
}

/** Nothing was told of a party before it was released: it is too late to record it, and somebody should know. */
function missed(told: Telling, known: PartyState, { rules }: CallSettings): void {
  const decision = rules.decide(ruleCallOf(told.state, known));
  const { action } = nextStanding('open', { type: 'judged', policy: decision.policy });
  if (action === 'start') told.effect({ type: 'never-told', dn: known.dn, why: whyOf(decision) });
}

/** Something was said that may change what becomes of a recording; `from`: where it stands, if not as its couple says. */
function stand(
  told: Telling,
  { sid, standing: before }: CoupleState,
  event: StandingEvent,
  why: string,
  settings: CallSettings,
  from: Standing = before,
): void {
  const { standing, action } = nextStanding(from, event);
  if (standing !== before && standing !== 'open' && standing !== 'forbidden')
    told.fact({ type: 'stands', sid, standing, cause: event.type, why });
  if (action !== 'discard') return;
  const couple = told.state.couples.get(sid)!;
  for (const effect of discardOf(told.state, couple, [...couple.sessions.keys()], settings)) told.effect(effect);
}

function isToDestroy(state: CallState, { sid, take }: { readonly sid: string; readonly take: string }): boolean {
  const session = state.couples.get(sid)?.sessions.get(take);
  return session !== undefined && !session.destroyed;
}

function session(
  told: Telling,
  { news, watched, isElsewhere = false }: Extract<CallMessage, { type: 'session' }>,
  settings: CallSettings,
): void {
  if (isElsewhere && !isKnown(told.state, news)) {
    beside(told, news, settings);
    return;
  }
  // Its DN has come to be ours meanwhile.
  if (told.state.beside.has(news.take)) told.fact({ type: 'beside', take: news.take, phase: 'ended' });
  const couple =
    coupleFor(told.state, news, watched) ??
    beginCouple(told, recordedDn(told.state, news, watched), undefined, 'other', '');
  const before = couple.sessions.get(news.take);
  const pause = pausedBy(couple);
  told.fact({ type: 'session', sid: couple.sid, news });
  if (!before) {
    recorded(told, couple.sid, news, settings);
    part(told, couple.sid, news, settings);
    askUnrecorded(told, settings);
  }
  const now = told.state.couples.get(couple.sid)!;
  if (now.standing === 'discarded' && before && before.news.phase !== news.phase)
    for (const effect of discardOf(told.state, now, [news.take], settings)) told.effect(effect);
  // Its recorder was not told before it came: nothing more of it is to be kept.
  if (!before && pause && !isObeyed(now, 'pause')) order(told, now, 'pause', pause, settings);
  if (before) remind(told, now, settings);
  const stale = stalePause(now);
  for (const effect of stale ? takeBack(now, stale, settings) : []) told.effect(effect);
  askAgain(told, now, settings);
  // Telephony knows whom it tells of; where nobody but the recording client tells of parties, each two of them are a couple.
  if (partyOf(told.state, couple)) return;
  for (const { dn, name } of pairsTold(news).slice(1)) {
    const known = [...told.state.couples.values()].find((one) => one.dn === dn && one.partyUuid === name);
    const further = known ?? beginCouple(told, dn, name, 'other', '');
    told.fact({ type: 'session', sid: further.sid, news });
  }
}

function isKnown({ couples }: CallState, { take, recordingId }: SessionNews): boolean {
  return [...couples.values()].some((one) => one.sessions.has(take) || one.recordingId === recordingId);
}

/** A recording of a party that other cores watch is theirs to show; who waited for it to be their own is asked for. */
function beside(told: Telling, { take, phase, paused, dialogs }: SessionNews, settings: CallSettings): void {
  const runs = phase === 'recording' && dialogs.some((dialog) => dialog.phase === 'answered');
  const now = runs ? (paused ? 'paused' : 'recording') : 'ended';
  if (now === (told.state.beside.get(take) ?? 'ended')) return;
  told.fact({ type: 'beside', take, phase: now });
  if (runs) askUnrecorded(told, settings);
}

/** A recording under another id than the one that would be asked for: somebody else wants it. */
function recorded(told: Telling, sid: string, news: SessionNews, settings: CallSettings): void {
  const couple = told.state.couples.get(sid)!;
  const party = partyOf(told.state, couple);
  const isOwn = party !== undefined && recordingOf(told.state, party) === news.recordingId;
  const isForbidden = standingOf(undefined, party?.judged?.decision) === 'forbidden' && couple.request.by === 'other';
  if (isForbidden)
    stand(told, couple, { type: 'begun-by-others' }, whyOf(party!.judged!.decision), settings, 'forbidden');
  else if (!isOwn || couple.standing === 'discarded')
    stand(told, couple, { type: 'begun-by-others' }, 'started by the telephony side or a third party', settings);
}

/**
 * A recording made on another party's side counts for a couple as long as it has none on its own: with this one it has, and what
 * runs besides is a recording of that other party.
 */
function part(told: Telling, sid: string, { recordDn }: SessionNews, settings: CallSettings): void {
  const couple = told.state.couples.get(sid)!;
  if (recordDn !== couple.dn) return;
  for (const one of recordedElsewhere([couple])) {
    const its = coupleNow(told.state, one.dn) ?? beginCouple(told, one.dn, undefined, 'other', '');
    move(told, one, its.sid, settings);
  }
}

/** A party's recording that counted for another one, before the party was known to be recorded; false when there is none. */
function takeOver(told: Telling, { sid, dn }: CoupleState, settings: CallSettings): boolean {
  const own = recordedElsewhere(told.state.couples.values()).filter((one) => one.dn === dn);
  for (const one of own) move(told, one, sid, settings);
  return told.state.couples.get(sid)!.sessions.size > 0;
}

function move(told: Telling, { couple, news }: Elsewhere, to: string, settings: CallSettings): void {
  if (couple.standing === 'discarded') return;
  told.fact({ type: 'moved', sid: couple.sid, take: news.take, to });
  recorded(told, to, news, settings);
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

/** Whoever hears it does it, whatever its duty: our twin has not been told. */
function command(
  told: Telling,
  { command: asked, sid, by }: Extract<CallMessage, { type: 'command' }>,
  nowMs: number,
  settings: CallSettings,
): void {
  const couple = told.state.couples.get(sid);
  if (!couple) return;
  if (asked === 'keep') {
    keep(told, couple, by, settings);
    told.effect({ type: 'tell-kept', sid, dn: couple.dn, by });
    return;
  }
  order(told, couple, asked, asked === 'pause' ? { by, orders: [nameOfPause(couple, nowMs)] } : { by }, settings);
}

function keep(told: Telling, couple: CoupleState, by: string, settings: CallSettings): void {
  stand(told, couple, { type: 'keep-asked' }, `asked for by ${by}`, settings);
}

/** Orders it at once, and once more when it is not so by then. */
function order(
  told: Telling,
  couple: CoupleState,
  command: RecorderOrder,
  { by, orders }: AskedPause,
  settings: CallSettings,
): void {
  const { sid } = couple;
  told.fact({ type: 'ordered', sid, command, by, ...(orders && { orders }) });
  for (const effect of ordersOf(told.state, couple, command, { by, ...(orders && { orders }) }, settings))
    told.effect(effect);
  told.effect(awaitEffect(couple, command, settings));
}
