// The one way to a Redis: every command has a time-out, reconnection goes on for ever, and being away is no reason to stop.

import { Redis } from 'ioredis';

export interface RedisOptions {
  readonly url: string;
  readonly commandTimeoutMs: number;
  readonly log: { warn(fields: object, text: string): void };
}

const retryMsMax = 1_000;

/** A client that connects in the background. Commands reject while Redis is away, which is said once: nothing queues up. */
export function connectRedis({ url, commandTimeoutMs, log }: RedisOptions): Redis {
  const redis = new Redis(url, {
    commandTimeout: commandTimeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * attempt, retryMsMax),
  });
  let away = false;
  let why = 'the connection was closed';
  redis.on('ready', () => {
    away = false;
  });
  redis.on('error', ({ message }) => {
    why = message;
  });
  redis.on('reconnecting', () => {
    if (!away) log.warn({ error: why }, 'redis is away');
    away = true;
  });
  return redis;
}
