// Of what a call cannot be certain, because events that tell it may have been lost. Pure.

import { coupleOfParty } from './ruling.ts';
import { type CallState, type CoupleState, partiesThere, partyAt } from './state.ts';

/**
 * DNs of which it is not certain that the last event is all that happened: one that rings may have been answered, one that nothing
 * is recorded of may have gone, and of media without a party no event has told at all. Asked every `enquireMs`; of one that nobody
 * wants recorded, there only is a call that is to be forgotten one day: of those, whenever the call has become twice as old.
 */
export function doubtfulDns(state: CallState, nowMs: number, enquireMs: number): readonly string[] {
  const isTwiceAsOld = hasDoubled(nowMs - state.startedMs, enquireMs);
  const parties = partiesThere(state).filter((one) => {
    const couple = coupleOfParty(state, one);
    if (one.phase === 'alerting') return true;
    return couple === undefined ? isTwiceAsOld : !isBeingRecorded(couple);
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
  return request.phase === 'refused' && failure?.code !== 'cti-refused' && sessions.size === 0;
}

/** It was not asked for, since the attached data told of a recording that somebody else had started; nothing has come of that. */
export function isUnasked({ request, sessions }: CoupleState): boolean {
  return request.by === 'rule' && request.phase === 'none' && sessions.size === 0;
}

/** Whether an age has come to another power of two, counted in `stepMs`, in the last step. */
function hasDoubled(ageMs: number, stepMs: number): boolean {
  const doublings = (ms: number) => Math.floor(Math.log2(Math.max(ms, 1) / stepMs));
  return ageMs >= stepMs && doublings(ageMs) > doublings(ageMs - stepMs);
}

function isBeingRecorded({ sessions }: CoupleState): boolean {
  return [...sessions.values()].some(({ news, lost }) => !lost && news.endedMs === undefined);
}
