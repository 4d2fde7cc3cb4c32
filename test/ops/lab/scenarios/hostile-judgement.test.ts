import { describe, expect, it } from 'vitest';
import { callsOf, type HostileCall, hostileKinds, judgeHostile } from '#ops/lab/scenarios';
import type { Couple } from '#src/recording';

type Fate = HostileCall['events'][number]['fate'];

const callUuid = 'CALL1';
const call: HostileCall = {
  kind: 'inbound',
  expected: { dn: '7001', otherDn: '5550101', callType: 'inbound' },
  callUuid,
  events: told('on time'),
  routes: [],
  sent: [90, 90],
  isPaused: false,
};
const heard = new Map([
  ['sid', [{ left: ['7001'], right: ['5550101'] }]],
  ['leaked', [{ left: ['7001'], right: ['5550101', 'card number'] }]],
]);
const streams = ['7001', '5550101'].map((party) => ({ party, packets: 100 }));
const take: Couple['takes'][number] = { take: 't', node: 'n', phase: 'finished', streams, pauses: [] };

function told(...all: readonly Fate[]): HostileCall['events'] {
  return all.map((fate) => ({ message: 'EventEstablished', dn: '7001', callUuid, keys: [], fate }));
}

function couple(changes: Partial<Couple> = {}): Couple {
  return {
    ...{ sid: 'sid', tenant: 'acme', callUuid, connIds: [], recordingId: 'rec', dn: '7001', otherDn: '5550101' },
    ...{ callType: 'inbound', phase: 'ended', startedMs: 0, holds: [], problem: 'NO_PROBLEM', takes: [take] },
    request: { by: 'rule', phase: 'accepted', why: '' },
    standing: 'recording',
    externalData: {},
    ...changes,
  };
}

function judged(
  couples: readonly Couple[],
  changes: Partial<HostileCall> = {},
  {
    logged = [],
    problems = [],
    wanted = [],
  }: {
    readonly logged?: readonly string[];
    readonly problems?: readonly string[];
    readonly wanted?: readonly string[];
  } = {},
) {
  const foreign = new Set(['FOREIGN']);
  const checks = judgeHostile([{ ...call, ...changes }], {
    couples,
    heard,
    problems: new Map([['sid', problems]]),
    foreign,
    unplayed: new Set(['UNPLAYED']),
    wanted: new Set(wanted),
    logged,
  });
  return checks.every(({ ok }) => ok) ? checks[1]!.outcome : 'wrong';
}

