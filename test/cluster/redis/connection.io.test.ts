import { describe, expect, it, onTestFinished } from 'vitest';
import { connectRedis, presenceIndexKey, presenceKey } from '#cluster/redis';
import { freeTcpPort } from '../../harness/ports.ts';
import { until } from '../../harness/processes.ts';
import { startRedis, startSentinel } from '../../harness/redis.ts';

/** The inner part of ioredis that listens to sentinels. */
interface Watched {
  readonly connector: { readonly failoverDetector: { disconnect(): void } };
}

/** A connection to `url`, and what it warned of. */
function connected(url: string, commandTimeoutMs = 2_000) {
  const warned: string[] = [];
  const log = { warn: (_: object, text: string) => void warned.push(text) };
  const redis = connectRedis({ url, commandTimeoutMs, log });
  onTestFinished(() => redis.disconnect());
  return { redis, warned };
}

describe('the connection to Redis', () => {
  it('R-SHD-2: is made again by itself; while Redis is away commands fail and nothing queues up', async () => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    const { redis, warned } = connected(server.url);
    await until('the connection', () => redis.status === 'ready');
    await redis.set('k', 'before');
    await server.crash();
    await until('the end of it', () => redis.status !== 'ready');
    await expect(redis.get('k')).rejects.toThrow();
    await server.restart();
    await until('the next one', () => redis.status === 'ready');
    expect(await redis.get('k')).toBe('before');
    expect(warned).toEqual(['redis is away']);
  });

  it('R-SHD-2: says once that Redis is away, however long it is', async () => {
    const { redis, warned } = connected(`redis://127.0.0.1:${await freeTcpPort()}`);
    let attempts = 0;
    redis.on('reconnecting', () => {
      attempts += 1;
    });
    await until('three attempts', () => attempts === 3);
    expect(warned).toEqual(['redis is away']);
  });

  it('R-SHD-2: gives up a command that Redis does not answer in time', async () => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    const { redis } = connected(server.url, 50);
    await until('the connection', () => redis.status === 'ready');
    await redis.call('CLIENT', 'PAUSE', '60000', 'ALL');
    await expect(redis.get('k')).rejects.toThrow('Command timed out');
    await until('a silent connection to be given up', () => redis.status !== 'ready');
  });

  it('R-HA-6: goes on when a sentinel tells of a new master while it is asked for the master', async () => {
    const servers = await startSentinel();
    onTestFinished(() => servers.stop());
    const { sentinel, masterName, master } = servers;
    const redis = connectRedis({ sentinels: [sentinel], masterName, commandTimeoutMs: 2_000, log: { warn() {} } });
    onTestFinished(() => redis.disconnect());
    await until('the connection', () => redis.status === 'ready');
    // What the library does on such a word, in the one moment in which it used to end the connection for good.
    const ended = new Promise<void>((resolve) => redis.once('end', resolve));
    redis.once('connecting', () => (redis as unknown as Watched).connector.failoverDetector.disconnect());
    await master.crash();
    await ended;
    await until('the new master', async () => (await redis.set('k', 'v').catch(() => '')) === 'OK');
  });

  it('R-HA-6: logs in, and says nothing of the password when it is wrong', async () => {
    const server = await startRedis({ requirepass: '4711' });
    onTestFinished(() => server.stop());
    const open = (password: string) => {
      const said: unknown[] = [];
      const log = { warn: (...words: unknown[]) => void said.push(words) };
      const redis = connectRedis({ url: server.url, password, commandTimeoutMs: 2_000, log });
      onTestFinished(() => redis.disconnect());
      return { redis, said };
    };
    const right = open('4711');
    await until('the connection', () => right.redis.status === 'ready');
    expect(await right.redis.set('k', 'v')).toBe('OK');
    const wrong = open('0815');
    await until('the refusal', () => wrong.said.length > 0);
    expect(JSON.stringify(wrong.said)).not.toContain('0815');
  });
});

describe('the keys of the cluster', () => {
  it('R-HA-6: of one script share a hash tag, so that a Redis Cluster keeps them on one node', () => {
    const tags = [presenceIndexKey, presenceKey('n1', 'recorder')].map((key) => /\{(.+)\}/.exec(key)?.[1]);
    expect(tags).toEqual(['presence', 'presence']);
  });
});
