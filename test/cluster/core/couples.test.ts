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
