// Which party of its call a couple records. Pure.

import type { CallState, CoupleState, PartyState } from './state.ts';

/** The party that a couple records, as it is or was; absent when no event has told of it. */
export function partyOf(state: CallState, couple: CoupleOfDn): PartyState | undefined {
  for (const party of state.parties.values()) if (isOf(couple, party)) return party;
  return undefined;
}

type CoupleOfDn = Pick<CoupleState, 'dn' | 'partyUuid' | 'sessions'>;

/** A couple that its media began, before any event named the party, is that of the first one that comes while its media lasts. */
export function isOf(couple: CoupleOfDn, { dn, partyUuid, times, startedMs }: PartyState): boolean {
  if (couple.dn !== dn) return false;
  return couple.partyUuid === partyUuid || (couple.partyUuid === '' && times === 1 && !wasOver(couple, startedMs));
}

/** How long after a recording has ended the first event of its party may still come. */
const eventLateMsMax = 10_000;

/** Whom it recorded has gone by then, and no event told of that one: who comes to the same DN is another party. */
function wasOver({ sessions }: CoupleOfDn, startedMs: number): boolean {
  const ends = [...sessions.values()].map(({ endHeardMs = Number.POSITIVE_INFINITY }) => endHeardMs);
  return ends.length > 0 && Math.max(...ends) + eventLateMsMax < startedMs;
}
