// The load of the bench `core`, and its judge.

import { describe, expect, it } from 'vitest';
import { eventOf, parseEvent } from '#src/cti';
import { FrameReader } from '#src/frames';
import { AskedLedger } from '../../../ops/bench/asked-ledger.ts';
import { CallLoad, callSteps, isRecorded } from '../../../ops/bench/call-load.ts';
import { PreparedEvent } from '../../../ops/bench/prepared-event.ts';

/** Steps of each call, in the order in which they were taken. */
function stepsTaken(load: CallLoad, untilMs: number, everyMs: number): Map<number, string[]> {
  const steps = new Map<number, string[]>();
  for (let nowMs = 0; nowMs <= untilMs; nowMs += everyMs) {
    load.advance(nowMs, ({ event }, call) => steps.set(call, [...(steps.get(call) ?? []), event]));
  }
  return steps;
}

const wholeCall = callSteps.map(({ event }) => event);

describe('R-CTI-1: the load of a busy switch', () => {
  it.each([1, 7, 10_000])('takes every call through all steps in their order, looked at every %d ms', (everyMs) => {
    const load = new CallLoad(100, 40, 0);
    const [calls, lastsMs] = [20, 20_000];
    const steps = stepsTaken(load, lastsMs, everyMs);
    for (let call = 40; call < 40 + calls; call += 1) expect(steps.get(call)).toEqual(wholeCall);
  });

  it('comes at the rate that is wanted, the event that a recorded call has more included', () => {
    const load = new CallLoad(10_000, 0, 0);
    let events = 0;
    const count = (step: { event: string }, call: number) => {
      events += step.event === 'EventEstablished' && isRecorded(call) ? 2 : 1;
    };
    load.advance(10_000, count);
    events = 0;
    load.advance(20_000, count);
    expect(Math.abs(events - 100_000)).toBeLessThan(20);
  });

  it('comes at another rate from then on, each call in its order and at its own distances', () => {
    const load = new CallLoad(1_000, 0, 0);
    const steps = new Map<number, string[]>();
    let events = 0;
    const take = ({ event }: { event: string }, call: number) => {
      events += event === 'EventEstablished' && isRecorded(call) ? 2 : 1;
      steps.set(call, [...(steps.get(call) ?? []), event]);
    };
    for (let nowMs = 0; nowMs <= 20_000; nowMs += 7) load.advance(nowMs, take);
    load.pace(3_000, 20_000);
    for (let nowMs = 20_000; nowMs <= 30_000; nowMs += 7) load.advance(nowMs, take);
    events = 0;
    for (let nowMs = 30_000; nowMs <= 40_000; nowMs += 7) load.advance(nowMs, take);
    expect(Math.abs(events - 30_000)).toBeLessThan(40);
    load.end();
    load.advance(50_000, take);
    expect(load.isOver).toBe(true);
    for (const one of steps.values()) expect(one).toEqual(wholeCall);
  });

  it('ends with the calls that have begun', () => {
    const load = new CallLoad(100, 0, 0);
    load.advance(1_000, () => {});
    const begun = load.calls;
    load.end();
    expect(load.isOver).toBe(false);
    const last: number[] = [];
    load.advance(60_000, ({ event }, call) => event === 'EventAgentReady' && last.push(call));
    expect([load.calls, last.at(-1), load.isOver]).toEqual([begun, begun - 1, true]);
  });
});

describe('R-CTI-1: who was asked for', () => {
  it('each call once; missing, again and strange are told apart', () => {
    const ledger = new AskedLedger();
    for (const call of [0, 2, 4]) ledger.established(call, 100);
    ledger.asked(0, 103);
    ledger.asked(2, 101);
    ledger.asked(2, 110);
    ledger.asked(3, 110);
    expect(ledger.sums).toEqual({
      ...{ established: 3, asked: 2, missing: 1, again: 1, strange: 1 },
      ...{ msP50: 1, msP99: 3, msMax: 3 },
    });
  });
});

describe('R-CTI-1: a prepared event', () => {
  it('is the event, with values where its markers stood', () => {
    const attributes = { ThisDN: 'aaaa', AgentID: '7aaaa', TimeinSecs: 333_333 };
    const prepared = new PreparedEvent(eventOf('EventAgentReady', attributes), { dn: 'aaaa', at: '333333' });
    const into = Buffer.alloc(2 * prepared.bytes);
    const end = prepared.write(into, prepared.write(into, 0, { dn: '3556', at: '42' }), { dn: '3557', at: '123456' });
    expect(end).toBe(into.length);
    expect(new FrameReader(1_000).push(into).map(parseEvent)).toEqual([
      eventOf('EventAgentReady', { ThisDN: '3556', AgentID: '73556', TimeinSecs: 42 }),
      eventOf('EventAgentReady', { ThisDN: '3557', AgentID: '73557', TimeinSecs: 123_456 }),
    ]);
  });
});
