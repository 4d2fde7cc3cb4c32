import { describe, expect, it } from 'vitest';
import { type Evidence, type ExpectedCouple, judge, type Scenario } from '#ops/lab/scenarios';
import type { Couple } from '#src/recording';

const expected: ExpectedCouple = { dn: '7001', otherDn: '5550101', callType: 'inbound', agentId: 'smith' };
const scenario = (...couples: ExpectedCouple[]): Scenario => ({ name: 'test', about: '', steps: [], couples });
const heard = new Map([['sid', [{ left: ['7001'], right: ['5550101'] }]]]);

function couple(changes: Partial<Couple> = {}): Couple {
  return {
    sid: 'sid',
    tenant: 'acme',
    callUuid: 'CALL1',
    connIds: [],
    recordingId: 'rec',
    dn: '7001',
    otherDn: '5550101',
    callType: 'inbound',
    agentId: 'smith',
    phase: 'ended',
    startedMs: 0,
    holds: [],
    request: { by: 'rule', phase: 'accepted', why: 'every DN' },
    standing: 'recording',
    problem: 'NO_PROBLEM',
    takes: [{ take: 'take', node: 'node-1', phase: 'finished', streams: [], pauses: [] }],
    externalData: { GEN_TEV_ThisDN: '7001', GEN_TEV_OtherDN: '5550101', GEN_TEV_CallType: 'Inbound' },
    ...changes,
  };
}

/** What is wrong, as `about, but: seen`. */
function wrong(couples: readonly Couple[], one = scenario(expected), voices: Evidence['heard'] = heard): string[] {
  return judge(one, couples, { heard: voices }).flatMap(({ ok, about, seen }) =>
    ok ? [] : [`${about}, but: ${seen}`],
  );
}

