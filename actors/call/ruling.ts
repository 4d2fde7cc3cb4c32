// What the rules are told of a party, and who else may want its recording kept. Pure.

import { recordingIdOf } from '#src/ids';
import type { RuleCall, RuleDecision, Standing } from '#src/rules';
import { type CallState, type CoupleState, isOf, type PartyState } from './state.ts';

/** A party as rules see it: under the name its recording has, or would have. */
export function ruleCallOf({ tenant, callUuid, switch: switchName }: CallState, party: PartyState): RuleCall {
  const { dn, partyUuid, callType, otherDn, told, agentId, userData, establishedMs, startedMs } = party;
  const known = (...numbers: readonly (string | undefined)[]) => [
    ...new Set(numbers.filter((one) => one !== undefined)),
  ];
  const hasCalled = (party.role ?? (callType === 'outbound' ? 'origin' : 'destination')) === 'origin';
  return {
    dn,
    calling: hasCalled ? known(dn, told['ani']) : known(told['ani'], otherDn),
    called: hasCalled ? known(told['dnis'], otherDn) : known(told['dnis'], dn),
    recordingId: recordingIdOf({ tenant, callUuid, dn, partyUuid }, switchName),
    direction: callType,
    ...(agentId !== undefined && { agentId }),
    data: userData,
    atMs: establishedMs ?? startedMs,
  };
}

/** Where the recording of a party stands: by its couple, else by what the rules said last. */
export function standingOf(couple: CoupleState | undefined, judged: RuleDecision | undefined): Standing {
  return couple?.standing ?? (judged?.policy === 'do-not-record' ? 'forbidden' : 'open');
}

/** The couple of a party; one that has gone and come back is another party. */
export function coupleOfParty(state: CallState, party: PartyState): CoupleState | undefined {
  return [...state.couples.values()].find((couple) => isOf(couple, party));
}

export function whyOf({ rule, policy }: RuleDecision): string {
  return rule === undefined ? 'no rule is about it' : `${policy}: ${rule}`;
}

/** Attached data with the key `record` asks to keep what is pre-recorded, unless it says no. */
export function asksToKeep({ userData: { record } }: Pick<PartyState, 'userData'>): boolean {
  return record !== undefined && !/^(|0|no|off|false|disable.*)$/i.test(record.trim());
}
