// What is remembered of host names, and for how long. The resolver is the test's own.

import { describe, expect, it } from 'vitest';
import { VirtualClock } from '#src/ports';
import { Names } from '../../../../src/sip/edge/names.ts';

describe('R-SIP-3: names', () => {
  it('are looked up once for all who ask meanwhile, whatever their case, and told at once when they are known', async () => {
    const { names, asked, answer } = newNames();
    const told: unknown[] = [];
    names.find('Bob.Example', 4, (address) => told.push(['first', address]));
    names.find('bob.example', 4, (address) => told.push(['second', address]));
    expect([asked, told]).toEqual([['Bob.Example 4'], []]);
    await answer({ address: '192.0.2.1', ttlSeconds: 60 });
    names.find('bob.example', 4, (address) => told.push(['third', address]));
    expect(told).toEqual([
      ['first', '192.0.2.1'],
      ['second', '192.0.2.1'],
      ['third', '192.0.2.1'],
    ]);
  });

  it('are of one family of addresses', async () => {
    const { names, asked } = newNames();
    names.find('bob.example', 4, () => {});
    names.find('bob.example', 6, () => {});
    expect(asked).toEqual(['bob.example 4', 'bob.example 6']);
  });

  it.each([
    ['for as long as their record holds', { address: '192.0.2.1', ttlSeconds: 30 }, 30],
    ['for five minutes at most', { address: '192.0.2.1', ttlSeconds: 86_400 }, 300],
    ['for five seconds when nobody knows them', undefined, 5],
    ['for five seconds when asking failed', new Error('no network'), 5],
  ])('are remembered %s', async (_, given, seconds) => {
    const { names, clock, asked, answer } = newNames();
    names.find('bob.example', 4, () => {});
    await answer(given);
    clock.advance(seconds * 1_000 - 1);
    names.find('bob.example', 4, () => {});
    expect(asked).toHaveLength(1);
    clock.advance(1);
    names.find('bob.example', 4, () => {});
    expect(asked).toHaveLength(2);
  });

  it('are bounded in number: the one asked for longest ago is forgotten, and its askers are told all the same', async () => {
    const { names, asked, answer } = newNames();
    const told: unknown[] = [];
    names.find('first.example', 4, (address) => told.push(address));
    for (let count = 0; count < 1_000; count += 1) names.find(`${count}.example`, 4, () => {});
    await answer({ address: '192.0.2.1', ttlSeconds: 60 });
    expect(told).toEqual(['192.0.2.1']);
    names.find('999.example', 4, () => {});
    expect(asked).toHaveLength(1_001);
    names.find('first.example', 4, () => {});
    expect(asked).toHaveLength(1_002);
  });
});

type Answer = { readonly address: string; readonly ttlSeconds: number } | undefined | Error;

function newNames() {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const waiting: ((answer: Answer) => void)[] = [];
  const resolver = {
    resolve: (host: string, family: 4 | 6) => {
      asked.push(`${host} ${family}`);
      return new Promise<Exclude<Answer, Error>>((resolve, reject) => {
        waiting.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
      });
    },
    close: () => {},
  };
  return {
    names: new Names(resolver, clock),
    clock,
    asked,
    /** Answers everything that was asked so far. */
    async answer(answer: Answer): Promise<void> {
      for (const give of waiting.splice(0)) give(answer);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
