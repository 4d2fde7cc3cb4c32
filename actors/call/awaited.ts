// Whether what our twin or a recorder was to do shows, and what we do when it does not. Pure.

import type { AwaitedEffect } from './call.protocol.ts';
import { isObeyed, runningSessions } from './orders.ts';
import { awaitEffect, isOurs, ordersOf, startOf } from './requests.ts';
import type { CallSettings } from './settings.ts';
import { type CallState, type CoupleState, type PartyState, partyAt } from './state.ts';
import type { Telling } from './telling.ts';

/** Nothing is seen of what our twin, or a recorder, was to do: whoever sees that does it. What is done twice does no harm. */
export function effectDue(
  told: Telling,
  { sid, of, after }: AwaitedEffect,
  nowMs: number,
  settings: CallSettings,
): void {
  const couple = told.state.couples.get(sid);
  if (!couple) return;
  if (of === 'start') {
    const party = partyAt(told.state, couple.dn);
    const isSeen = couple.sessions.size > after || runningSessions(couple).length > 0;
    if (
      isSeen ||
      couple.asked !== after ||
      couple.standing === 'discarded' ||
      !party ||
      isOn(told.state, couple, party)
    )
      return;
    const restMs = patienceMs(couple, nowMs, settings);
    if (restMs > 0) {
      told.effect(awaitEffect(couple, of, { twinWaitMs: restMs }));
      return;
    }
    const effects = startOf(told.state, couple, settings);
    if (effects.length === 0) return;
    if (!isOurs(couple, settings)) told.fact({ type: 'stood-in', sid });
    for (const effect of effects) told.effect(effect);
    return;
  }
  const ordered = couple.ordered?.command === of ? couple.ordered : undefined;
  const isToStop = of === 'stop' && couple.standing === 'discarded' && !isObeyed(couple, of);
  if (ordered || isToStop)
    for (const effect of ordersOf(told.state, couple, of, ordered ?? { by: 'rules' }, settings)) told.effect(effect);
}

/** How much longer we wait for what our twin has told that it asks for again: with many at once, recorders are late to tell of them. */
function patienceMs({ twinAskedMs = 0 }: CoupleState, nowMs: number, { twinWaitMs }: CallSettings): number {
  const ageMs = nowMs - twinAskedMs;
  const patienceMsMax = 4 * twinWaitMs;
  // A clock that was set back tells nothing of how long ago it was.
  return ageMs < 0 ? 0 : Math.max(0, patienceMsMax - ageMs);
}

/** A recorder that was out of reach when it was ordered tells of it when it is back. */
export function remind(told: Telling, couple: CoupleState, settings: CallSettings): void {
  const { ordered } = couple;
  if (ordered && !isObeyed(couple, ordered.command)) told.effect(awaitEffect(couple, ordered.command, settings));
}

/**
 * The attached data says that it is recorded. A consult call inherits the data of the call it is about: there it says only that that
 * one is recorded. In a conference it may mean another party, and what was asked for before may have been lost since.
 */
export function isOn(state: CallState, couple: CoupleState, { userData, callType }: PartyState): boolean {
  if (userData['GSIP_RECORD'] !== 'ON' || callType === 'consult' || couple.sessions.size > 0) return false;
  return !isRecordedBeside(state, couple);
}

/** Another party of the call is being recorded, or may be: of a recorder that cannot be heard nobody knows. */
export function isRecordedBeside({ couples, beside }: CallState, { sid }: CoupleState): boolean {
  if (beside.size > 0) return true;
  const isRunning = ({ sessions }: CoupleState) =>
    [...sessions.values()].some(({ news }) => news.phase === 'recording');
  return [...couples.values()].some((one) => one.sid !== sid && isRunning(one));
}
