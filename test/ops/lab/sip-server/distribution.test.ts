import { describe, expect, it } from 'vitest';
import { Distribution, GivenUp } from '../../../../ops/lab/sip-server/distribution.ts';
import { routedRecording } from '../../../../ops/lab/sip-server/strategy.core.ts';

const route = { to: '3556', recording: undefined };

describe('where calls wait', () => {
  it('R-LAB-1: calls of a queue get agents in the order they came, an agent one call at a time', async () => {
    let ready: readonly string[] = [];
    const distribution = new Distribution(() => ready);
    const [first, second] = [distribution.agent('8000', 'c1'), distribution.agent('8000', 'c2')];
    ready = ['3556'];
    distribution.settle();
    expect(await first).toBe('3556');
    // Promised, and not rung yet: not there for the next one.
    distribution.settle();
    ready = [];
    distribution.rung('3556');
    ready = ['3557'];
    distribution.settle();
    expect(await second).toBe('3557');
  });

  it('R-LAB-1: who was found an agent that did not take the call waits before all others', async () => {
    let ready: readonly string[] = [];
    const distribution = new Distribution(() => ready);
    const [other, again] = [distribution.agent('8000', 'c1'), distribution.agent('8000', 'c2', true)];
    ready = ['3556'];
    distribution.settle();
    expect(await again).toBe('3556');
    ready = ['3557'];
    distribution.settle();
    expect(await other).toBe('3557');
  });

  it('R-LAB-1: who gives up is forgotten, at queues and at route points', async () => {
    let ready: readonly string[] = [];
    const distribution = new Distribution(() => ready);
    const waiting = [distribution.agent('8000', 'c1'), distribution.route('9000', 'c1')];
    distribution.giveUp('c1');
    for (const one of waiting) await expect(one).rejects.toBeInstanceOf(GivenUp);
    ready = ['3556'];
    distribution.settle();
    expect(distribution.routed('9000', 'c1', route)).toBe(false);
  });

  it('R-LAB-1: a strategy routes the call that waits there, once', async () => {
    const distribution = new Distribution(() => []);
    const waiting = distribution.route('9000', 'c1');
    expect(distribution.routed('9001', 'c1', route)).toBe(false);
    expect(distribution.routed('9000', 'c1', route)).toBe(true);
    expect(distribution.routed('9000', 'c1', route)).toBe(false);
    expect(await waiting).toEqual(route);
  });
});

describe('what a strategy says of recording', () => {
  const record = (...values: string[]) => routedRecording(values.map((value) => ['record', value] as const));

  it.each([
    [['source'], ['source'], []],
    [['destination'], ['destination'], []],
    [['source', 'destination'], ['source', 'destination'], []],
    [['disable_source'], [], ['source']],
    [['source', 'disable_destination'], ['source'], ['destination']],
    [[], [], []],
  ])('R-RUL-5: %j starts %j and disables %j', (values, start, disabled) => {
    expect(record(...values)).toMatchObject({ start: new Set(start), disabled: new Set(disabled) });
  });

  it.each([[['disable_source', 'disable_destination']], [['both']]])('R-RUL-5: %j is refused', (values) => {
    expect(record(...values)).toEqual({ refused: expect.stringContaining('record') });
  });

  it('R-HA-3: id, dest and dest2 go with it, whatever their case', () => {
    const said = routedRecording([
      ['Record', 'source'],
      ['Id', 'r'],
      ['Dest', 'sip:a'],
      ['dest2', 'sip:b'],
    ]);
    expect(said).toMatchObject({ asked: { id: 'r', dest: 'sip:a', dest2: 'sip:b' } });
  });
});
