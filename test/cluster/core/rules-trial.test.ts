import { describe, expect, it } from 'vitest';
import type { CallFact } from '#actors/call';
import { type LedgerEntry, type Trial, tryRules } from '#cluster/core';
import { parseRules, RuleBook, type RuleCall } from '#src/rules';

const before = 'admin: {rules: [{name: gold, policy: record, data: {Segment: gold}}]}';

function judged(call: RuleCall): CallFact {
  const decision = new RuleBook(parseRules(before, 'before.yaml')).decide(call);
  return { type: 'judged', atMs: call.atMs, partyUuid: 'P1', call, decision };
}

/** Calls at DN 3556, by the segments that were attached one after the other. */
async function* callsOf(
  segments: readonly (readonly string[])[],
  more: readonly CallFact[] = [],
): AsyncGenerator<LedgerEntry> {
  for (const [index, list] of segments.entries()) {
    const call = { tenant: 'acme', switch: 'sw', callUuid: `CALL${index}` };
    yield { call, fact: { type: 'began', atMs: 1_000, ...call } };
    const numbers = { calling: ['0412'], called: ['3556'], direction: 'inbound', recordingId: `r${index}` } as const;
    for (const Segment of list)
      yield { call, fact: judged({ dn: '3556', ...numbers, data: { Segment }, atMs: 1_000 }) };
    for (const fact of more) yield { call, fact };
  }
}

const trial = (rules: string, ...args: Parameters<typeof callsOf>): Promise<Trial> =>
  tryRules(parseRules(rules, 'new.yaml'), callsOf(...args));

describe('rules tried on calls that were', () => {
  it('R-OPS-6, R-RUL-4: name the calls of which something else would have become, and both rules', async () => {
    const { calls, changed } = await trial(
      'admin: {rules: [{name: none, policy: do-not-record, data: {Segment: gold}}, {name: rest, policy: pre-record}]}',
      [['gold'], ['silver'], ['silver', 'gold']],
    );
    expect(calls).toBe(3);
    expect(
      changed.map(({ callUuid, was, wasBy, wouldBe, wouldBeBy }) => [callUuid, was, wasBy, wouldBe, wouldBeBy]),
    ).toEqual([
      ['CALL0', 'recorded', 'Admin / gold', 'not recorded', 'Admin / none'],
      ['CALL1', 'not recorded', 'no rule', 'pre-recorded', 'Admin / rest'],
      ['CALL2', 'recorded', 'Admin / gold', 'not recorded', 'Admin / none'],
    ]);
  });

  it('R-OPS-6: find nothing to change when they are the same, or no call was heard of', async () => {
    expect(await trial(before, [['gold'], ['silver']])).toEqual({ calls: 2, changed: [] });
    expect(await trial(before, [])).toEqual({ calls: 0, changed: [] });
  });

  it('R-OPS-6, R-RUL-5: what others began is recorded without a rule, and not where one forbids it', async () => {
    const couple = { type: 'couple-began', sid: 's', dn: '3556', partyUuid: 'P1', recordingId: 'x' } as const;
    const others: CallFact = { ...couple, atMs: 2_000, by: 'other', why: '' };
    expect((await trial('', [['silver']], [others])).changed).toEqual([]);
    const forbidden = 'admin: {rules: [{name: none, policy: do-not-record}]}';
    expect((await trial(forbidden, [['silver']], [others])).changed).toMatchObject([
      { was: 'recorded', wouldBe: 'not recorded', wouldBeBy: 'Admin / none' },
    ]);
  });

  it('R-OPS-6: ask the rules of the tenant', async () => {
    const other = 'tenants: {other: {admin: {rules: [{name: all, policy: record}]}}}';
    expect((await trial(other, [['silver']])).changed).toEqual([]);
    expect((await trial(other.replace('other:', 'acme:'), [['silver']])).changed).toMatchObject([
      { wouldBe: 'recorded' },
    ]);
  });
});
