// Whether a call has anything to wait for. Pure.

import { type CallState, type CoupleState, type PartyState, partiesThere, partyOf } from './state.ts';

/** Nobody talks, no agent is at work on it, and no recorder has anything to add: what comes now was late, or will not come. */
export function isQuiet(state: CallState): boolean {
  const sessions = [...state.couples.values()].flatMap((couple) => [...couple.sessions.values()]);
  return (
    partiesThere(state).length === 0 &&
    ![...state.parties.values()].some(isWorking) &&
    sessions.every(({ news, lost }) => lost || news.phase === 'finished') &&
    ![...state.couples.values()].some((couple) => isAwaited(state, couple) || isBeingDestroyed(couple))
  );
}

/** Whether somebody may still ask for it, though its party has gone. */
export function isAwaited(state: CallState, couple: CoupleState): boolean {
  return couple.standing === 'pre-recording' && partyOf(state, couple)?.phase === 'gone';
}

function isBeingDestroyed({ standing, sessions }: CoupleState): boolean {
  return standing === 'discarded' && [...sessions.values()].some(({ lost, destroyed }) => !lost && !destroyed);
}

export function isWorking({ afterCallWork: work }: PartyState): boolean {
  return work !== undefined && work.toMs === undefined;
}
