// Redis as an outsider sees it: who holds the lease of each shard, looked at again and again, so that it can be judged how long the shards of
// one who is gone were nobody's; what cores say in their beats; and what a person may ask of them there.

import { type Beat, drain, listBeats, rebalance } from '#cluster/presence';
import { connectRedis, leaseKey, type RedisConnection } from '#cluster/redis';
import { systemClock, type Timer } from '#src/ports';
import { until } from './drilled-node.io.ts';
import type { DrilledPlace } from './drilled-redis.io.ts';

interface Held {
  readonly n: number;
  readonly holder: string;
}

const lookMs = 50;
const readyMsMax = 5_000;
const homeMsMax = 20_000;
const commandTimeoutMs = 500;

export class LeaseWatch {
  readonly #redis: RedisConnection;
  readonly #shards: readonly string[];
  readonly #held = new Map<string, Held>();
  /** Shards of a holder that is gone, by what it held them under; and those of them that were taken since, after how long. */
  #left = new Map<string, number>();
  readonly #reownedMs = new Map<string, number>();
  #faultMs = Number.NaN;
  #timer: Timer | undefined;

  private constructor(redis: RedisConnection, shards: readonly string[]) {
    this.#redis = redis;
    this.#shards = shards;
  }

  /** Watches the shards of which cores tell now; resolves when it has looked once. */
  static async open(place: DrilledPlace): Promise<LeaseWatch> {
    const redis = connectRedis({ ...place, commandTimeoutMs, log: { warn() {} } });
    const beats = await until('the beats of cores', () => listBeats(redis).catch(() => undefined), readyMsMax);
    const names = beats.flatMap(({ share }) => share?.shards.map(({ name }) => name) ?? []);
    const watch = new LeaseWatch(redis, [...new Set(names)]);
    await watch.#look();
    return watch;
  }

  /** Has every lease go to who is to act first; resolves with how long that took. */
  async bringHome(): Promise<number> {
    const startedMs = systemClock.monotonicMs();
    await rebalance(this.#redis, systemClock.nowMs());
    await until('every lease to be with who is to act first', () => this.#areHome(), homeMsMax);
    return systemClock.monotonicMs() - startedMs;
  }

  /**
   * Whether cores have shared out all shards and are done with it, as their beats have it: who is to hold a shard does, on every node that is
   * open and on no other one, and nobody hands anything over.
   */
  async areShared(): Promise<true | undefined> {
    const beats = (await listBeats(this.#redis).catch(() => [])).filter(({ share }) => share);
    const open = beats.filter(({ phase = 'open' }) => phase === 'open').map(nameOf);
    const told = beats.flatMap((beat) => beat.share!.shards.map((shard) => ({ ...shard, by: nameOf(beat) })));
    const isDone = ({ part, phase, holders, by }: (typeof told)[number]) =>
      part === 'holds' && phase === 'registered' && holders.includes(by);
    const holders = new Set(told.flatMap((shard) => shard.holders));
    const isSpread = holders.size === open.length && open.every((name) => holders.has(name));
    return (isSpread && told.every(isDone)) || undefined;
  }

  /** How many DNs the core of a node holds, as its last beat has it. */
  async dnsOf(node: string): Promise<number> {
    const beats = await listBeats(this.#redis).catch(() => []);
    const shards = beats.flatMap((beat) => (beat.node === node ? (beat.share?.shards ?? []) : []));
    return shards.reduce((sum, { dns }) => sum + dns, 0);
  }

  /** Says of a node that whoever can is to do without it, or not any more. */
  async drain(node: string, phase: 'open' | 'draining'): Promise<void> {
    await drain(this.#redis, node, phase);
  }

  /** Whether Redis has the beats of so many processes now, and who holds each shard. */
  async stands(processes: number): Promise<boolean> {
    const beats = await listBeats(this.#redis).catch(() => []);
    const holders = await Promise.all(
      this.#shards.map((shard) => this.#redis.hget(leaseKey(shard), 'holder').catch(() => null)),
    );
    return beats.length >= processes && holders.every((holder) => holder !== null);
  }

  /** How far the wall clock of a node's core is ahead of ours, as its last beat has it; undefined when there is none. */
  async clockAheadMs(node: string): Promise<number | undefined> {
    const beats = await listBeats(this.#redis).catch(() => []);
    const beat = beats.find((one) => one.node === node && one.process === 'core');
    return beat && beat.atMs - systemClock.nowMs();
  }

  /** Redis answers nobody for so long. */
  async silence(ms: number): Promise<void> {
    await this.#redis.client('PAUSE', ms, 'ALL');
  }

  /** Names of the shards whose leases `holder` had at the last look. */
  heldBy(holder: string): readonly string[] {
    return this.#shards.filter((shard) => this.#held.get(shard)?.holder === holder);
  }

  /** The fault is now: from here it is measured when another number stands for each shard that `holder` has. */
  markGone(holder: string): void {
    this.#faultMs = systemClock.monotonicMs();
    this.#left = new Map(this.heldBy(holder).map((shard) => [shard, this.#held.get(shard)!.n]));
  }

  /** Names of the shards that the one who is gone had, and that somebody else has taken since. */
  get reowned(): readonly string[] {
    return [...this.#reownedMs.keys()];
  }

  /** Of each shard that the one who is gone had: until another number stood for it. Infinite for those that nobody took. */
  get reownedMs(): readonly number[] {
    return [...this.#reownedMs.values(), ...[...this.#left].map(() => Number.POSITIVE_INFINITY)];
  }

  close(): void {
    this.#timer?.cancel();
    this.#redis.disconnect();
  }

  async #areHome(): Promise<true | undefined> {
    const beats = await listBeats(this.#redis).catch(() => []);
    const first = new Map(
      beats.flatMap(({ share }) => share?.shards ?? []).map(({ name, holders }) => [name, holders[0]]),
    );
    return this.#shards.every((shard) => this.#held.get(shard)?.holder === first.get(shard)) || undefined;
  }

  async #look(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => this.#lookAt(shard))).catch(() => {});
    if (this.#redis.status !== 'end') this.#timer = systemClock.after(lookMs, () => void this.#look());
  }

  async #lookAt(shard: string): Promise<void> {
    const [number, holder] = await this.#redis.hmget(leaseKey(shard), 'n', 'holder');
    const n = Number(number ?? 0);
    if (n === (this.#held.get(shard)?.n ?? 0)) return;
    this.#held.set(shard, { n, holder: holder ?? '' });
    if (n <= (this.#left.get(shard) ?? Number.POSITIVE_INFINITY)) return;
    this.#left.delete(shard);
    this.#reownedMs.set(shard, systemClock.monotonicMs() - this.#faultMs);
  }
}

function nameOf({ node, process }: Beat): string {
  return `${node}/${process}`;
}
