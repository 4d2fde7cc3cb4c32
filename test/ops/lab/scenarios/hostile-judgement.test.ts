import { describe, expect, it } from 'vitest';
import { type HostileCall, judgeHostile } from '#ops/lab/scenarios';
import type { Couple } from '#src/recording';

const call: HostileCall = { dn: '7001', otherDn: '5550101', callUuid: 'CALL1', untold: [] };
const heard = new Map([['sid', [{ left: ['7001'], right: ['5550101'] }]]]);
const take: Couple['takes'][number] = { take: 't', node: 'n', phase: 'finished', streams: [], pauses: [] };

function couple(changes: Partial<Couple> = {}): Couple {
  return {
    ...{
      sid: 'sid',
      tenant: 'acme',
      callUuid: 'CALL1',
      connIds: [],
      recordingId: 'rec',
      dn: '7001',
      otherDn: '5550101',
    },
    ...{ callType: 'inbound', phase: 'ended', startedMs: 0, holds: [], problem: 'NO_PROBLEM', takes: [take] },
    request: { by: 'rule', phase: 'accepted', why: '' },
    standing: 'recording',
    externalData: {},
    ...changes,
  };
}

const isGood = (couples: readonly Couple[], untold: readonly string[] = []) =>
  judgeHostile([{ ...call, untold }], couples, heard).every(({ ok }) => ok);

describe('the judgement of calls that were told badly', () => {
  it('R-LAB-1, R-REC-7: recorded once is good; twice, with a problem, or under another call is not', () => {
    expect(isGood([couple()])).toBe(true);
    expect(isGood([couple(), couple({ sid: 'other' })])).toBe(false);
    expect(isGood([couple({ takes: [take, take] })])).toBe(false);
    expect(isGood([couple({ problem: 'NO_STREAMS' })])).toBe(false);
    expect(isGood([couple(), couple({ sid: 'other', callUuid: 'CALL2' })])).toBe(false);
    expect(judgeHostile([call], [couple()], new Map()).every(({ ok }) => ok)).toBe(false);
  });

  it('R-LAB-1, R-REC-7: what was never told explains what is missing, and nothing else', () => {
    expect(isGood([])).toBe(false);
    expect(isGood([], ['EventEstablished'])).toBe(true);
    expect(isGood([], ['EventReleased'])).toBe(false);
    expect(isGood([couple({ phase: 'talking' })])).toBe(false);
    expect(isGood([couple({ phase: 'talking' })], ['EventReleased'])).toBe(true);
  });
});
