// What was decided about the parties of a call, out of its facts, and what other rules would have made of it. Pure.

import { nextStanding, type RuleCall, type RuleDecision, type Standing } from '#src/rules';
import type { CallFact } from './call.protocol.ts';

/** What came to bear on the recording of one party, in its order. */
export interface PartyHistory {
  readonly dn: string;
  readonly partyUuid: string;
  readonly steps: readonly PartyStep[];
}

export type PartyStep =
  | { readonly type: 'judged'; readonly atMs: number; readonly call: RuleCall; readonly decision: RuleDecision }
  | { readonly type: 'begun-by-others' | 'keep-asked'; readonly atMs: number };

/** Where a party's recording stands in the end, and the rule that brought it there. */
export interface Outcome {
  readonly standing: Standing;
  readonly rule?: string;
}

/** The parties of one call that the rules were asked about. */
export function historiesOf(facts: readonly CallFact[]): PartyHistory[] {
  const parties = new Map<string, { dn: string; partyUuid: string; steps: PartyStep[] }>();
  const partyOf = (dn: string, partyUuid: string) => {
    const key = `${dn} ${partyUuid}`;
    const known = parties.get(key) ?? { dn, partyUuid, steps: [] };
    parties.set(key, known);
    return known.steps;
  };
  const couples = new Map<string, PartyStep[]>();
  for (const fact of facts) {
    const { atMs } = fact;
    switch (fact.type) {
      case 'judged':
        partyOf(fact.call.dn, fact.partyUuid).push({ type: 'judged', atMs, call: fact.call, decision: fact.decision });
        break;
      case 'couple-began': {
        const steps = partyOf(fact.dn, fact.partyUuid);
        couples.set(fact.sid, steps);
        if (fact.by === 'other') steps.push({ type: 'begun-by-others', atMs });
        break;
      }
      case 'stands':
        if (fact.cause === 'keep-asked' || fact.cause === 'begun-by-others')
          couples.get(fact.sid)?.push({ type: fact.cause, atMs });
        break;
    }
  }
  return [...parties.values()];
}

/** What becomes of the party when `decide` is asked each time. That nobody asked for what was pre-recorded is left out: who knows. */
export function outcomeOf(
  { steps }: PartyHistory,
  decide: (step: PartyStep & { type: 'judged' }) => RuleDecision,
): Outcome {
  let outcome: Outcome = { standing: 'open' };
  let last: RuleDecision | undefined;
  for (const step of steps) {
    const decision = step.type === 'judged' ? decide(step) : undefined;
    last = decision ?? last;
    const event = decision
      ? ({ type: 'judged', policy: decision.policy } as const)
      : { type: step.type as 'keep-asked' };
    const { standing } = nextStanding(outcome.standing, event);
    if (standing === outcome.standing) continue;
    // What others begin and a rule forbids was ended by that rule.
    const by = decision ?? (standing === 'discarded' ? last : undefined);
    outcome = { standing, ...(by?.rule !== undefined && { rule: by.rule }) };
  }
  return outcome;
}