describe('the judgement of a scenario', () => {
  it('R-LAB-1: is good about what is as it must be', () => {
    expect(wrong([couple()])).toEqual([]);
    expect(judge(scenario(expected), [couple()], { heard }).length).toBeGreaterThan(7);
  });

  it.each<[string, Partial<Couple>, string]>([
    ['a problem', { problem: 'NO_STREAMS' }, 'problem: NO_PROBLEM, but: NO_STREAMS'],
    ['no take', { takes: [] }, 'phase, takes: ended, 1 finished, but: ended, no take'],
    ['a call that goes on', { phase: 'talking' }, 'phase, takes: ended, 1 finished, but: talking, 1 finished'],
    ['another agent', { agentId: 'jones' }, 'agent: smith, but: jones'],
    ['a hold', { holds: [{ fromMs: 1 }] }, 'holds: 0, but: 1'],
    ['another kind of call', { callType: 'consult' }, 'kind of call: inbound, but: consult'],
  ])('R-LAB-1: names %s', (_, changes, text) => {
    expect(wrong([couple(changes)]).join()).toContain(text);
  });

  it('R-LAB-1, R-RUL-5: of what was discarded nothing may be heard', () => {
    const discarded = scenario({ ...expected, standing: 'discarded' });
    const changes = { standing: 'discarded', problem: 'ALL_STREAM_DELETED' } as const;
    expect(wrong([couple(changes)], discarded, new Map())).toEqual([]);
    expect(wrong([couple(changes)], discarded).join()).toContain('heard: nothing, but: 7001 left, 5550101 right');
    expect(wrong([couple()], discarded, new Map()).join()).toContain('standing: discarded, but: recording');
  });

  it('R-LAB-1: names a couple that is missing, one too many, and voices that are not where they belong', () => {
    expect(wrong([])).toEqual(['couples of the scenario: 1, but: 0', '7001 with 5550101: a couple: 1, but: 0']);
    const more = couple({ sid: 'other', dn: '7002' });
    expect(wrong([couple(), more])).toEqual([
      'couples of the scenario: 1, but: 2 (7001 with 5550101, inbound; 7002 with 5550101, inbound)',
    ]);
    const exchanged = new Map([['sid', [{ left: ['5550101', 'card number'], right: [] }]]]);
    expect(wrong([couple()], scenario(expected), exchanged)).toEqual([
      '7001 with 5550101: heard: 7001 left, 5550101 right, but: 5550101 + card number left, nobody right',
    ]);
  });

  it('R-LAB-1, R-NOT-1, R-MD-2: names what the desktop has not seen, and what is not known of the agent', () => {
    const wanted = { ...expected, name: 'John Smith', afterCallWork: true, notified: ['NO', 'YES'] } as const;
    expect(wrong([couple()], scenario(wanted))).toEqual([
      "7001 with 5550101: agent's name: John Smith, but: none",
      '7001 with 5550101: after-call work: ended, but: none',
      '7001 with 5550101: desktop: NO,YES, but: ',
    ]);
    const known = couple({ name: 'John Smith', afterCallWork: { fromMs: 1, toMs: 2 } });
    const seen = new Map([['7001', ['NO', 'YES']]]);
    expect(judge(scenario(wanted), [known], { heard, notified: seen }).every(({ ok }) => ok)).toBe(true);
  });

  it.each<[string, string[], Partial<ExpectedCouple>, boolean]>([
    ['all of it', ['NO', 'YES'], { notified: ['NO', 'YES'] }, true],
    ['with the end of who left', ['NO', 'YES', 'RECORDING_NO_LONGER'], { notified: ['NO', 'YES'] }, true],
    ['with something else', ['NO', 'YES', 'NO'], { notified: ['NO', 'YES'] }, false],
    ['the last of it', ['YES', 'NO', 'YES'], { notifiedLast: 'YES' }, true],
    ['another last of it', ['YES', 'NO'], { notifiedLast: 'YES' }, false],
    ['that of the other call', ['NO', 'YES'], { notified: ['NO', 'YES'], callType: 'consult' }, false],
  ])('R-LAB-1, R-NOT-1: the desktop has seen %s', (_, seen, wanted, good) => {
    const notified = new Map([['7001', seen]]);
    const { callType } = { ...expected, ...wanted };
    const data = { GEN_TEV_CallType: callType === 'consult' ? 'Consult' : 'Inbound' };
    const known = couple({ callType, externalData: { ...couple().externalData, ...data } });
    const checks = judge(scenario({ ...expected, ...wanted }), [known], { heard, notified });
    expect(checks.every(({ ok }) => ok)).toBe(good);
  });

  it('R-HA-3: names a copy that is missing, is on the same node as the other, or does not hold all that was sent to it', () => {
    const twice = { ...scenario(expected), site: 'duplicated' } as const;
    const take = (node: string, packets: number) => ({
      ...{ take: node, node, phase: 'finished' as const, pauses: [] },
      streams: [
        { party: '7001', packets },
        { party: '5550101', packets: 50 },
      ],
    });
    const both = new Map([['sid', [...heard.get('sid')!, ...heard.get('sid')!]]]);
    const sent = new Map([
      [
        'sid',
        [
          [50, 51],
          [50, 49],
        ],
      ],
    ]);
    const judged = (takes: Couple['takes'], voices = both) =>
      judge(twice, [couple({ takes })], { heard: voices, sent }).flatMap(({ ok, about, seen }) =>
        ok ? [] : [`${about.slice('7001 with 5550101: '.length)}, but: ${seen}`],
      );
    expect(judged([take('node-1', 51), take('node-2', 49)])).toEqual([]);
    expect(judged([take('node-1', 51), take('node-1', 48)])).toEqual([
      'nodes: 2, but: 1',
      'packets of each copy: 49 and 50; 50 and 51, but: 48 and 50; 50 and 51',
    ]);
    expect(judged([take('node-1', 51)], heard)).toEqual([
      'phase, takes: ended, 2 finished, but: ended, 1 finished',
      'pauses: 0, 0, but: 0',
      'heard: 7001 left, 5550101 right; 7001 left, 5550101 right, but: 7001 left, 5550101 right',
      'packets of each copy: 49 and 50; 50 and 51, but: 50 and 51',
    ]);
  });

  it('R-LAB-1, R-CFG-4: names what a recording was not asked for with, and a side that it is not pinned to', () => {
    const wanted = { ...expected, asked: 'id, record=source', geoLocation: 'source' } as const;
    expect(wrong([couple()], scenario(wanted))).toEqual([
      '7001 with 5550101: geo-location: source, but: none',
      '7001 with 5550101: asked with: id, record=source, but: nothing',
    ]);
    const known = couple({ request: { by: 'rule', phase: 'accepted', why: '', record: 'source' } });
    const asked = new Map([[known.sid, 'id, record=source']]);
    expect(judge(scenario(wanted), [known], { heard, asked }).every(({ ok }) => ok)).toBe(true);
  });

  it('R-LAB-1: two couples of the same parties are two', () => {
    expect(wrong([couple(), couple()], scenario(expected, expected))).toEqual([]);
  });
});
