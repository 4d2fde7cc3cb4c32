// Whose recording is gone, with every recorder that had it, while it is talked on: it is asked for once more. Pure.

import { type CallState, type CoupleState, partyAt, partyOf, type SessionState } from './state.ts';

/** Its party talks, nothing records it any more, nobody has had it ended, and it was not asked for since. */
export function isBereft(state: CallState, couple: CoupleState): boolean {
  const { sessions, standing, asked = 0 } = couple;
  const party = partyOf(state, couple);
  if (party?.phase !== 'talking' && party?.phase !== 'held') return false;
  if (partyAt(state, couple.dn) !== party) return false;
  if (standing === 'discarded' || sessions.size <= asked) return false;
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
