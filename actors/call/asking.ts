// Asks for recordings: the first time, in vain, and again when they are lost. What is asked is performed by us or by our twin. Pure.

import { afterAskedAgain, awaitRecording, isToBeAskedAgain } from './asked-again.ts';
import { isOn, isRecordedBeside } from './awaited.ts';
import type { CallMessage } from './call.protocol.ts';
import { isUnasked } from './doubtful.ts';
import { asActs } from './requests.ts';
import type { CallSettings } from './settings.ts';
import { type CoupleState, type PartyState, partyOf } from './state.ts';
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

/** As long as its party talks and nobody records it: recorders that refused, or were away, may take it later. */
export function recordingDue(
  told: Telling,
  { sid, attempt }: Extract<CallMessage, { type: 'recording-due' }>,
  settings: CallSettings,
): void {
  const couple = told.state.couples.get(sid);
  if (!couple) return;
  const outcome = afterAskedAgain(told.state, couple, attempt);
  if (outcome === 'missing') requestAgain(told, couple, attempt + 1, settings);
  else if (outcome === 'opening') for (const effect of awaitRecording(couple)) told.effect(effect);
}

function requestAgain(told: Telling, couple: CoupleState, attempt: number, settings: CallSettings): void {
  request(told, couple, settings, undefined, attempt);
  for (const effect of awaitRecording(told.state.couples.get(couple.sid)!)) told.effect(effect);
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
