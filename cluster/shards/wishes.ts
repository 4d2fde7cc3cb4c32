// What a core wishes of the lease of each shard: to have it as soon as it can act, and to give it back to who is to act first once that
// one has been there for a while. Pure.

import type { Wish } from '#cluster/leases';
import type { Member } from './members.ts';
import type { PlannedShard } from './plan.ts';

export interface WishesOptions {
  readonly self: string;
  /** How long who is to act first must be there before it is given the lease. */
  readonly settleMs: number;
  /** How long the lease is left to it. */
  readonly leaseMs: number;
}

export interface Standing {
  readonly isRegistered: (one: PlannedShard) => boolean;
  readonly acts: (one: PlannedShard) => boolean;
  readonly others: readonly Member[];
  readonly nowMs: number;
}

export class Wishes {
  readonly #options: WishesOptions;
  /** By shard: since when who is to act first could, while we act. */
  readonly #since = new Map<string, number>();
  /** By shard: until when the lease is left to it. */
  readonly #leftUntil = new Map<string, number>();
  #impatientUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: WishesOptions) {
    this.#options = options;
  }

  /** Whoever is to act first is given its leases as soon as it is there. */
  rebalance(nowMs: number): void {
    this.#impatientUntilMs = nowMs + this.#options.settleMs;
  }

  of(plan: readonly PlannedShard[], standing: Standing): Map<string, Wish> {
    return new Map(plan.map((one) => [one.shard.name, this.#wish(one, standing)] as const));
  }

  #wish(one: PlannedShard, { isRegistered, acts, others, nowMs }: Standing): Wish {
    const { self, settleMs, leaseMs } = this.#options;
    const { name, digest } = one.shard;
    const [first] = one.holders;
    if (one.part === 'none' || !isRegistered(one)) return 'leave';
    const couldAct = others.find((other) => other.name === first)?.registered.get(name)?.digest === digest;
    if (first === self || !couldAct || !acts(one)) {
      this.#since.delete(name);
      return (this.#leftUntil.get(name) ?? nowMs) > nowMs ? 'keep' : 'take';
    }
    const sinceMs = this.#since.get(name) ?? nowMs;
    this.#since.set(name, sinceMs);
    if (nowMs - sinceMs < settleMs && nowMs > this.#impatientUntilMs) return 'take';
    this.#since.delete(name);
    this.#leftUntil.set(name, nowMs + leaseMs);
    return 'leave';
  }
}
