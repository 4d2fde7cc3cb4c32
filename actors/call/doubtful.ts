// Of what a call cannot be certain, because events that tell it may have been lost. Pure.

import { coupleOfParty } from './ruling.ts';
import { type CallState, type CoupleState, partiesThere, partyAt } from './state.ts';

/**
 * DNs of which it is not certain that the last event is all that happened: one that rings may have been answered, one that nothing
 * is recorded of may have gone, and of media without a party no event has told at all.
 */
export function doubtfulDns(state: CallState): readonly string[] {
  const parties = partiesThere(state).filter((one) => {
    const couple = coupleOfParty(state, one);
    return one.phase === 'alerting' || (couple !== undefined && !isBeingRecorded(couple));
  });
  const unexplained = [...state.couples.values()].filter(
    (couple) =>
      isBeingRecorded(couple) &&
      !partyAt(state, couple.dn) &&
      [...couple.sessions.values()].some(({ news }) => news.callUuid === state.callUuid),
  );
  return [...new Set([...parties, ...unexplained].map(({ dn }) => dn))];
}

/** Its recording was asked for while the telephony server was out of reach: now that it tells of the party, it is asked again. */
export function isUnheard({ request, failure, sessions }: CoupleState): boolean {
  return request.phase === 'refused' && failure !== 'cti-refused' && sessions.size === 0;
}

function isBeingRecorded({ sessions }: CoupleState): boolean {
  return [...sessions.values()].some(({ news, lost }) => !lost && news.endedMs === undefined);
}
