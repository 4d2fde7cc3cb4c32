// Where Redis is, and how it is spoken with: one server, a master that sentinels know, or a Redis Cluster.

import { z } from 'zod';
import { hostPort, milliseconds } from './values.schema.ts';

export const redisSchema = z
  .strictObject({
    url: z
      .string()
      .regex(/^rediss?:\/\//, 'redis://host:port or rediss://host:port')
      .optional()
      .describe('where Redis is; without it, sentinels and cluster: REDIS_URL, else the embedded redis-server'),
    sentinels: z
      .array(hostPort)
      .max(16)
      .default([])
      .describe('sentinels that know which server is the master, instead of url'),
    masterName: z.string().min(1).max(255).optional().describe('what sentinels call the master'),
    cluster: z
      .array(hostPort)
      .max(64)
      .default([])
      .describe('servers of a Redis Cluster, of which one must answer, instead of url'),
    user: z.string().min(1).max(255).optional().describe('who we log in as; without it the default user'),
    password: z.string().max(1_024).optional().describe('password of the user').meta({ secret: true }),
    sentinelPassword: z.string().max(1_024).optional().describe('password of the sentinels').meta({ secret: true }),
    tls: z
      .boolean()
      .default(false)
      .describe('true: sentinels or cluster are reached over TLS, as with rediss:// in url'),
    commandTimeoutMs: milliseconds(60_000).default(500).describe('milliseconds a Redis command may take'),
    beatMs: milliseconds(60_000).default(1_000).describe('milliseconds between two signs of life of a process'),
  })
  .refine(({ url, sentinels }) => url === undefined || sentinels.length === 0, {
    path: ['sentinels'],
    message: 'only one of redis.url, redis.sentinels and redis.cluster',
  })
  .refine(({ url, sentinels, cluster }) => cluster.length === 0 || (url === undefined && sentinels.length === 0), {
    path: ['cluster'],
    message: 'only one of redis.url, redis.sentinels and redis.cluster',
  })
  .refine(({ sentinels, masterName }) => sentinels.length > 0 === (masterName !== undefined), {
    path: ['masterName'],
    message: 'redis.sentinels and the name of their master go together',
  })
  .refine(({ sentinels, cluster, tls }) => !tls || sentinels.length > 0 || cluster.length > 0, {
    path: ['tls'],
    message: 'only with redis.sentinels or redis.cluster; with redis.url say rediss://',
  })
  .refine(({ sentinels, sentinelPassword }) => sentinelPassword === undefined || sentinels.length > 0, {
    path: ['sentinelPassword'],
    message: 'only with redis.sentinels',
  });

type RedisSection = z.output<typeof redisSchema>;

/** Where Redis is and who we are there. Holds secrets: show {@link redisPlaceText} instead. */
export type RedisPlace = (
  | { readonly url: string }
  | {
      /** Each `host:port`. */
      readonly sentinels: readonly string[];
      readonly masterName: string;
      readonly sentinelPassword?: string | undefined;
    }
  | { readonly cluster: readonly string[] }
) & { readonly user?: string | undefined; readonly password?: string | undefined; readonly tls?: boolean };

/** What the configuration names, else `url`, which comes from the environment; undefined where there is neither. */
export function redisPlaceOf(redis: RedisSection, url: string | undefined): RedisPlace | undefined {
  const { sentinels, masterName, sentinelPassword, cluster, user, password, tls } = redis;
  const us = { user, password, tls };
  if (masterName !== undefined) return { sentinels, masterName, sentinelPassword, ...us };
  if (cluster.length > 0) return { cluster, ...us };
  const single = redis.url ?? url;
  return single ? { url: single, ...us } : undefined;
}

/** A place as it may be shown. */
export function redisPlaceText(place: RedisPlace): string {
  if ('url' in place) return URL.canParse(place.url) ? new URL(place.url).host : '(a url that cannot be read)';
  if ('cluster' in place) return `cluster ${place.cluster.join(', ')}`;
  return `${place.masterName} of sentinels ${place.sentinels.join(', ')}`;
}
