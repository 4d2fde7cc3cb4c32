// Takes facts from the streams, each at least once, in the order of its stream, one at a time, as one of a group that shares them.
// What was taken before is not passed on again; what cannot be taken is tried some times and set aside; what never came is asked for
// from who tells it. Must never hold up who tells.

import { listBeats } from '#cluster/presence';
import {
  factStreams,
  factsAskedKey,
  factsKey,
  factsSetAsideKey,
  factsTakenKey,
  type RedisConnection,
} from '#cluster/redis';
import { messageOf } from '#src/errors';
import type { Clock, Timer } from '#src/ports';
import type { Fact } from './fact.schema.ts';
import { Taken } from './taken.ts';
import { readTold, type Told } from './told.ts';

export interface ConsumeOptions {
  readonly redis: RedisConnection;
  /** Consumers of one group share the facts; each group gets them all. */
  readonly group: string;
  /** Another one for each process of the group, and the same one when it comes back. */
  readonly consumer: string;
  readonly clock: Clock;
  /**
   * Takes a fact for good before it resolves; when it rejects the fact comes again. May get a fact twice, and of one subject an older one
   * after a newer: of what one writer tells of a subject the highest offset counts.
   */
  readonly onFact: (fact: Fact, told: Told) => Promise<void>;
  readonly log: { warn(fields: object, text: string): void; error(fields: object, text: string): void };
  /** Gets everything that is still told, as if nothing had been taken: for who has lost what it made of it. */
  readonly again?: boolean;
  /** Between two readings when nothing was there. */
  readonly pollMs?: number;
  /** Between two looks whether something never came. */
  readonly lookMs?: number;
  /** After which a fact that was not taken comes again, if need be to another consumer. */
  readonly stuckMs?: number;
}

export interface FactConsumer {
  /** Since it began. */
  readonly figures: Readonly<Record<'taken' | 'repeated' | 'setAside' | 'askedFor', number>>;
  /** Resolves when the fact in hand is taken. */
  stop(): Promise<void>;
}

/** The first offset that never came, and when it was asked for. */
interface Missing {
  readonly first: number;
  readonly askedMs: number;
}

type Entry = readonly [id: string, fields: readonly string[]];

const readMax = 64;
const deliveriesMax = 5;
const setAsideMax = 1_000;
/** Between asking for the same once more. */
const askAgainMs = 15_000;
const askedKeptMs = 60_000;

/** Begins to take facts; Redis away is waited for. */
export function consumeFacts(options: ConsumeOptions): FactConsumer {
  return new Consumer(options);
}

class Consumer implements FactConsumer {
  readonly figures = { taken: 0, repeated: 0, setAside: 0, askedFor: 0 };
  readonly #options: Required<ConsumeOptions>;
  /** What was taken for good, by this consumer and the others of its group. */
  readonly #taken = new Taken();
  /** What has come, also if it could not be taken yet. */
  readonly #come = new Taken();
  /** By stream and writer, as at the last look. */
  #missing = new Map<string, Missing>();
  readonly #running: Promise<void>;
  #phase: 'running' | 'stopped' = 'running';
  #waiting: { readonly timer: Timer; readonly resolve: () => void } | undefined;
  #lookedMs = 0;
  #claimedMs = 0;

  constructor(options: ConsumeOptions) {
    this.#options = { again: false, pollMs: 200, lookMs: 2_000, stuckMs: 10_000, ...options };
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#phase = 'stopped';
    this.#waiting?.timer.cancel();
    this.#waiting?.resolve();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#is('running') && !(await this.#begin().then(...settled))) await this.#wait();
    while (this.#is('running')) {
      // Away, Redis says so itself.
      const count = await this.#round().catch(() => 0);
      if (count === 0) await this.#wait();
    }
  }

