// What other rules would have decided about calls that were. Pure.

import { type CallName, historiesOf, type Outcome, outcomeOf, type PartyHistory } from '#actors/call';
import { RuleBook, type RulesFile, rulesOfTenant, type Standing } from '#src/rules';
import type { LedgerEntry } from './call-ledger.io.ts';

export type Kept = 'recorded' | 'pre-recorded' | 'not recorded';

/** A call of which something else would have become. */
export interface ChangedCall extends CallName {
  readonly atMs: number;
  readonly dn: string;
  readonly was: Kept;
  readonly wouldBe: Kept;
  readonly wasBy: string;
  readonly wouldBeBy: string;
}

export interface Trial {
  /** Calls of which the rules were asked about a party. */
  readonly calls: number;
  readonly changed: readonly ChangedCall[];
}

/** Tries rules on all calls of a ledger. A call is recorded when one of its parties is. */
export async function tryRules(file: RulesFile, entries: AsyncIterable<LedgerEntry>): Promise<Trial> {
  const calls = new Map<string, { readonly call: CallName; readonly facts: LedgerEntry['fact'][] }>();
  for await (const { call, fact } of entries) {
    const key = JSON.stringify([call.tenant, call.callUuid]);
    const known = calls.get(key) ?? { call, facts: [] };
    known.facts.push(fact);
    calls.set(key, known);
  }
  const books = new Map<string, RuleBook>();
  const bookOf = (tenant: string) => {
    const book = books.get(tenant) ?? new RuleBook(rulesOfTenant(file, tenant));
    books.set(tenant, book);
    return book;
  };
  const all = [...calls.values()].map(({ call, facts }) => ({ call, parties: historiesOf(facts).filter(isJudged) }));
  const asked = all.filter(({ parties }) => parties.length > 0);
  const changed = asked.flatMap(({ call, parties }) => changeOf(call, parties, bookOf(call.tenant)) ?? []);
  return { calls: asked.length, changed };
}

function isJudged({ steps }: PartyHistory): boolean {
  return steps.some(({ type }) => type === 'judged');
}

function changeOf(call: CallName, parties: readonly PartyHistory[], book: RuleBook): ChangedCall | undefined {
  const was = strongest(parties, (party) => outcomeOf(party, ({ decision }) => decision));
  const wouldBe = strongest(parties, (party) => outcomeOf(party, (step) => book.decide(step.call)));
  const [before, after] = [keptOf(was.outcome.standing), keptOf(wouldBe.outcome.standing)];
  if (before === after) return undefined;
  const about = before === 'not recorded' ? wouldBe : was;
  const { dn, steps } = about.party;
  const counterpart = (decide: Parameters<typeof outcomeOf>[1]) => outcomeOf(about.party, decide).rule ?? 'no rule';
  return {
    ...call,
    atMs: steps[0]!.atMs,
    dn,
    was: before,
    wouldBe: after,
    wasBy: counterpart(({ decision }) => decision),
    wouldBeBy: counterpart((step) => book.decide(step.call)),
  };
}

const order: readonly Kept[] = ['recorded', 'pre-recorded', 'not recorded'];

function strongest(parties: readonly PartyHistory[], outcomeFor: (party: PartyHistory) => Outcome) {
  return parties
    .map((party) => ({ party, outcome: outcomeFor(party) }))
    .sort(
      (one, other) => order.indexOf(keptOf(one.outcome.standing)) - order.indexOf(keptOf(other.outcome.standing)),
    )[0]!;
}

function keptOf(standing: Standing): Kept {
  if (standing === 'recording') return 'recorded';
  return standing === 'pre-recording' ? 'pre-recorded' : 'not recorded';
}
