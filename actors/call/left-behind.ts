// Whose recording has ended with somebody else, on whose side of the call it was made: who left took it along. Pure.

import { type CallState, type CoupleState, partyAt, partyOf } from './state.ts';

/**
 * Its party talks on with another one than the one on whose side it was recorded, and it was not asked for since. What ended on the
 * party's own side, or while the other one is still there, somebody has stopped.
 */
export function isLeftBehind(state: CallState, couple: CoupleState): boolean {
  const { sessions, standing, asked = 0 } = couple;
  const party = partyOf(state, couple);
  if (party?.phase !== 'talking' && party?.phase !== 'held') return false;
  if (partyAt(state, couple.dn) !== party) return false;
  if (standing === 'discarded' || sessions.size <= asked) return false;
  const all = [...sessions.values()];
  if (all.some(({ news, lost }) => lost || news.phase === 'recording' || news.phase === 'lingering')) return false;
  const policy = party.judged?.decision.policy;
  if (policy !== 'record' && policy !== 'pre-record') return false;
  const { recordDn } = all.at(-1)!.news;
  if (recordDn === undefined || recordDn === couple.dn || recordDn === party.otherDn) return false;
  const recorded = partyAt(state, recordDn);
  return recorded === undefined || recorded.phase === 'gone';
}
