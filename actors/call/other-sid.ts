// The other sid of a couple. Media may begin it here before any event has named its party, and at our twin after that: the name of the
// party is part of the sid. Pure.

import { coupleId } from '#src/ids';
import { partyOf } from './recorded-party.ts';
import type { CallState, CoupleState } from './state.ts';

/** The sid that the event gives a couple of this core; undefined when it has that one, or no event has named its party yet. */
export function sidByEvent(state: CallState, couple: CoupleState): string | undefined {
  if (couple.partyUuid !== '') return undefined;
  const name = partyOf(state, couple)?.partyUuid ?? '';
  return name === '' ? undefined : sidOf(state, couple, name);
}

/** The sid under which our twin may know it. */
export function otherSid(state: CallState, couple: CoupleState): string | undefined {
  if (couple.partyUuid === '') return sidByEvent(state, couple);
  // Media that comes before any event is taken to be of the first one.
  return partyOf(state, couple)?.times === 1 ? sidOf(state, couple, '') : undefined;
}

function sidOf({ tenant, callUuid }: CallState, { dn }: CoupleState, partyUuid: string): string {
  return coupleId({ tenant, callUuid, dn, partyUuid });
}
