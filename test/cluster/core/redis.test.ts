// What a core does with Redis, on a Redis Cluster of three masters and on a master with a sentinel: real servers, on loopback.

import { expect, it, onTestFinished } from 'vitest';
import { Leases } from '#cluster/leases';
import { consumeFacts, Outbox } from '#cluster/outbox';
import { drain, listBeats, Presence } from '#cluster/presence';
import { connectRedis, coupleKey, leaseKey, type RedisConnection } from '#cluster/redis';
import type { RedisPlace } from '#src/config';
import { systemClock } from '#src/ports';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder, until } from '../../harness/processes.ts';
import { startRedisCluster, startSentinel } from '../../harness/redis.ts';
import { couple } from '../outbox/facts.ts';

const shards = ['acme/sip-1/1', 'acme/sip-1/2', 'acme/sip-2/1', 'acme/sip-3/1'];

/** The parts of a core that need Redis, at work until the test ends. */
async function partsOn(place: RedisPlace, leaseMs: number) {
  const redis = connectRedis({ ...place, commandTimeoutMs: 500, log: { warn() {} } });
  const beating = { redis, node: 'n1', process: 'core', pid: 1, beatMs: 100, clock: systemClock };
  const leases = new Leases({ redis, holder: 'n1/core', leaseMs, clock: systemClock });
  const folder = temporaryFolder('outbox');
  const telling = {
    ...beating,
    lookMs: 100,
    bytesMax: 2 ** 20,
    onAlarm: ({ message }: { message: string }) => expect.fail(message),
  };
  const outbox = await Outbox.open(telling, { folder: folder.path, ...journalKeys, onCut: () => {} });
  const presence = new Presence({ ...beating, figures: () => ({ sessions: 1 }) });
  onTestFinished(async () => {
    await outbox.close();
    await presence.stop();
    redis.disconnect();
    folder.remove();
  });
  await until('Redis', () => redis.status === 'ready');
  return { redis, leases, outbox };
}

/** Beats, every lease and these couples stand in Redis. */
async function stands({ redis, leases }: { redis: RedisConnection; leases: Leases }, ...sids: string[]) {
  await until('a beat', async () => (await listBeats(redis).catch(() => [])).some(({ node }) => node === 'n1'));
  await until('every lease', async () => {
    await leases.look(new Map(shards.map((shard) => [shard, 'take'])));
    const kept = await Promise.all(shards.map((shard) => redis.hget(leaseKey(shard), 'holder').catch(() => null)));
    return kept.every((holder) => holder === 'n1/core') && shards.every((shard) => leases.actsUnder(shard));
  });
  await until(`the couples ${sids}`, async () => {
    const kept = await Promise.all(sids.map((sid) => redis.get(coupleKey('acme', sid)).catch(() => null)));
    return kept.every((text) => text !== null);
  });
}

it('R-HA-6: beats, leases and couples are kept by a Redis Cluster, and told again after every master was emptied', async () => {
  const servers = await startRedisCluster();
  onTestFinished(() => servers.stop());
  // One server that answers is enough to find the others.
  const parts = await partsOn({ cluster: [servers.servers[2]!] }, 60_000);
  const { redis, outbox } = parts;
  outbox.tell([couple('a'), couple('b')]);
  await stands(parts, 'a', 'b');
  const taken: string[] = [];
  const facts = consumeFacts({
    ...{ redis, group: 'replay', consumer: 'one', clock: systemClock, log: { warn() {}, error() {} }, pollMs: 10 },
    onFact: async (fact) => void taken.push(fact.type === 'couple' ? fact.couple.sid : ''),
  });
  onTestFinished(() => facts.stop());
  await until('both to be taken', () => taken.length === 2);
  await drain(redis, 'n1', 'draining');
  await until('the drain to be heard', async () => (await listBeats(redis))[0]?.phase === 'draining');

  const alone = servers.masters.map(({ url }) => connectRedis({ url, commandTimeoutMs: 500, log: { warn() {} } }));
  onTestFinished(() => {
    for (const one of alone) one.disconnect();
  });
  for (const one of alone) await until('a master', () => one.status === 'ready');
  const sizes = await Promise.all(alone.map((one) => one.dbsize()));
  expect(sizes.filter((size) => size > 0).length).toBeGreaterThan(1);
  await Promise.all(alone.map((one) => one.flushall()));
  await stands(parts, 'a', 'b');
  await until('both to be known again', () => facts.figures.repeated >= 2);
  expect(taken.sort()).toEqual(['a', 'b']);
});

it('R-HA-6, R-SHD-2: when the master of sentinels dies, beats, leases and couples come back on the new one', async () => {
  const servers = await startSentinel();
  onTestFinished(() => servers.stop());
  const { sentinel, masterName, master, replica } = servers;
  const parts = await partsOn({ sentinels: [sentinel], masterName }, 60_000);
  parts.outbox.tell([couple('a')]);
  await stands(parts, 'a');
  await master.crash();
  parts.outbox.tell([couple('b')]);
  await stands(parts, 'a', 'b');
  expect(await parts.redis.info('server')).toContain(`tcp_port:${replica.port}`);
});

// It keeps its port and its connections: only its silence and the sentinel tell.
it.skipIf(!process.env['TWINREEL_FULL'])(
  'R-HA-6, R-SHD-2: when the master of sentinels hangs, beats, leases and couples come back on the new one',
  async () => {
    const servers = await startSentinel();
    onTestFinished(() => servers.stop());
    const { sentinel, masterName, master, replica } = servers;
    const parts = await partsOn({ sentinels: [sentinel], masterName }, 60_000);
    parts.outbox.tell([couple('a')]);
    await stands(parts, 'a');
    const hanging = connectRedis({ url: master.url, commandTimeoutMs: 500, log: { warn() {} } });
    onTestFinished(() => hanging.disconnect());
    await until('the master', () => hanging.status === 'ready');
    await expect(hanging.call('DEBUG', 'SLEEP', '15')).rejects.toThrow('timed out');
    parts.outbox.tell([couple('b')]);
    await until('the new master', async () =>
      (await parts.redis.info('server').catch(() => '')).includes(`tcp_port:${replica.port}`),
    );
    await stands(parts, 'a', 'b');
  },
);
