// The leases of the shards that a core holds: kept, tried for, let go, through Redis. While Redis is away nobody gets one, and who
// has one loses it by its own clock: then it is presumed to be the one who acts still. Must never make anything wait.

import { leaseKey, type RedisConnection, readScript } from '#cluster/redis';
import type { Clock } from '#src/ports';
import type { Mandate } from '#src/shards';
import {
  actsUnder,
  answered,
  fenced,
  type Lease,
  type LeaseAnswer,
  newLease,
  presumedUnder,
  released,
  unanswered,
  withSeen,
} from './lease.ts';

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

  /**
   * The number of the lease that this core had when Redis fell silent, for as long as it is; 0 where Redis has never told of a holder:
   * then it is for others to know who goes first. Undefined while Redis answers, and for who knows of another holder.
   */
  presumedUnder(shard: string): number | undefined {
    return presumedUnder(this.#leases.get(shard));
  }

  /** Somebody tells of a number under which a shard's lease is held: the next one is above it, also when Redis has forgotten it. */
  seen(shard: string, n: number): void {
    this.#change(shard, (lease) => withSeen(lease, n));
  }

  /** Under which lease somebody acts, or did last, as far as is known here. */
  mandate(shard: string): Mandate | undefined {
    const lease = this.#leases.get(shard);
    if (!lease || lease.phase === 'unknown' || lease.n === 0) return undefined;
    const holder = lease.phase === 'theirs' ? lease.holder : this.#options.holder;
    return { shard, epoch: { n: lease.n, holder } };
  }

  /** Who was ordered under `n` knows a later one: this core acts no more, until it has a number that is higher by far. */
  fenced(shard: string, n: number): void {
    this.#change(shard, (lease) => fenced(lease, n));
  }

  /** Asks Redis once for each. Resolves when all is answered, or was not in time. */
  async look(wishes: ReadonlyMap<string, Wish>): Promise<void> {
    const sentMs = this.#options.clock.monotonicMs();
    // The next look comes anyway; the connection says that Redis is away.
    const ask = ([shard, wish]: [string, Wish]) =>
      this.#ask(shard, wish, sentMs).catch(() => this.#change(shard, (lease) => unanswered(lease, sentMs)));
    await Promise.all([...wishes].map(ask));
  }

  /** Knows these shards only from now on. */
  retain(shards: ReadonlySet<string>): void {
    for (const shard of this.#leases.keys()) if (!shards.has(shard)) this.#leases.delete(shard);
  }

  async #ask(shard: string, wish: Wish, sentMs: number): Promise<void> {
    const { holder, leaseMs } = this.#options;
    const lease = this.#leases.get(shard) ?? newLease();
    const key = leaseKey(shard);
    if (wish === 'leave') {
      // Before Redis knows: nobody acts for a moment, instead of two.
      if (lease.phase !== 'theirs') this.#leases.set(shard, released(lease));
      if (!isHeld(lease)) return;
      await this.#scripts.releaseLease(key, holder, lease.n);
    } else if (isHeld(lease)) {
      this.#learn(shard, await this.#scripts.renewLease(key, holder, leaseMs, lease.n), sentMs);
    } else if (wish === 'take') {
      this.#learn(shard, await this.#scripts.acquireLease(key, holder, leaseMs, lease.seenN), sentMs);
    }
  }

  #learn(shard: string, answer: LeaseAnswer, sentMs: number): void {
    this.#change(shard, (lease) => answered(lease, answer, sentMs, this.#options.leaseMs));
  }

  #change(shard: string, change: (lease: Lease) => Lease): void {
    this.#leases.set(shard, change(this.#leases.get(shard) ?? newLease()));
  }
}

/** It stands in Redis under our name, or did when Redis last answered. */
function isHeld(
  lease: Lease,
): lease is Extract<Lease, { readonly n: number }> & { readonly phase: 'ours' | 'presumed' } {
  return lease.phase === 'ours' || (lease.phase === 'presumed' && lease.n > 0);
}
