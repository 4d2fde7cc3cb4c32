// Facts on their way from one process to another: a real Redis, on loopback, and a journal on disk.

import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { consumeFacts, type Fact, Outbox } from '#cluster/outbox';
import { Presence } from '#cluster/presence';
import { connectRedis, coupleKey, factStreams, factsKey, factsSetAsideKey, type RedisConnection } from '#cluster/redis';
import { systemClock } from '#src/ports';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder, until } from '../../harness/processes.ts';
import { startRedis, type TestRedis } from '../../harness/redis.ts';
import { couple, finished, nameOf } from './facts.ts';

let server: TestRedis;
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(async () => {
  server = await startRedis({ appendonly: 'no' });
  folder = temporaryFolder('outbox');
});
afterEach(async () => {
  await server.stop();
  folder.remove();
});

async function connected(): Promise<RedisConnection> {
  const redis = connectRedis({ url: server.url, commandTimeoutMs: 500, log: { warn() {} } });
  onTestFinished(() => redis.disconnect());
  await until('Redis', () => redis.status === 'ready');
  return redis;
}

async function outboxOn(redis: RedisConnection, node = 'n1', lookMs = 50): Promise<Outbox> {
  const options = {
    redis,
    node,
    process: 'core',
    clock: systemClock,
    lookMs,
    bytesMax: 2 ** 20,
    onAlarm: ({ message }: { message: string }) => expect.fail(message),
  };
  const outbox = await Outbox.open(options, { folder: `${folder.path}/${node}`, ...journalKeys, onCut: () => {} });
  onTestFinished(() => outbox.close().catch(() => {}));
  return outbox;
}

/** Whoever takes facts, and keeps the names of those it took, in order. */
function listener(redis: RedisConnection, consumer = 'one', options: { fails?: (fact: Fact) => boolean } = {}) {
  const got: string[] = [];
  const facts = consumeFacts({
    ...{ redis, group: 'replay', consumer, clock: systemClock, pollMs: 10, lookMs: 40, stuckMs: 40 },
    log: { warn() {}, error() {} },
    onFact: async (fact) => {
      if (options.fails?.(fact)) throw new Error('not now');
      got.push(nameOf(fact));
    },
  });
  onTestFinished(() => facts.stop());
  return { got, facts };
}

const some = Array.from({ length: 40 }, (_, index) => `s${index}`);
const names = some.map((sid) => `${sid} NO_PROBLEM`);

describe('the outbox', () => {
  it('R-HA-6, R-SHD-2: facts wait for Redis, also over a restart, and are told once it is there', async () => {
    const redis = await connected();
    await server.crash();
    await until('Redis to be missed', () => redis.status !== 'ready');
    const before = await outboxOn(redis);
    before.tell(some.map((sid) => couple(sid, 'STILL_SAVING_STREAM')));
    before.tell([...some.map((sid) => couple(sid)), finished('t1')]);
    expect(before.untold).toBe(41);
    await before.close();
    const outbox = await outboxOn(redis);
    expect([outbox.untold, outbox.writer]).toEqual([41, before.writer]);
    await server.restart();
    await until('everything to be told', () => outbox.untold === 0);
    const { got } = listener(await connected());
    await until('everything to be taken', () => got.length === 41);
    expect(got.sort()).toEqual([...names, 'take t1'].sort());
    expect(JSON.parse((await redis.get(coupleKey('acme', 's3')))!)).toMatchObject({ sid: 's3', problem: 'NO_PROBLEM' });
  });

  it('R-HA-6: a Redis that was emptied, or begins anew with nothing, is told everything again; nobody gets anything twice', async () => {
    const redis = await connected();
    const outbox = await outboxOn(redis);
    outbox.tell(some.map((sid) => couple(sid)));
    const { got, facts } = listener(await connected());
    await until('everything to be taken', () => got.length === 40);
    const stands = async () => {
      const lengths = await Promise.all(Array.from({ length: factStreams }, (_, at) => redis.xlen(factsKey(at))));
      return lengths.reduce((sum, length) => sum + length, 0) >= 40;
    };
    await redis.flushall();
    await until('everything to be there again', stands);
    await server.crash();
    outbox.tell([finished('t2')]);
    await server.restart();
    await until('everything to be there again', async () => (await stands().catch(() => false)) === true);
    await until('what is new', () => got.includes('take t2'));
    await until('the rest to be known', () => facts.figures.repeated >= 40);
    expect([...got].sort()).toEqual([...names, 'take t2'].sort());
  });

  it('R-HA-6: who comes after an earlier process tells nothing again that Redis has', async () => {
    const redis = await connected();
    const before = await outboxOn(redis);
    before.tell(some.map((sid) => couple(sid)));
    await until('everything to be told', () => before.untold === 0);
    await before.close();
    const outbox = await outboxOn(redis);
    outbox.tell([couple('s1'), couple('new')]);
    await until('everything to be told', () => outbox.untold === 0);
    const lengths = await Promise.all(Array.from({ length: factStreams }, (_, at) => redis.xlen(factsKey(at))));
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(41);
  });
});

