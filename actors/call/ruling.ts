// What the rules are told of a party, and who else may want its recording kept. Pure.

import { recordingIdOf } from '#src/ids';
import type { RuleCall, RuleDecision, Standing } from '#src/rules';
import { isOf } from './recorded-party.ts';
import type { CallState, CoupleState, PartyState } from './state.ts';

/** A party as rules see it. `ours`: keys of attached data that we attach ourselves, of which no rule is told. */
export function ruleCallOf(state: CallState, party: PartyState, ours: readonly string[] = []): RuleCall {
  const { dn, callType, otherDn, told, agentId, userData, establishedMs, startedMs } = party;
  const known = (...numbers: readonly (string | undefined)[]) => [
    ...new Set(numbers.filter((one) => one !== undefined)),
  ];
  const hasCalled = (party.role ?? (callType === 'outbound' ? 'origin' : 'destination')) === 'origin';
  return {
    dn,
    calling: hasCalled ? known(dn, told['ani']) : known(told['ani'], otherDn),
    called: hasCalled ? known(told['dnis'], otherDn) : known(told['dnis'], dn),
    // A party keeps its name: it is computed once.
    recordingId: party.judged?.call.recordingId ?? recordingOf(state, party),
    direction: callType,
    ...(agentId !== undefined && { agentId }),
    data: ours.some((key) => key in userData) ? without(userData, ours) : userData,
    atMs: establishedMs ?? startedMs,
  };
}

/** Whether what the rules were told of a party before is what they would be told now. */
export function isAlikeForRules(before: PartyState, now: PartyState): boolean {
  return (
    now.judged !== undefined &&
    before.judged === now.judged &&
    before.userData === now.userData &&
    before.told === now.told &&
    before.otherDn === now.otherDn &&
    before.agentId === now.agentId &&
    before.callType === now.callType &&
    before.role === now.role &&
    before.establishedMs === now.establishedMs
  );
}

/** The name under which the recording of a party is asked for, or would be. */
export function recordingOf(
  { tenant, callUuid, switch: switchName }: CallState,
  { dn, partyUuid }: Pick<PartyState, 'dn' | 'partyUuid'>,
): string {
  return recordingIdOf({ tenant, callUuid, dn, partyUuid }, switchName);
}

function without(data: Readonly<Record<string, string>>, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}

/** Where the recording of a party stands: by its couple, else by what the rules said last. */
export function standingOf(couple: CoupleState | undefined, judged: RuleDecision | undefined): Standing {
  return couple?.standing ?? (judged?.policy === 'do-not-record' ? 'forbidden' : 'open');
}

/** The couple of a party; one that has gone and come back is another party. */
export function coupleOfParty(state: CallState, party: PartyState): CoupleState | undefined {
  for (const couple of state.couples.values()) if (isOf(couple, party)) return couple;
  return undefined;
}

export function whyOf({ rule, policy }: RuleDecision): string {
  return rule === undefined ? 'no rule is about it' : `${policy}: ${rule}`;
}

/** Attached data with the key `record` asks to keep what is pre-recorded, unless it says no. */
export function asksToKeep({ userData: { record } }: Pick<PartyState, 'userData'>): boolean {
  return record !== undefined && !/^(|0|no|off|false|disable.*)$/i.test(record.trim());
}
