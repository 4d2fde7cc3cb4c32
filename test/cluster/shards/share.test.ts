// Cores as they share DNs out among themselves, on a real Redis; their telephony server answers when the test says so.

import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { drain, Presence, rebalance } from '#cluster/presence';
import { connectRedis } from '#cluster/redis';
import { Share } from '#cluster/shards';
import { systemClock } from '#src/ports';
import { until } from '../../harness/processes.ts';
import { startRedis, type TestRedis } from '../../harness/redis.ts';

let server: TestRedis;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(async () => {
  const redis = await connected();
  await redis.flushall();
});

const dns = Array.from({ length: 40 }, (_, index) => `${7_000 + index}`);
const site = { tenant: 'acme', switch: 'sip-1', dns };
const leaseMs = 300;
const beatMs = 120;

async function connected() {
  const redis = connectRedis({ url: server.url, commandTimeoutMs: 500, log: { warn: () => {} } });
  onTestFinished(() => redis.disconnect());
  await until('the connection', () => redis.status === 'ready');
  return redis;
}

/** A core that shares; `server: slow` does not register anything until `register` is called. */
async function core(node: string, telephony: 'quick' | 'slow' = 'quick', more: object = {}) {
  const redis = await connected();
  let presence: Presence | undefined;
  const watched = () => dns.filter((dn) => share.isWatched('acme', 'sip-1', dn));
  const register = () => {
    for (const dn of watched()) share.registrations.stands('acme', 'sip-1', dn);
    share.registrations.settled('acme', 'sip-1', watched().length);
  };
  const share: Share = new Share({
    redis,
    node,
    process: 'core',
    dnsPerShardMax: 10,
    coverage: 2,
    ranges: [],
    leaseMs,
    goneMs: 800,
    settleMs: 60_000,
    beatMs,
    clock: systemClock,
    tell: () => presence?.tell(),
    changed: () => {
      if (telephony === 'quick') register();
    },
    ...more,
  });
  share.know([site]);
  presence = new Presence({
    redis,
    node,
    process: 'core',
    pid: 1,
    beatMs,
    clock: systemClock,
    figures: () => ({}),
    share: () => share.told,
    onNode: (phase) => share.nodeIs(phase),
  });
  const stop = async () => {
    await share.stop();
    await presence.stop();
  };
  onTestFinished(stop);
  const acts = () => dns.filter((dn) => share.dutyOf('acme', dn).phase === 'acts');
  /** Its process dies: nothing is said any more. */
  const die = () => redis.disconnect();
  return { share, watched, acts, register, stop, die, redis };
}

type TestCore = Awaited<ReturnType<typeof core>>;

/** Nobody holds a DN without need, and for each DN one acts. */
function isSharedOut(cores: readonly TestCore[], coverage: number): boolean {
  return dns.every(
    (dn) =>
      cores.filter(({ share }) => share.isWatched('acme', 'sip-1', dn)).length === coverage &&
      cores.filter(({ acts }) => acts().includes(dn)).length === 1,
  );
}

