// What a core knows of couples, for others: in Redis, where any process finds them, and here for whoever asks this core. Redis
// away costs nothing but that: the facts are in the journal, and the last word on each couple is told when Redis is back.

import type { Redis } from 'ioredis';
import { coupleKey, couplesStreamKey } from '#cluster/redis';
import type { Couple } from '#src/recording';

export interface CouplesOptions {
  readonly redis: Redis | undefined;
  readonly node: string;
  /** How long a couple that has ended is kept in Redis. */
  readonly keptMs: number;
}

/** Couples that are remembered here; the oldest that have ended go first. */
const rememberedMax = 10_000;
/** Entries that the stream of couples keeps, about. */
const streamMax = 100_000;

export class Couples {
  readonly #options: CouplesOptions;
  readonly #known = new Map<string, Couple>();
  /** Not yet in Redis. */
  readonly #untold = new Set<string>();
  #telling: Promise<void> | undefined;

  constructor(options: CouplesOptions) {
    this.#options = options;
    options.redis?.on('ready', () => this.#tell());
  }

  /** How many wait for Redis. */
  get untold(): number {
    return this.#untold.size;
  }

  tell(couple: Couple): void {
    // Changed last, remembered longest.
    this.#known.delete(couple.sid);
    this.#known.set(couple.sid, couple);
    if (this.#options.redis) this.#untold.add(couple.sid);
    this.#forgetOldest();
    this.#tell();
  }

  /** The latest first. */
  list(): readonly Couple[] {
    return [...this.#known.values()].reverse();
  }

  #tell(): void {
    const { redis } = this.#options;
    if (!redis || this.#telling || this.#untold.size === 0 || redis.status !== 'ready') return;
    this.#telling = this.#write(redis).finally(() => {
      this.#telling = undefined;
    });
  }

  async #write(redis: Redis): Promise<void> {
    while (this.#untold.size > 0) {
      const batch = [...this.#untold].slice(0, 100);
      const pipeline = redis.pipeline();
      for (const sid of batch) {
        this.#untold.delete(sid);
        const couple = this.#known.get(sid);
        if (!couple) continue;
        const text = JSON.stringify(couple);
        pipeline.set(coupleKey(couple.tenant, sid), text, 'PX', this.#options.keptMs);
        pipeline.xadd(couplesStreamKey, 'MAXLEN', '~', streamMax, '*', 'node', this.#options.node, 'couple', text);
      }
      const ends = await pipeline.exec().catch((error: unknown) => [[error]] as const);
      if (!ends || ends.some(([error]) => error)) {
        for (const sid of batch) this.#untold.add(sid);
        return; // told again when Redis is ready, or with the next couple
      }
    }
  }

  #forgetOldest(): void {
    if (this.#known.size <= rememberedMax) return;
    for (const [sid, couple] of this.#known) {
      if (couple.phase !== 'ended') continue;
      this.#known.delete(sid);
      this.#untold.delete(sid);
      return;
    }
  }
}
