// The one way to Redis, be it one server, a master that sentinels know, or a Redis Cluster: every command has a time-out, reconnection
// goes on for ever, and being away is no reason to stop.

import type { EventEmitter } from 'node:events';
import {
  type ChainableCommander,
  Cluster,
  Redis,
  type RedisCommander,
  type RedisOptions as RedisSettings,
} from 'ioredis';
import type { RedisPlace } from '#src/config';

export type RedisOptions = RedisPlace & Manners;

interface Manners {
  readonly commandTimeoutMs: number;
  /** Of a library that waits for Redis by itself: for an answer that may take as long as it likes, or for a connection only. */
  readonly waits?: 'for-answers' | 'for-connection';
  readonly log: { warn(fields: object, text: string): void };
}

type Of<Kind> = Extract<RedisPlace, Kind> & Manners;

/** What is the same of one server and of a cluster. Keys of one script or pipeline share a hash tag. */
export interface RedisConnection extends RedisCommander, EventEmitter {
  /** `ready`: commands are taken. */
  readonly status: string;
  pipeline(): ChainableCommander;
  defineCommand(name: string, definition: { lua: string; numberOfKeys: number }): void;
  disconnect(): void;
}

const retryMsMax = 1_000;
/** For a server that does not even refuse. */
const connectMsMax = 2_000;
/** Times the time-out of a command after which a connection over which nothing comes is given up. */
const silenceFactor = 4;
/** Servers of a cluster that a command is sent on to: a slot that moves, a master that has died. */
const redirectionsMax = 4;

/** For the library of jobs: what is asked while Redis is away is asked when it comes back. */
export function connectForJobs(options: RedisOptions, kind: 'commands' | 'blocking'): RedisConnection {
  return connectRedis({ ...options, waits: kind === 'blocking' ? 'for-answers' : 'for-connection' });
}

/** A client that connects in the background. Commands reject while Redis is away, which is said once: nothing queues up. */
export function connectRedis(options: RedisOptions): RedisConnection {
  const redis = 'cluster' in options ? clusterOf(options) : 'url' in options ? serverAt(options) : masterOf(options);
  sayOnceThatItIsAway(redis, options.log);
  return redis as RedisConnection;
}

function serverAt({ url, ...options }: Of<{ readonly url: string }>): Redis {
  return new Redis(url, { ...commonOf(options), retryStrategy: retryMs });
}

function masterOf(options: Of<{ readonly masterName: string }>): Redis {
  const { sentinels, masterName, sentinelPassword, tls } = options;
  return new NamedMaster({
    ...commonOf(options),
    retryStrategy: retryMs,
    sentinels: sentinels.map(hostAndPort),
    name: masterName,
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    ...(tls && { tls: {}, enableTLSForSentinelMode: true, sentinelTLS: {} }),
    sentinelRetryStrategy: retryMs,
    sentinelCommandTimeout: connectMsMax,
    // A master that hangs keeps its connections: sentinels say who it is now.
    failoverDetector: true,
    // Who was the master until now, and has heard that it is not, answers so.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
  });
}

/**
 * A sentinel may tell of a new master at the very moment in which another one is asked who it is: the library then takes the
 * question for cancelled and the connection for ended. Only who disconnects it ends it here.
 */
class NamedMaster extends Redis {
  #isWanted = true;

  constructor(options: RedisSettings & { readonly replyMapping?: 'legacy' }) {
    super(options);
    this.on('end', () => {
      if (this.#isWanted) setTimeout(() => this.#connectAgain(), retryMs(1));
    });
  }

  override disconnect(reconnect = false): void {
    if (!reconnect) this.#isWanted = false;
    super.disconnect(reconnect);
  }

  #connectAgain(): void {
    // Why it fails is an event of its own.
    if (this.#isWanted) this.connect().catch(() => {});
  }
}

function clusterOf(options: Of<{ readonly cluster: readonly string[] }>): Cluster {
  const { cluster, tls, waits } = options;
  return new Cluster(cluster.map(hostAndPort), {
    redisOptions: { ...commonOf(options), ...(tls && { tls: {} }) },
    // A certificate is of a name, not of the address that it stands for.
    ...(tls && { dnsLookup: (name, looked) => looked(null, name) }),
    clusterRetryStrategy: retryMs,
    enableOfflineQueue: waits !== undefined,
    maxRedirections: redirectionsMax,
    slotsRefreshTimeout: connectMsMax,
  });
}

/** What holds of every connection to a server. */
function commonOf({
  user,
  password,
  commandTimeoutMs,
  waits,
}: Pick<RedisOptions, 'user' | 'password' | 'commandTimeoutMs' | 'waits'>) {
  return {
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
    connectTimeout: connectMsMax,
    ...(waits !== 'for-answers' && {
      commandTimeout: commandTimeoutMs,
      socketTimeout: commandTimeoutMs * silenceFactor,
    }),
    ...(waits === undefined
      ? { enableOfflineQueue: false, maxRetriesPerRequest: 0 }
      : { enableReadyCheck: false, maxRetriesPerRequest: null }),
  };
}

function retryMs(attempt: number): number {
  return Math.min(50 * attempt, retryMsMax);
}

/** Of `host:port` or `[address]:port`. */
function hostAndPort(place: string): { host: string; port: number } {
  const colon = place.lastIndexOf(':');
  return { host: place.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(place.slice(colon + 1)) };
}

function sayOnceThatItIsAway(redis: EventEmitter, log: Manners['log']): void {
  let away = false;
  let why = 'the connection was closed';
  redis.on('ready', () => {
    away = false;
  });
  redis.on('error', ({ message }: Error) => {
    why = message;
  });
  redis.on('reconnecting', () => {
    if (!away) log.warn({ error: why }, 'redis is away');
    away = true;
  });
}
