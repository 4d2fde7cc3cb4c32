// The leases of the shards that a core holds: kept, tried for, let go, through Redis. While Redis is away nobody gets one, and who
// has one loses it by its own clock: then all holders act as twins. Must never make anything wait.

import { leaseKey, type RedisConnection, readScript } from '#cluster/redis';
import type { Clock } from '#src/ports';
import type { Mandate } from '#src/shards';
import { actsUnder, answered, fenced, type Lease, type LeaseAnswer, newLease, released, withSeen } from './lease.ts';

export interface LeasesOptions {
  readonly redis: RedisConnection;
  /** Names this process for all others, and for its next life. */
  readonly holder: string;
  /** Life of a lease that is not renewed. */
  readonly leaseMs: number;
  readonly clock: Clock;
}

/** `take`: as soon as it is free; `keep`: only while it is ours; `leave`: ours no more. */
export type Wish = 'take' | 'keep' | 'leave';

interface Scripts {
  acquireLease(key: string, holder: string, leaseMs: number, seenN: number): Promise<LeaseAnswer>;
  renewLease(key: string, holder: string, leaseMs: number, n: number): Promise<LeaseAnswer>;
  releaseLease(key: string, holder: string, n: number): Promise<0 | 1>;
}

export class Leases {
  readonly #options: LeasesOptions;
  readonly #scripts: Scripts;
  readonly #leases = new Map<string, Lease>();

  constructor(options: LeasesOptions) {
    this.#options = options;
    const { redis } = options;
    for (const verb of ['acquire', 'renew', 'release'])
      redis.defineCommand(`${verb}Lease`, {
        numberOfKeys: 1,
        lua: readScript(import.meta.url, `${verb}-lease-1`),
      });
    this.#scripts = redis as unknown as Scripts;
  }

  /** The number under which this core acts for a shard at this moment; undefined while it does not. */
  actsUnder(shard: string): number | undefined {
    return actsUnder(this.#leases.get(shard), this.#options.clock.monotonicMs());
  }

  /** Somebody tells of a number under which a shard's lease is held: the next one is above it, also when Redis has forgotten it. */
  seen(shard: string, n: number): void {
    const lease = this.#leases.get(shard);
    this.#leases.set(shard, withSeen(lease ?? newLease(), n));
  }

  /** Under which lease somebody acts, or did last, as far as is known here. */
  mandate(shard: string): Mandate | undefined {
    const lease = this.#leases.get(shard);
    if (!lease || lease.phase === 'unknown') return undefined;
    const holder = lease.phase === 'ours' ? this.#options.holder : lease.holder;
    return { shard, epoch: { n: lease.n, holder } };
  }

  /** Who was ordered under `n` knows a later one: this core acts no more, until it has a number that is higher by far. */
  fenced(shard: string, n: number): void {
    this.#leases.set(shard, fenced(this.#leases.get(shard) ?? newLease(), n));
  }

  /** Asks Redis once for each. Resolves when all is answered; what was not answered in time is as before. */
  async look(wishes: ReadonlyMap<string, Wish>): Promise<void> {
    await Promise.all([...wishes].map(([shard, wish]) => this.#ask(shard, wish).catch(ignored)));
  }

  /** Knows these shards only from now on. */
  retain(shards: ReadonlySet<string>): void {
    for (const shard of this.#leases.keys()) if (!shards.has(shard)) this.#leases.delete(shard);
  }

  async #ask(shard: string, wish: Wish): Promise<void> {
    const { holder, leaseMs, clock } = this.#options;
    const lease = this.#leases.get(shard) ?? newLease();
    const key = leaseKey(shard);
    const sentMs = clock.monotonicMs();
    if (wish === 'leave') {
      if (lease.phase !== 'ours') return;
      // Before Redis knows: nobody acts for a moment, instead of two.
      this.#leases.set(shard, released(lease));
      await this.#scripts.releaseLease(key, holder, lease.n);
    } else if (lease.phase === 'ours') {
      this.#learn(shard, await this.#scripts.renewLease(key, holder, leaseMs, lease.n), sentMs);
    } else if (wish === 'take') {
      this.#learn(shard, await this.#scripts.acquireLease(key, holder, leaseMs, lease.seenN), sentMs);
    }
  }

  #learn(shard: string, answer: LeaseAnswer, sentMs: number): void {
    const lease = this.#leases.get(shard) ?? newLease();
    this.#leases.set(shard, answered(lease, answer, sentMs, this.#options.leaseMs));
  }
}

/** The next look comes anyway; the connection says that Redis is away. */
const ignored = () => {};
