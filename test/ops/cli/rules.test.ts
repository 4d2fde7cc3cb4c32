import { describe, expect, it } from 'vitest';
import type { Trial } from '#cluster/core';
import { explainText, trialText, whyText } from '#ops/cli';
import { parseRules, RuleBook, type RuleCall } from '#src/rules';

const rules = `
admin:
  rules: [{name: no cards, policy: do-not-record, data: {Card: '*'}}]
  groups: [{name: Sales, numbers: 25??, rules: [{name: all, policy: record, screen: true}]}]`;
const book = new RuleBook(parseRules(rules, 'rules.yaml'));
const call: RuleCall = {
  dn: '2525',
  calling: ['2005'],
  called: ['2525'],
  recordingId: 'r1',
  direction: 'internal',
  data: {},
  atMs: 1_000,
};
const watched = { isWatched: true, why: 'no range leaves it out' };

describe('the command line on rules', () => {
  it('R-RUL-4: explains a call that is typed in by groups and rules, and by the DN that is not watched', () => {
    expect(explainText(call, watched, book.explain(call)).split('\n')).toEqual([
      'call     from 2005 to 2525, internal, as DN 2525',
      'watched  yes: no range leaves it out',
      '',
      '     group or rule        why',
      'in   Admin                sees every call',
      'no   Admin / no cards     no Card is attached',
      'in   Admin / Sales        sees this call',
      'YES  Admin / Sales / all  record',
      '',
      'so       it is recorded, with its screen: Admin / Sales / all',
    ]);
    const out = { isWatched: false, why: 'it is in 2525 (excludeDns)' };
    expect(explainText(call, out, book.explain(call))).toContain('so       it is not recorded, whoever asks');
  });

  it('R-RUL-4: says why a call was recorded, and then was not kept', () => {
    const named = { tenant: 'acme', switch: 'sw', callUuid: 'CALL1' };
    const judged = (about: RuleCall, atMs: number) =>
      ({ type: 'judged', atMs, partyUuid: 'P1', call: about, decision: book.decide(about) }) as const;
    const couple = { sid: 's1', dn: '2525', partyUuid: 'P1', recordingId: 'r1' };
    const why = 'record: Admin / Sales / all';
    const text = whyText({
      call: named,
      facts: [
        { type: 'began', atMs: 0, ...named },
        judged(call, 1_000),
        { type: 'couple-began', atMs: 1_000, ...couple, by: 'rule', why },
        { type: 'refused', atMs: 2_000, sid: 's1', code: 'cti-refused', detail: 'error 59' },
        judged({ ...call, data: { Card: '4111' } }, 3_000),
        {
          type: 'stands',
          atMs: 3_000,
          sid: 's1',
          standing: 'discarded',
          cause: 'judged',
          why: 'do-not-record: Admin / no cards',
        },
      ],
    });
    expect(text.split('\n')).toEqual([
      'call    CALL1',
      'tenant  acme, switch sw',
      '',
      'DN 2525',
      '  1970-01-01T00:00:01Z  the rules say record: Admin / Sales / all',
      '  1970-01-01T00:00:01Z    of a call from 2005 to 2525, internal',
      '  1970-01-01T00:00:01Z  recording r1 begins: record: Admin / Sales / all',
      '  1970-01-01T00:00:02Z  the telephony server has refused: cti-refused: error 59',
      '  1970-01-01T00:00:03Z  the rules say do-not-record: Admin / no cards',
      '  1970-01-01T00:00:03Z    of a call from 2005 to 2525, internal, with Card=4111',
      '  1970-01-01T00:00:03Z  it is now discarded: do-not-record: Admin / no cards',
    ]);
  });

  it('R-RUL-4: says why a call was not recorded', () => {
    const named = { tenant: 'acme', switch: '', callUuid: 'CALL1' };
    const about = { ...call, called: ['3000'] };
    const judged = { type: 'judged', atMs: 1_000, partyUuid: '', call: about, decision: book.decide(about) } as const;
    expect(whyText({ call: named, facts: [judged] })).toContain(
      'not recorded: no rule is about it, and nobody else had it recorded',
    );
    expect(whyText({ call: named, facts: [] })).toContain('no party of it talked at a DN that is watched');
  });

  it('R-OPS-6: says how many calls rules would change, the most first', () => {
    const one = {
      tenant: 'acme',
      switch: 'sw',
      callUuid: 'C',
      atMs: 1_000,
      dn: '1',
      wasBy: 'Admin / a',
      wouldBeBy: 'no rule',
    };
    const changed: Trial['changed'] = [
      { ...one, was: 'not recorded', wouldBe: 'recorded' },
      ...Array.from({ length: 212 }, () => ({ ...one, was: 'recorded', wouldBe: 'not recorded' }) as const),
    ];
    const lines = trialText({ calls: 12_430, changed }, 0, 1).split('\n');
    expect(lines.slice(0, 2)).toEqual([
      '212 of 12,430 calls that are remembered would no longer be recorded',
      '1 of 12,430 calls that are remembered would be recorded',
    ]);
    expect(lines.at(-1)).toBe('and 212 more (--list)');
    expect(trialText({ calls: 3, changed: [] }, 1_000, 1)).toBe(
      'nothing would change: 3 calls since 1970-01-01T00:00:01Z',
    );
  });
});
