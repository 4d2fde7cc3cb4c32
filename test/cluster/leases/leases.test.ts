import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Leases, type Wish } from '#cluster/leases';
import { connectRedis, leaseKey } from '#cluster/redis';
import { VirtualClock } from '#src/ports';
import { until } from '../../harness/processes.ts';
import { startRedis, type TestRedis } from '../../harness/redis.ts';

let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis({ url: server.url, commandTimeoutMs: 2_000, log: { warn: () => {} } });
  await until('the connection', () => redis.status === 'ready');
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

beforeEach(async () => {
  await redis.flushall();
});

const shard = 'acme/sip-1/1';
const leaseMs = 60_000;

/** A holder with a clock of its own. */
function holder(name: string, on = redis) {
  const clock = new VirtualClock();
  const leases = new Leases({ redis: on, holder: name, leaseMs, clock });
  return {
    clock,
    leases,
    look: async (wish: Wish) => {
      await leases.look(new Map([[shard, wish]]));
      return leases.actsUnder(shard);
    },
  };
}

/** As if its time had run out by the clock of Redis. */
const expire = () => redis.hset(leaseKey(shard), 'untilMs', '1');

describe('the lease of a shard', () => {
  it('R-SHD-2: one has it, and another takes it with the next number as soon as it has run out', async () => {
    const [a, b] = [holder('a/core'), holder('b/core')];
    expect([await a.look('take'), await b.look('take')]).toEqual([1, undefined]);
    expect([await a.look('take'), await b.look('take')]).toEqual([1, undefined]);
    await expire();
    expect(await b.look('take')).toBe(2);
    expect([await a.look('take'), a.leases.actsUnder(shard)]).toEqual([undefined, undefined]);
  });

  it('R-SHD-2: a holder stops acting before its time is over, by its own clock', async () => {
    const a = holder('a/core');
    await a.look('take');
    a.clock.advance(leaseMs * 0.8 - 1);
    expect(a.leases.actsUnder(shard)).toBe(1);
    a.clock.advance(1);
    expect(a.leases.actsUnder(shard)).toBeUndefined();
    expect(await a.look('take')).toBe(1);
  });

  it('R-SHD-2: what was let go is free at once, and who lets go acts no more', async () => {
    const [a, b] = [holder('a/core'), holder('b/core')];
    await a.look('take');
    expect([await a.look('leave'), await b.look('take')]).toEqual([undefined, 2]);
    expect([await a.look('leave'), b.leases.actsUnder(shard)]).toEqual([undefined, 2]);
    expect(await b.look('keep')).toBe(2);
    expect(await a.look('keep')).toBeUndefined();
  });

  it('R-SHD-2: the next life of a process takes what the one before held, as another epoch', async () => {
    await holder('a/core').look('take');
    expect(await holder('a/core').look('take')).toBe(2);
  });

  it('R-SHD-2: a Redis that has forgotten everything learns the number from who holds it, or who has seen it', async () => {
    const [a, b] = [holder('a/core'), holder('b/core')];
    await a.look('take');
    await expire();
    await b.look('take');
    await redis.flushall();
    expect(await b.look('take')).toBe(2);
    expect(await a.look('take')).toBeUndefined();
    await redis.flushall();
    expect(await a.look('take')).toBe(3);
    expect(await b.look('take')).toBeUndefined();
    await redis.flushall();
    const c = holder('c/core');
    c.leases.seen(shard, 7);
    expect(await c.look('take')).toBe(8);
  });

  it('R-SHD-2: who was refused by a recorder acts no more under that number, and gets one that is higher by far', async () => {
    const a = holder('a/core');
    await a.look('take');
    a.leases.seen(shard, 20);
    a.leases.fenced(shard, 1);
    expect(a.leases.actsUnder(shard)).toBeUndefined();
    expect(await a.look('take')).toBe(21);
    a.leases.fenced(shard, 21);
    expect(await a.look('take')).toBe(43);
    a.leases.fenced(shard, 21);
    expect(a.leases.actsUnder(shard)).toBe(43);
  });

  it('R-SHD-2: who stands by knows under which lease it does', async () => {
    const [a, b] = [holder('a/core'), holder('b/core')];
    await a.look('take');
    expect(b.leases.mandate(shard)).toBeUndefined();
    await b.look('take');
    expect(b.leases.mandate(shard)).toEqual({ shard, epoch: { n: 1, holder: 'a/core' } });
    a.clock.advance(leaseMs);
    expect(a.leases.mandate(shard)).toEqual({ shard, epoch: { n: 1, holder: 'a/core' } });
  });

  it('R-SHD-2: a Redis whose clock is behind keeps a dead holder no longer than one life', async () => {
    await holder('a/core').look('take');
    await redis.hset(leaseKey(shard), 'untilMs', String(Date.parse('2100-01-01')));
    expect(await holder('b/core').look('take')).toBeUndefined();
    const [seconds] = await redis.time();
    const untilMs = Number(await redis.hget(leaseKey(shard), 'untilMs'));
    expect(untilMs - Number(seconds) * 1000).toBeLessThanOrEqual(leaseMs + 1_000);
  });

  it('R-SHD-2: without Redis who holds it acts to the end of its time, and is presumed to act from then on; back again it holds it', async () => {
    const own = await startRedis();
    onTestFinished(() => own.stop());
    const mine = connectRedis({ url: own.url, commandTimeoutMs: 500, log: { warn: () => {} } });
    onTestFinished(() => mine.disconnect());
    await until('the connection', () => mine.status === 'ready');
    const [a, b] = [holder('a/core', mine), holder('b/core', mine)];
    const presumed = () => [a, b].map(({ leases }) => leases.presumedUnder(shard));
    await a.look('take');
    await b.look('take');
    await own.crash();
    expect([await a.look('take'), await b.look('take'), ...presumed()]).toEqual([1, undefined, undefined, undefined]);
    a.clock.advance(leaseMs);
    expect(presumed()).toEqual([undefined, undefined]);
    expect([await a.look('take'), await b.look('take'), ...presumed()]).toEqual([undefined, undefined, 1, undefined]);
    await own.restart();
    await until('the next connection', () => mine.status === 'ready');
    expect([await a.look('take'), ...presumed()]).toEqual([1, undefined, undefined]);
  });
});