describe('the judgement of calls that were told badly', () => {
  it('R-LAB-1, R-REC-7: once, whole and with the right voices is recorded; anything else is not', () => {
    expect(judged([couple()])).toBe('recorded');
    expect(judged([couple(), couple({ sid: 'other' })])).toBe('wrong');
    expect(judged([couple({ takes: [take, take] })])).toBe('wrong');
    expect(judged([couple({ phase: 'talking' })])).toBe('wrong');
    expect(judged([couple({ sid: 'unheard' })])).toBe('wrong');
    expect(judged([couple()], { sent: [103, 90] })).toBe('wrong');
    expect(judged([couple({ takes: [{ ...take, phase: 'running' }] })])).toBe('wrong');
  });

  it('R-LAB-1, R-REC-7: what the product says explains what is missing, where something happened that it can mean', () => {
    expect(judged([couple({ problem: 'NO_STREAMS', takes: [] })])).toBe('explained');
    expect(judged([couple({ problem: 'ONLY_ONE_STREAM' })])).toBe('wrong');
    const routes = [{ from: 'another address', afterPackets: 0, stranger: false }] as const;
    expect(judged([couple({ problem: 'ONLY_ONE_STREAM' })], { routes })).toBe('explained');
    expect(judged([couple({ problem: 'ONLY_ONE_STREAM' })], { sent: [0, 90] })).toBe('explained');
    expect(judged([couple({ problem: 'ONLY_ONE_STREAM' })], { sent: [0, 0] })).toBe('wrong');
    expect(judged([couple({ problem: 'STREAM_IS_NULL' })], { sent: undefined })).toBe('explained');
    expect(judged([couple({ problem: 'STREAM_IS_NULL' })], { sent: [0, 0] })).toBe('wrong');
    expect(judged([couple({ problem: 'ONLY_ONE_STREAM' })], { sent: undefined })).toBe('wrong');
    const short = { sent: [103, 90] } as const;
    const problems = ['foreign-packets: 60 packets of 127.0.0.1:9 are no part of it'];
    expect(judged([couple()], { ...short, routes })).toBe('wrong');
    expect(judged([couple()], short, { problems })).toBe('wrong');
    expect(judged([couple()], { ...short, routes }, { problems })).toBe('explained');
  });

  it('R-LAB-1, R-REC-7: without a couple it must have been told of nothing, or only of its end', () => {
    expect(judged([])).toBe('wrong');
    expect(judged([], { events: told('untold', 'mangled', 'torn') })).toBe('explained');
    expect(judged([], { events: told('untold', 'late') })).toBe('wrong');
    const line = `{"call":"${callUuid}","msg":"not recorded: nothing was told of this call before it was over"}`;
    expect(judged([], { events: told('untold', 'late') }, { logged: [line] })).toBe('explained');
  });

  it('R-LAB-1, R-REC-7: the sides are exchanged only where somebody else wanted the other party recorded', () => {
    const turned = { expected: { ...call.expected, dn: '5550101', otherDn: '7001' } };
    const ofOther = couple({ dn: '5550101', otherDn: '7001' });
    expect(judged([ofOther], turned)).toBe('wrong');
    expect(judged([ofOther], turned, { wanted: ['7001'] })).toBe('recorded');
  });

  it('R-LAB-1, R-REC-7: a call that never was leaves a couple that has ended and says so, or none', () => {
    const stranger = couple({ sid: 's', callUuid: 'FOREIGN', problem: 'NO_STREAMS', takes: [] });
    expect(judged([couple(), stranger])).toBe('recorded');
    expect(judged([couple(), { ...stranger, phase: 'talking' }])).toBe('wrong');
    expect(judged([couple(), { ...stranger, takes: [take] }])).toBe('wrong');
    expect(judged([couple(), { ...stranger, callUuid: 'OTHER' }])).toBe('wrong');
    expect(judged([couple(), couple({ sid: 's', callUuid: 'UNPLAYED' })])).toBe('recorded');
  });

  it('R-LAB-1, R-RUL-5: what must be discarded is, or nobody was told of the data that says so, or somebody else wanted it', () => {
    const expected = { ...call.expected, standing: 'discarded' } as const;
    const forbidden = { kind: 'do-not-record-late', expected } as const;
    const discarded = couple({ standing: 'discarded', problem: 'ALL_STREAM_DELETED' });
    expect(judged([discarded], forbidden)).toBe('recorded');
    expect(judged([discarded])).toBe('wrong');
    // Stopped before it was answered, it is never finished; what was received is.
    const ended = (packets: number) => {
      const stopped = { ...take, phase: 'ended', streams: streams.map((one) => ({ ...one, packets })) } as const;
      return couple({ standing: 'discarded', problem: 'ALL_STREAM_DELETED', takes: [stopped] });
    };
    expect([judged([ended(0)], forbidden), judged([ended(0)]), judged([ended(1)], forbidden)]).toEqual([
      ...['recorded', 'wrong', 'wrong'],
    ]);
    const events = (fate: Fate) => told(fate).map((event) => ({ ...event, keys: ['CardData'] }));
    expect(judged([couple()], { ...forbidden, events: events('late') })).toBe('wrong');
    expect(judged([couple()], { ...forbidden, events: events('mangled') })).toBe('explained');
    const asked = { kind: 'pre-record-discarded', expected } as const;
    expect(judged([couple()], asked)).toBe('wrong');
    expect(judged([couple()], asked, { wanted: ['7001'] })).toBe('explained');
  });

  it('R-LAB-1, R-REC-6: what is said while it is paused is in no audio, and fewer packets are no loss then', () => {
    const pauses = [{ fromMs: 1, toMs: 2 }];
    const paused = couple({ takes: [{ ...take, streams: streams.map((one) => ({ ...one, packets: 50 })), pauses }] });
    expect(judged([paused])).toBe('wrong');
    expect(judged([paused], { isPaused: true })).toBe('recorded');
    expect(judged([couple()], { isPaused: true })).toBe('wrong');
    expect(judged([{ ...paused, sid: 'leaked' }], { isPaused: true })).toBe('wrong');
  });

  it('R-LAB-1, R-RUL-5: a couple that no scenario expects is one that somebody else had recorded', () => {
    const further = couple({ sid: 'f', dn: '7020', request: { by: 'other', phase: 'none', why: '' } });
    expect(judged([couple(), further])).toBe('wrong');
    expect(judged([couple(), further], {}, { wanted: ['7020'] })).toBe('recorded');
    const twice = couple({ takes: [take, { ...take, take: 'u' }] });
    expect(judged([twice], {}, { wanted: ['5550101'] })).toBe('wrong');
  });

  it('R-LAB-1: the calls of a seed are scenarios, each with numbers of its own', () => {
    const drawn = Array.from({ length: 40 }, (_, seed) => callsOf(seed)).flat();
    expect(new Set(drawn.map(({ kind }) => kind)).size).toBe(hostileKinds.length);
    expect(callsOf(7)).toEqual(callsOf(7));
    for (const { steps, couples, dns } of drawn) {
      const numbers = JSON.stringify([steps, couples]).match(/"(?:7\d{3}|5550\d{3,4})"/g) ?? [];
      expect(numbers.filter((number) => !dns.has(number.slice(1, -1)))).toEqual([]);
      expect(couples.every(({ dn }) => dns.has(dn))).toBe(true);
    }
    const names = callsOf(1).flatMap(({ dns }) => [...dns]);
    expect(new Set(names).size).toBe(names.length);
  });
});