describe('who takes facts', () => {
  it('R-HA-6: asks who tells for what never came', async () => {
    const redis = await connected();
    const outbox = await outboxOn(redis);
    const beats = { redis, node: 'n1', process: 'core', pid: 1, beatMs: 30, clock: systemClock };
    const presence = new Presence({ ...beats, facts: () => outbox.heads, figures: () => ({}) });
    onTestFinished(() => presence.stop());
    outbox.tell(some.map((sid) => couple(sid)));
    await until('everything to be told', () => outbox.untold === 0);
    // The streams were cut before anybody had read them.
    await Promise.all(Array.from({ length: factStreams }, (_, at) => redis.xtrim(factsKey(at), 'MAXLEN', 0)));
    const { got, facts } = listener(await connected());
    await until('everything to be taken', () => got.length === 40);
    expect(got.sort()).toEqual([...names].sort());
    expect(facts.figures.askedFor).toBeGreaterThan(0);
  });

  it('R-HA-6: a fact that cannot be taken comes again, and is set aside in the end; the others go on', async () => {
    const redis = await connected();
    const outbox = await outboxOn(redis);
    let failures = 0;
    const { got, facts } = listener(await connected(), 'one', {
      fails: (fact) => {
        if (nameOf(fact) === 's1 NO_PROBLEM' && failures < 2) {
          failures += 1;
          return true;
        }
        return nameOf(fact).startsWith('s2 ');
      },
    });
    outbox.tell([couple('s1'), couple('s2'), couple('s3')]);
    await redis.xadd(factsKey(0), '*', 'nonsense', '1');
    await until('the hopeless ones to be set aside', () => facts.figures.setAside === 2);
    expect([...got].sort()).toEqual(['s1 NO_PROBLEM', 's3 NO_PROBLEM']);
    const aside = await Promise.all(
      Array.from({ length: factStreams }, (_, at) => redis.xrange(factsSetAsideKey(at, 'replay'), '-', '+')),
    );
    expect(aside.flat().map(([, fields]) => fields.at(-1))).toEqual(
      expect.arrayContaining(['it was not taken in 5 attempts', 'the entry does not say who tells it, and where']),
    );
  });

  it('R-HA-6: consumers of a group share the facts; who comes back gets only what is new, or everything when it asks for it', async () => {
    const redis = await connected();
    const outbox = await outboxOn(redis);
    const [one, two] = [listener(await connected(), 'one'), listener(await connected(), 'two')];
    outbox.tell(some.map((sid) => couple(sid)));
    await until('everything to be taken', () => one.got.length + two.got.length === 40);
    await Promise.all([one.facts.stop(), two.facts.stop()]);
    outbox.tell([couple('new')]);
    const back = listener(await connected(), 'one');
    await until('the new one', () => back.got.length > 0);
    expect(back.got).toEqual(['new NO_PROBLEM']);
    await back.facts.stop();
    const got: string[] = [];
    const again = consumeFacts({
      ...{ redis: await connected(), group: 'replay', consumer: 'one', clock: systemClock, again: true, pollMs: 10 },
      log: { warn() {}, error() {} },
      onFact: async (fact) => void got.push(nameOf(fact)),
    });
    onTestFinished(() => again.stop());
    await until('everything', () => got.length === 41);
  });
});
