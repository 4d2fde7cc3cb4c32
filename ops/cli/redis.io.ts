// The Redis of the cluster, for as long as one command needs it.

import { readFile } from 'node:fs/promises';
import { connectRedis, type RedisConnection } from '#cluster/redis';
import { redisPlaceOf, redisPlaceText } from '#src/config';
import { messageOf, TwinreelError } from '#src/errors';
import type { CliContext } from './context.ts';

/** Asks it. Rejects with `redis-unreachable` when none is configured or it is away. */
export async function withRedis<Answer>(
  { config, layout }: Pick<CliContext, 'config' | 'layout'>,
  ask: (redis: RedisConnection) => Promise<Answer>,
): Promise<Answer> {
  const embedded = () => readFile(layout.redisUrlFile, 'utf8').catch(() => undefined);
  const place = redisPlaceOf(config.redis, process.env['REDIS_URL'] ?? (await embedded()));
  if (!place) throw new TwinreelError('redis-unreachable', 'not configured: set redis.url or REDIS_URL');
  const { commandTimeoutMs } = config.redis;
  const redis = connectRedis({ ...place, commandTimeoutMs, log: { warn: () => {} } });
  try {
    await new Promise<void>((resolve, reject) => {
      redis.once('ready', resolve);
      redis.once('error', reject);
    });
    return await ask(redis);
  } catch (error) {
    throw new TwinreelError(
      'redis-unreachable',
      `away: ${messageOf(error)}`,
      { redis: redisPlaceText(place) },
      { cause: error },
    );
  } finally {
    redis.disconnect();
  }
}
