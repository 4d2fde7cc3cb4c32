// What a core knows of couples, for others: in Redis, where any process finds them, and here for whoever asks this core. Redis
// away costs nothing but that: the facts are in the journal, and the last word on each couple is told when Redis is back. A Redis that has
// forgotten anything of what it took (emptied, begun anew, a replica that became master) is told everything again.

import type { CoupleWord } from '#actors/call';
import { coupleKey, couplesStreamKey, couplesToldKey, type RedisConnection } from '#cluster/redis';
import type { Clock, Timer } from '#src/ports';
import type { Couple } from '#src/recording';

export interface CouplesOptions {
  readonly redis: RedisConnection | undefined;
  readonly node: string;
  /** How long a couple that has ended is kept in Redis. */
  readonly keptMs: number;
  readonly clock: Clock;
  /** Between two looks whether Redis still knows what it took. */
  readonly lookMs: number;
  /** Called before anybody is told: when it returns, kill -9 can no longer take what is told. */
  readonly secure: () => void;
}

/** Couples that have ended and are remembered here. */
const endedMax = 10_000;
/** Entries that the stream of couples keeps, about: each names the key of a couple that has changed. */
const streamMax = 100_000;
const batchMax = 100;
/** What changes again so soon is told once: asking for a recording, hearing that it is accepted, and that it runs are three changes. */
const settleMs = 100;
/** After a Redis that answered too late, or not at all. */
const retryMs = 500;

export class Couples {
  readonly #options: CouplesOptions;
  /** Both in the order of their last change. */
  readonly #running = new Map<string, CoupleWord>();
  readonly #ended = new Map<string, CoupleWord>();
  /** Not yet in Redis. */
  readonly #untold = new Map<string, CoupleWord>();
  #settling: Timer | undefined;
  #telling: Promise<void> | undefined;
  /** Names this life of the core, and how many batches Redis has taken from it. */
  readonly #life: number;
  #toldN = 0;
  #looking: Timer | undefined;

  constructor(options: CouplesOptions) {
    this.#options = options;
    this.#life = options.clock.nowMs();
    options.redis?.on('ready', () => void this.#look().then(() => this.#tell()));
    if (options.redis) this.#lookLater();
  }

  /** How many wait for Redis. */
  get untold(): number {
    return this.#untold.size;
  }

  tell(word: CoupleWord): void {
    const { sid, isEnded } = word;
    this.#running.delete(sid);
    this.#ended.delete(sid);
    (isEnded ? this.#ended : this.#running).set(sid, word);
    this.#forgetOldest();
    if (!this.#options.redis) return;
    this.#untold.set(sid, word);
    this.#tellAfter(settleMs);
  }

  /** Those that run first, the latest change first. */
  list(): readonly Couple[] {
    return [...this.#ended.values(), ...this.#running.values()].map(({ couple }) => couple).reverse();
  }

  /** What is not told yet is told by the next core, which has the same facts. */
  stop(): void {
    this.#settling?.cancel();
    this.#looking?.cancel();
  }

  #tellAfter(ms: number): void {
    this.#settling ??= this.#options.clock.after(ms, () => {
      this.#settling = undefined;
      this.#tell();
    });
  }

  #tell(): void {
    const { redis } = this.#options;
    if (!redis || this.#telling || this.#untold.size === 0 || redis.status !== 'ready') return;
    this.#telling = this.#write(redis).finally(() => {
      this.#telling = undefined;
    });
  }

  async #write(redis: RedisConnection): Promise<void> {
    while (this.#untold.size > 0) {
      const batch = this.#takeBatch();
      const pipeline = redis.pipeline();
      this.#options.secure();
      for (const { couple } of batch) {
        const key = coupleKey(couple.tenant, couple.sid);
        pipeline.set(key, JSON.stringify(couple), 'PX', this.#options.keptMs);
        pipeline.xadd(couplesStreamKey, 'MAXLEN', '~', streamMax, '*', 'node', this.#options.node, 'couple', key);
      }
      pipeline.set(couplesToldKey(this.#options.node), this.#told(this.#toldN + 1), 'GET');
      const ends = await pipeline.exec().catch((error: unknown): [Error][] => [[error as Error]]);
      if (!ends || ends.some(([error]) => error)) {
        for (const word of batch) if (!this.#untold.has(word.sid)) this.#untold.set(word.sid, word);
        this.#tellAfter(retryMs); // or when Redis is ready
        return;
      }
      const hasForgotten = this.#hasForgotten(ends.at(-1)?.[1]);
      this.#toldN += 1;
      if (hasForgotten) this.#tellAgain();
    }
  }

  #told(n: number): string {
    return `${this.#life}/${n}`;
  }

  #lookLater(): void {
    this.#looking = this.#options.clock.after(this.#options.lookMs, () => {
      this.#lookLater();
      void this.#look();
    });
  }

  /** Asks for the last batch while no other is written; each of them asks, too. A Redis that does not answer is asked again. */
  async #look(): Promise<void> {
    const { redis, node } = this.#options;
    const n = this.#toldN;
    if (!redis || this.#telling) return;
    const known = await redis.get(couplesToldKey(node)).catch(() => undefined);
    if (known === undefined || this.#telling || n !== this.#toldN || !this.#hasForgotten(known)) return;
    this.#tellAgain();
    this.#tellAfter(0);
  }

  /** By what Redis took for the last batch: a later one it may have taken without our hearing of it. */
  #hasForgotten(known: unknown): boolean {
    return this.#toldN > 0 && known !== this.#told(this.#toldN) && known !== this.#told(this.#toldN + 1);
  }

  #tellAgain(): void {
    for (const [sid, word] of [...this.#ended, ...this.#running])
      if (!this.#untold.has(sid)) this.#untold.set(sid, word);
  }

  #takeBatch(): CoupleWord[] {
    const batch: CoupleWord[] = [];
    for (const [sid, word] of this.#untold) {
      this.#untold.delete(sid);
      batch.push(word);
      if (batch.length === batchMax) break;
    }
    return batch;
  }

  #forgetOldest(): void {
    if (this.#ended.size <= endedMax) return;
    for (const sid of this.#ended.keys()) {
      this.#ended.delete(sid);
      return;
    }
  }
}
