// Whose recording is asked for once more: who was left behind by the one on whose side it was made, and whose recorders are gone. Pure.

import { type CallState, type CoupleState, type PartyState, partyAt, partyOf, type SessionState } from './state.ts';

/** Its party is still there, nobody has had the recording ended for good, and it was not asked for since its last session. */
export function isToBeAskedAgain(state: CallState, couple: CoupleState, restartsLost: boolean): boolean {
  const { sessions, standing, asked = 0 } = couple;
  const party = partyOf(state, couple);
  if (party?.phase !== 'talking' && party?.phase !== 'held') return false;
  if (partyAt(state, couple.dn) !== party) return false;
  if (standing === 'discarded' || sessions.size <= asked) return false;
  return (restartsLost && isBereft(couple)) || isLeftBehind(state, couple, party);
}

/** Every recorder that had it is gone. */
function isBereft({ sessions, asked = 0 }: CoupleState): boolean {
  const all = [...sessions.values()];
  // One of two recorders is enough: with duplication each has all of it.
  return all.slice(asked).every(isTakenAway) && !all.some(records);
}

function records({ news, lost }: SessionState): boolean {
  return !lost && news.phase === 'recording';
}

/** It recorded when its recorder went, or ended when what received for it did, or what was known of its answer. */
function isTakenAway({ news, lost }: SessionState): boolean {
  if (news.phase === 'recording') return lost;
  const { endReason } = news.dialogs.at(-1) ?? {};
  return endReason === 'capture-lost' || endReason === 'answer-unknown';
}

/**
 * It talks on with another one than the one on whose side it was recorded, who took the recording along. What ended on the party's own
 * side, or while the other one is still there, somebody has stopped.
 */
function isLeftBehind(state: CallState, couple: CoupleState, party: PartyState): boolean {
  const all = [...couple.sessions.values()];
  if (all.some(({ news, lost }) => lost || news.phase === 'recording' || news.phase === 'lingering')) return false;
  const policy = party.judged?.decision.policy;
  if (policy !== 'record' && policy !== 'pre-record') return false;
  const { recordDn } = all.at(-1)!.news;
  if (recordDn === undefined || recordDn === couple.dn || recordDn === party.otherDn) return false;
  const recorded = partyAt(state, recordDn);
  return recorded === undefined || recorded.phase === 'gone';
}
