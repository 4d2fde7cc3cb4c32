// Asks for recordings: the first time, in vain, and again when they are lost. What is asked is performed by us or by our twin. Pure.

import { afterAsked, awaitRecording, isToBeAskedAgain, repeatFailed } from './asked-again.ts';
import { isOn, isRecordedBeside } from './awaited.ts';
import type { CallMessage, Refused } from './call.protocol.ts';
import { isUnasked } from './doubtful.ts';
import { partyOf } from './recorded-party.ts';
import { asActs } from './requests.ts';
import { whyOf } from './ruling.ts';
import type { CallSettings } from './settings.ts';
import type { CoupleState, PartyState } from './state.ts';
import type { Telling } from './telling.ts';

/** Asks for a recording; `why` when it was asked for before, in vain. */
export function ask(told: Telling, couple: CoupleState, party: PartyState, settings: CallSettings, why?: string): void {
  // Somebody else has had it started: there is nothing to ask for, its media is on the way.
  if (!isOn(told.state, couple, party)) request(told, couple, settings, why);
  told.effect({ type: 'await-media', sid: couple.sid, ms: settings.mediaMsMax });
}

export function request(
  told: Telling,
  couple: CoupleState,
  settings: CallSettings,
  why?: string,
  attempt?: number,
): void {
  const { sid } = couple;
  const { asking } = settings;
  told.fact({ type: 'asked', sid, asking, ...(why !== undefined && { why }), ...(attempt && { attempt }) });
  for (const effect of asActs(told.state, couple, 'start', settings)) told.effect(effect);
}

/** Asks for the recording of who stays, when it has ended with who left; and for what was lost with its recorders. */
export function askAgain(told: Telling, couple: CoupleState, settings: CallSettings): void {
  if (isToBeAskedAgain(told.state, couple, settings.restartsLost)) requestAgain(told, couple, 1, settings);
}

/** Telephony will have it recorded; whether a recorder takes it is to be seen. */
export function granted(told: Telling, message: Extract<CallMessage, { type: 'accepted' }>): void {
  if (!told.state.couples.has(message.sid)) return;
  told.fact(message);
  const couple = told.state.couples.get(message.sid)!;
  if (couple.attempt === 0) for (const effect of awaitRecording(couple)) told.effect(effect);
}

/** The attached data says that its recording has come to an end: where nobody has begun to make it, none could. */
export function turnedOff(told: Telling, couple: CoupleState): void {
  for (const effect of repeatFailed(told.state, couple)) told.effect(effect);
}

/** Telephony would not have it recorded, or did not answer. */
export function refused(told: Telling, message: Refused): void {
  if (!told.state.couples.has(message.sid)) return;
  told.fact(message);
  for (const effect of repeatFailed(told.state, told.state.couples.get(message.sid)!)) told.effect(effect);
}

/** As long as its party talks and nobody records it: recorders that refused, or were away, may take it later. */
export function recordingDue(
  told: Telling,
  { sid, attempt }: Extract<CallMessage, { type: 'recording-due' }>,
  settings: CallSettings,
): void {
  const couple = told.state.couples.get(sid);
  if (!couple) return;
  const outcome = afterAsked(told.state, couple, attempt);
  const party = partyOf(told.state, couple);
  if (outcome === 'settled' || !party) return;
  // Its recorder may yet tell of it.
  if (outcome === 'opening' || isOn(told.state, couple, party))
    for (const effect of awaitRecording(couple)) told.effect(effect);
  else requestAgain(told, couple, attempt + 1, settings);
}

function requestAgain(told: Telling, couple: CoupleState, attempt: number, settings: CallSettings): void {
  const { sid, dn } = couple;
  if (settings.duty(dn).phase === 'acts') told.effect({ type: 'tell-asked', sid, dn });
  // The refusal is no longer why it is as it is.
  const judged = couple.request.phase === 'refused' ? partyOf(told.state, couple)?.judged : undefined;
  request(told, couple, settings, judged && whyOf(judged.decision), attempt);
  for (const effect of awaitRecording(told.state.couples.get(sid)!)) told.effect(effect);
}

/** Who was not asked for, because somebody else was to have them recorded: it was another party. */
export function askUnrecorded(told: Telling, settings: CallSettings): void {
  for (const couple of told.state.couples.values()) {
    if (!isUnasked(couple) || couple.standing === 'discarded' || !isRecordedBeside(told.state, couple)) continue;
    const phase = partyOf(told.state, couple)?.phase;
    if (phase !== 'talking' && phase !== 'held') continue;
    request(told, couple, settings);
  }
}
