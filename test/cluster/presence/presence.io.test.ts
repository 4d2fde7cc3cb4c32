import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { listBeats, Presence, type PresenceOptions } from '#cluster/presence';
import { connectRedis, presenceIndexKey, presenceKey } from '#cluster/redis';
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

/** A process that tells of itself, on a clock of its own. */
function present(process: string, more: Partial<PresenceOptions> = {}) {
  const clock = new VirtualClock();
  const figures = () => ({ sessions: 1 });
  const presence = new Presence({ redis, node: 'n1', process, pid: 7, beatMs: 60_000, clock, figures, ...more });
  onTestFinished(() => presence.stop());
  return { presence, clock };
}

async function listed(): Promise<string[]> {
  return (await listBeats(redis)).map((beat) => `${beat.node}/${beat.process}`).sort();
}

describe('presence', () => {
  it('R-OPS-1: who is alive is listed with what it holds', async () => {
    const { clock } = present('recorder');
    present('capture');
    await until('both', async () => (await listed()).length === 2);
    const beats = await listBeats(redis);
    expect(beats.find((one) => one.process === 'recorder')).toEqual({
      node: 'n1',
      process: 'recorder',
      pid: 7,
      startedMs: clock.nowMs(),
      atMs: clock.nowMs(),
      figures: { sessions: 1 },
    });
  });

  it('R-OPS-1: a beat carries the figures of its moment, and the time since when it is there', async () => {
    let sessions = 0;
    const { clock } = present('recorder', { figures: async () => ({ sessions }) });
    await until('the first beat', async () => (await listed()).length === 1);
    const startedMs = clock.nowMs();
    sessions = 5;
    // The next beat is due when the one before has been answered.
    await until('a timer', () => clock.pendingCount === 1);
    clock.advance(60_000);
    const later = await until('the second beat', async () =>
      (await listBeats(redis)).find((one) => one.atMs > startedMs),
    );
    expect(later).toMatchObject({ startedMs, atMs: startedMs + 60_000, figures: { sessions: 5 } });
  });

  it('R-HA-4: whoever stops beating is listed no longer than four beats', async () => {
    present('recorder', { beatMs: 5_000 });
    await until('the beat', async () => (await listed()).length === 1);
    const livesMs = await redis.pttl(presenceKey('n1', 'recorder'));
    expect(livesMs).toBeGreaterThan(15_000);
    expect(livesMs).toBeLessThanOrEqual(20_000);
    await redis.del(presenceKey('n1', 'recorder'));
    expect(await listed()).toEqual([]);
    expect(await redis.zrange(presenceIndexKey, '0', '-1')).toEqual(['n1/recorder']);
  });

  it('R-OPS-1: an orderly end is visible at once and for good', async () => {
    const { presence, clock } = present('recorder');
    await until('the beat', async () => (await listed()).length === 1);
    await presence.stop();
    expect(await listed()).toEqual([]);
    expect(clock.pendingCount).toBe(0);
  });

  it('R-OPS-1: an end in the middle of a beat is an end', async () => {
    let told: (() => void) | undefined;
    const figures = () => new Promise<Record<string, number>>((resolve) => (told = () => resolve({})));
    const { presence, clock } = present('recorder', { figures });
    const stopped = presence.stop();
    told!();
    await stopped;
    expect(await listed()).toEqual([]);
    expect(clock.pendingCount).toBe(0);
  });

  it('R-OPS-1: figures that cannot be had do not end the beating', async () => {
    let asked = 0;
    const figures = async () => {
      asked += 1;
      if (asked === 1) throw new Error('the actors are restarting');
      return { sessions: 3 };
    };
    const { clock } = present('recorder', { figures });
    await until('a timer', () => clock.pendingCount === 1);
    expect(await listBeats(redis)).toMatchObject([{ figures: {} }]);
    clock.advance(60_000);
    await until('the second beat', async () => (await listBeats(redis))[0]?.figures['sessions'] === 3);
  });

  it('R-OPS-1: who has not been seen for a week leaves the index', async () => {
    const { clock } = present('recorder');
    await redis.zadd(presenceIndexKey, String(clock.nowMs() - 8 * 86_400_000), 'n0/recorder');
    await until('a timer', () => clock.pendingCount === 1);
    clock.advance(60_000);
    await until('n0 gone', async () => (await redis.zrange(presenceIndexKey, '0', '-1')).join() === 'n1/recorder');
  });

  it('R-SHD-2: beating outlasts a time without Redis', async () => {
    const own = await startRedis();
    onTestFinished(() => own.stop());
    const mine = connectRedis({ url: own.url, commandTimeoutMs: 500, log: { warn: () => {} } });
    onTestFinished(() => mine.disconnect());
    await until('the connection', () => mine.status === 'ready');
    const { clock } = present('recorder', { redis: mine });
    await until('the first beat', async () => (await listBeats(mine)).length === 1);
    const startedMs = clock.nowMs();
    await own.crash();
    await until('a timer', () => clock.pendingCount === 1);
    clock.advance(60_000);
    await until('the next timer', () => clock.pendingCount === 1);
    await expect(listBeats(mine)).rejects.toThrow();
    await own.restart();
    await until('the next connection', () => mine.status === 'ready');
    clock.advance(60_000);
    await until('a beat after the return', async () => (await listBeats(mine))[0]?.atMs === startedMs + 120_000);
  });

  it('R-OPS-1: a name that is no beat of ours does not hide the others', async () => {
    present('recorder');
    await until('the beat', async () => (await listed()).length === 1);
    await redis.zadd(presenceIndexKey, '1', 'n2/core');
    await redis.set(presenceKey('n2', 'core'), '{"from":"a later version"}');
    expect(await listed()).toEqual(['n1/recorder']);
  });
});
