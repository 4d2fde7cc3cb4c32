// What a core tells Redis of couples: a real Redis, on loopback.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectRedis, coupleKey, couplesStreamKey } from '#cluster/redis';
import { systemClock } from '#src/ports';
import type { Couple } from '#src/recording';
import { Couples } from '../../../cluster/core/couples.io.ts';
import { until } from '../../harness/processes.ts';
import { startRedis, type TestRedis } from '../../harness/redis.ts';

let server: TestRedis;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

it('R-SUP-1, R-SHD-2: what changes at once is told once, after it was secured; what Redis did not take is told when it can', async () => {
  const redis = connectRedis({ url: server.url, commandTimeoutMs: 500, log: { warn() {} } });
  const seen: string[] = [];
  const couples = new Couples({
    redis,
    node: 'n1',
    keptMs: 60_000,
    lookMs: 60_000,
    clock: systemClock,
    secure: () => void seen.push('secured'),
  });
  const couple = (sid: string, phase: Couple['phase']) => ({
    ...{ sid, isEnded: phase === 'ended', statusN: 0 },
    couple: { tenant: 'acme', sid, phase } as Couple,
  });
  const known = async (sid: string) => (JSON.parse((await redis.get(coupleKey('acme', sid))) ?? '{}') as Couple).phase;
  try {
    await until('Redis', () => redis.status === 'ready');
    couples.tell(couple('a', 'talking'));
    couples.tell(couple('a', 'held'));
    couples.tell(couple('b', 'talking'));
    await until('both to be told', () => couples.untold === 0);
    await until('the last word', async () => (await known('a')) === 'held');
    expect([seen, await redis.xlen(couplesStreamKey)]).toEqual([['secured'], 2]);

    await server.crash();
    await until('Redis to be missed', () => redis.status !== 'ready');
    couples.tell(couple('a', 'ended'));
    couples.tell(couple('c', 'talking'));
    expect(couples.untold).toBe(2);
    expect(couples.list().map(({ sid }) => sid)).toEqual(['c', 'b', 'a']);
    await server.restart();
    await until('all to be told', () => couples.untold === 0);
    await until('the last word', async () => (await known('a')) === 'ended' && (await known('c')) === 'talking');
  } finally {
    couples.stop();
    redis.disconnect();
  }
});

it('R-SHD-2: a Redis that was emptied, or begins anew with nothing, is told every couple again, also while others are told', async () => {
  const own = await startRedis({ appendonly: 'no' });
  const redis = connectRedis({ url: own.url, commandTimeoutMs: 500, log: { warn() {} } });
  const options = { redis, node: 'n1', keptMs: 60_000, clock: systemClock, secure() {} };
  const couples = new Couples({ ...options, lookMs: 50 });
  const seldom = new Couples({ ...options, node: 'n2', lookMs: 600_000 });
  const word = (sid: string, isEnded = false) =>
    ({
      sid,
      isEnded,
      statusN: 0,
      couple: { tenant: 'acme', sid, phase: isEnded ? 'ended' : 'talking' } as Couple,
    }) as const;
  const has = (...sids: string[]) =>
    until(`${sids} to be known`, async () => {
      const known = await redis.mget(sids.map((sid) => coupleKey('acme', sid))).catch(() => []);
      return known.length > 0 && known.every((one) => one !== null);
    });
  try {
    await until('Redis', () => redis.status === 'ready');
    couples.tell(word('a'));
    couples.tell(word('b', true));
    await has('a', 'b');
    await redis.flushall();
    await has('a', 'b');

    await own.crash();
    couples.tell(word('c'));
    await own.restart();
    await has('a', 'b', 'c');

    // No look comes: the next couple that is told shows that those before are not known any more.
    seldom.tell(word('x'));
    await has('x');
    await redis.flushall();
    seldom.tell(word('y'));
    await has('x', 'y');
  } finally {
    couples.stop();
    seldom.stop();
    redis.disconnect();
    await own.stop();
  }
});
