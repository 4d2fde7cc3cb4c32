// Whether a call has anything to wait for. Pure.

import type { SessionNews } from '#src/recording';
import { partyOf } from './recorded-party.ts';
import type { CallSettings } from './settings.ts';
import { type CallState, type CoupleState, type PartyState, receivedNothing } from './state.ts';

/** Nobody talks, no agent is at work on it, and no recorder has anything to add: what comes now was late, or will not come. */
export function isQuiet(state: CallState): boolean {
  for (const party of state.parties.values()) if (party.phase !== 'gone' || isWorking(party)) return false;
  for (const couple of state.couples.values()) {
    if (isAwaited(state, couple) || isBeingDestroyed(couple)) return false;
    for (const { news, lost } of couple.sessions.values()) if (!lost && news.phase !== 'finished') return false;
  }
  return true;
}

/** How long a call that is quiet is kept for the last word of its recorders. */
export function lingerMsOf({ couples }: CallState, { lingerMs, lostLingerMs }: CallSettings): number {
  const isMissing = [...couples.values()].some(({ sessions }) =>
    [...sessions.values()].some(({ news, lost }) => lost && news.phase !== 'finished' && !isEmpty(news)),
  );
  return isMissing ? lostLingerMs : lingerMs;
}

/** It ended with nothing received, as one that was stopped before it was answered: its recorder forgets it, and there is nothing to finish. */
function isEmpty(news: SessionNews): boolean {
  return news.phase === 'finishing' && receivedNothing(news);
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