  async #begin(): Promise<void> {
    const { redis, group, again } = this.#options;
    if (again) {
      await redis.del(factsTakenKey(group));
      for (let stream = 0; stream < factStreams; stream += 1)
        await redis.xgroup('DESTROY', factsKey(stream), group).catch(ignored);
    }
    await this.#learn();
  }

  /** What others of the group have taken, and an earlier process of this one. */
  async #learn(): Promise<void> {
    const { redis, group } = this.#options;
    const known = await redis.hgetall(factsTakenKey(group));
    for (const [field, text] of Object.entries(known)) {
      const name = field.slice(field.indexOf(' ') + 1);
      this.#taken.read(name, text);
      this.#come.read(name, text);
    }
  }

  /** Gives how many entries there were. */
  async #round(): Promise<number> {
    const { clock, stuckMs, lookMs } = this.#options;
    let count = 0;
    for (let stream = 0; stream < factStreams && this.#is('running'); stream += 1) {
      const entries = await this.#read(stream);
      await this.#take(stream, entries);
      count += entries.length;
    }
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#claimedMs >= stuckMs / 2) {
      this.#claimedMs = nowMs;
      for (let stream = 0; stream < factStreams && this.#is('running'); stream += 1) await this.#claim(stream);
    }
    // Who still has something to read does not know yet what is missing.
    if (count === 0 && nowMs - this.#lookedMs >= lookMs) {
      this.#lookedMs = nowMs;
      await this.#look();
    }
    return count;
  }

  async #read(stream: number): Promise<readonly Entry[]> {
    const { redis, group, consumer } = this.#options;
    const key = factsKey(stream);
    try {
      const read = await redis.xreadgroup('GROUP', group, consumer, 'COUNT', readMax, 'STREAMS', key, '>');
      return (read as [[string, Entry[]]] | null)?.[0]?.[1] ?? [];
    } catch (error) {
      // Nobody has written there yet, or Redis has forgotten it.
      if (!messageOf(error).startsWith('NOGROUP')) throw error;
      await redis.xgroup('CREATE', key, group, '0', 'MKSTREAM');
      await this.#save(stream);
      return [];
    }
  }

  async #take(stream: number, entries: readonly Entry[]): Promise<void> {
    const { redis, group, onFact, log } = this.#options;
    const ended: string[] = [];
    for (const [id, fields] of entries) {
      if (!this.#is('running')) break;
      let told: ReturnType<typeof readTold>;
      try {
        told = readTold(fields);
      } catch (error) {
        await this.#setAside(stream, [id, fields], messageOf(error));
        continue;
      }
      this.#come.add(stream, told);
      try {
        const { fact, ...where } = told;
        if (this.#taken.has(stream, told)) this.figures.repeated += 1;
        else {
          await onFact(fact, where);
          this.figures.taken += 1;
        }
        this.#taken.add(stream, told);
        ended.push(id);
      } catch (error) {
        log.warn({ stream, id, error: messageOf(error) }, 'a fact could not be taken, it comes again');
      }
    }
    if (ended.length === 0) return;
    await this.#save(stream);
    await redis.xack(factsKey(stream), group, ...ended);
  }

  /** What nobody has taken for too long comes again, to us. */
  async #claim(stream: number): Promise<void> {
    const { redis, group, consumer, stuckMs } = this.#options;
    const key = factsKey(stream);
    const claimed = await redis.xautoclaim(key, group, consumer, stuckMs, '0-0', 'COUNT', readMax);
    const entries = claimed[1] as Entry[];
    if (entries.length === 0) return;
    const [first, last] = [entries[0]![0], entries.at(-1)![0]];
    const pending = await redis.xpending(key, group, first, last, readMax, consumer);
    const deliveries = new Map((pending as [string, string, number, number][]).map((one) => [one[0], one[3]]));
    for (const entry of entries)
      if ((deliveries.get(entry[0]) ?? 0) > deliveriesMax)
        await this.#setAside(stream, entry, `it was not taken in ${deliveriesMax} attempts`);
      else await this.#take(stream, [entry]);
  }

  async #setAside(stream: number, [id, fields]: Entry, why: string): Promise<void> {
    const { redis, group, log } = this.#options;
    const pipeline = redis.pipeline();
    pipeline.xadd(factsSetAsideKey(stream, group), 'MAXLEN', '~', setAsideMax, '*', ...fields, 'why', why);
    pipeline.xack(factsKey(stream), group, id);
    for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
    this.figures.setAside += 1;
    log.error({ alarm: 'fact-set-aside', stream, id, error: why }, 'alarm');
    try {
      this.#taken.add(stream, readTold(fields));
      await this.#save(stream);
    } catch {} // who cannot be read is not known either
  }

  async #save(stream: number): Promise<void> {
    const { redis, group, consumer } = this.#options;
    const fields = [...this.#taken.texts(stream)].map(([name, text]) => [`${consumer} ${name}`, text] as const);
    if (fields.length > 0) await redis.hset(factsTakenKey(group), new Map(fields));
  }

  /** Asks whoever tells for what never came: what is missing at two looks, one after the other. */
  async #look(): Promise<void> {
    const { redis, clock } = this.#options;
    const beats = await listBeats(redis);
    await this.#learn();
    const missing = new Map<string, Missing>();
    const nowMs = clock.monotonicMs();
    for (const { facts } of beats)
      for (const [stream, head] of facts?.heads.entries() ?? []) {
        const { writer } = facts!;
        const first = this.#come.firstMissing(stream, writer, head);
        if (first === undefined) continue;
        const key = factsAskedKey(stream, writer);
        const before = this.#missing.get(key);
        let askedMs = before?.first === first ? before.askedMs : Number.NEGATIVE_INFINITY;
        if (before?.first === first && nowMs - askedMs >= askAgainMs) {
          await redis.set(key, String(first), 'PX', askedKeptMs);
          this.figures.askedFor += 1;
          askedMs = nowMs;
        }
        missing.set(key, { first, askedMs });
      }
    this.#missing = missing;
  }

  #wait(): Promise<void> {
    const { clock, pollMs } = this.#options;
    return new Promise((resolve) => {
      this.#waiting = { timer: clock.after(pollMs, resolve), resolve };
    });
  }

  #is(phase: 'running' | 'stopped'): boolean {
    return this.#phase === phase;
  }
}

const settled = [() => true, () => false] as const;
const ignored = () => {};