describe('cores that share DNs', () => {
  it('R-SHD-1: one alone watches everything and acts; two watch everything, and one acts for each DN', async () => {
    const a = await core('a');
    await until('all of it', () => isSharedOut([a], 1));
    const duty = a.share.dutyOf('acme', '7000');
    expect(duty).toMatchObject({ phase: 'acts', epoch: { n: 1, holder: 'a/core' } });
    const b = await core('b');
    await until('both', () => isSharedOut([a, b], 2));
    expect(b.acts()).toEqual([]);
    await rebalance(b.redis, 1);
    await until('what is for b to act for', () => isSharedOut([a, b], 2) && b.acts().length > 0 && a.acts().length > 0);
  });

  it('R-SHD-1, R-SHD-2: a third takes its share, and nobody lets go of a DN before it is watched there', async () => {
    const [a, b] = [await core('a'), await core('b')];
    await until('both', () => isSharedOut([a, b], 2));
    const c = await core('c', 'slow');
    await until('what c is to watch', () => c.watched().length > 0);
    await until('both to hand over', () =>
      [a, b].some(({ share }) => share.told.shards.some(({ part }) => part === 'hands-over')),
    );
    expect([a.watched(), b.watched()]).toEqual([dns, dns]);
    c.register();
    await until('all to be shared out', () => isSharedOut([a, b, c], 2));
    expect(c.watched().length).toBeLessThan(dns.length);
  });

  it('R-SHD-2: of one that dies the other acts within the life of a lease; its DNs are watched by a third when it stays away', async () => {
    const [a, b, c] = [await core('a'), await core('b'), await core('c')];
    await until('all to be shared out', () => isSharedOut([a, b, c], 2));
    a.die();
    await until('others to act', () => dns.every((dn) => [b, c].some(({ acts }) => acts().includes(dn))));
    await until('others to watch', () => isSharedOut([b, c], 2));
  });

  it('R-HA-5, R-SHD-2: a node that is drained hands all it holds over, and is given its share again', async () => {
    const [a, b] = [await core('a'), await core('b')];
    await until('both', () => isSharedOut([a, b], 2));
    await drain(b.redis, 'a', 'draining');
    await until('b alone', () => isSharedOut([b], 1) && a.watched().length === 0);
    expect(a.share.isElsewhere('acme', '7000')).toBe(true);
    expect(a.share.dutyOf('acme', '7000')).toEqual({ phase: 'stands-by' });
    await b.redis.flushall();
    await drain(b.redis, 'a', 'open');
    await until('both', () => isSharedOut([a, b], 2));
  });

  it('R-SHD-2: who loses its telephony server lets the other act', async () => {
    const [a, b] = [await core('a'), await core('b', 'slow')];
    await until('a to act', () => isSharedOut([a], 1));
    await until('b to watch', () => b.watched().length === dns.length);
    a.share.registrations.lost('acme', 'sip-1');
    await until('nobody to act', () => a.acts().length === 0);
    expect(a.watched()).toEqual(dns);
    b.register();
    await until('b to act', () => b.acts().length === dns.length);
  });

  it('R-SHD-2: a Redis that forgets everything, or is away, takes no DN from anybody', async () => {
    const [a, b] = [await core('a'), await core('b')];
    await until('both', () => isSharedOut([a, b], 2));
    await a.redis.flushall();
    await until('all as before', () => isSharedOut([a, b], 2));
    const before = [a.acts(), b.acts()];
    await server.crash();
    const isPresumed = (dn: string) =>
      [a, b].some(({ share }) => JSON.stringify(share.dutyOf('acme', dn)).includes('presumed'));
    await until('who acted to go on without a lease', () => dns.every(isPresumed));
    expect([a.acts(), b.acts()]).toEqual(before);
    expect([a.watched(), b.watched()]).toEqual([dns, dns]);
    await server.restart();
    await until('all as before', () => isSharedOut([a, b], 2));
  });

  it('R-SHD-2: who starts while Redis is away watches everything', async () => {
    await server.crash();
    onTestFinished(() => server.restart());
    const redis = connectRedis({ url: server.url, commandTimeoutMs: 500, log: { warn: () => {} } });
    onTestFinished(() => redis.disconnect());
    const share = new Share({
      ...{ redis, node: 'a', process: 'core', dnsPerShardMax: 10, coverage: 2, ranges: [] },
      ...{ leaseMs, goneMs: 800, settleMs: 60_000, beatMs, clock: systemClock },
      changed: () => {},
      tell: () => {},
    });
    onTestFinished(() => share.stop());
    share.know([site]);
    await until('all to be watched', () => dns.every((dn) => share.isWatched('acme', 'sip-1', dn)));
    expect(share.dutyOf('acme', '7000')).toEqual({ phase: 'stands-by' });
    share.registrations.settled('acme', 'sip-1', dns.length);
    const duty = () => share.dutyOf('acme', '7000');
    await until('it to act', () => duty().phase === 'acts');
    expect(duty()).toMatchObject({ presumed: true, epoch: { n: 0, holder: 'a/core' } });
  });
});
