// A Redis of the simulation, with the few commands that are used. It can be away, hang, be cut off, forget everything, and be followed by
// a replica that has not taken the last of it.

import { coupleKey, type RedisConnection } from '#cluster/redis';
import type { Couple } from '#src/recording';
import type { Host } from './host.ts';
import { acquireLease, type LeaseHash, type LeaseScript, releaseLease, renewLease } from './lease-scripts.ts';
import type { VirtualProcess } from './virtual-process.ts';

/** `hangs`: it takes what it is sent, and answers nothing. */
type Phase = 'up' | 'refuses' | 'hangs';

interface Kept {
  readonly value: unknown;
  /** Of the true time; undefined: for ever. */
  readonly untilMs?: number | undefined;
}

/** How long what was written may be missing on a replica. */
const lagMsMax = 1_000;

export class VirtualRedis {
  readonly host: Host;
  #keys = new Map<string, Kept>();
  /** What each write of the last moments replaced. */
  #replaced: { readonly atMs: number; readonly key: string; readonly was: Kept | undefined }[] = [];
  #phase: Phase = 'up';
  #movedMs = Number.NEGATIVE_INFINITY;
  readonly #clients = new Set<RedisClient>();

  constructor(host: Host) {
    this.host = host;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** When a lease was last taken anew, or let go of. */
  get movedMs(): number {
    return this.#movedMs;
  }

  leave(how: 'refuses' | 'hangs'): void {
    this.#phase = how;
  }

  comeBack(): void {
    this.#phase = 'up';
    for (const client of this.#clients) client.ready();
  }

  flush(): void {
    const isPlanted = this.host.world.isPlanted('flush-not-retold');
    for (const key of this.#keys.keys()) if (!isPlanted || !key.includes(':told:')) this.#keys.delete(key);
    this.#replaced = [];
  }

  /** Another one takes its place, with a clock of its own, and without what it has not taken of the last `lagMs`. */
  failOver(lagMs: number, skewMs: number): void {
    const { nowMs } = this.host.world;
    for (const { atMs, key, was } of this.#replaced.toReversed()) {
      if (nowMs - atMs > lagMs) break;
      if (was) this.#keys.set(key, was);
      else this.#keys.delete(key);
    }
    this.#replaced = [];
    this.host.skewMs = skewMs;
  }

  /** The last word that was told of a couple. */
  couple({ tenant, sid }: Pick<Couple, 'tenant' | 'sid'>): unknown {
    return this.read(coupleKey(tenant, sid));
  }

  /** What a process sees of it: as much of ioredis as a core needs. */
  client(process: VirtualProcess): RedisConnection {
    const client = new RedisClient(this, process);
    this.#clients.add(client);
    process.whenDead(() => this.#clients.delete(client));
    return client as unknown as RedisConnection;
  }

  read(key: string): unknown {
    const kept = this.#keys.get(key);
    if (kept?.untilMs !== undefined && kept.untilMs <= this.host.world.nowMs) return undefined;
    return kept?.value;
  }

  write(key: string, value: unknown, ttlMs?: number): void {
    const { nowMs } = this.host.world;
    this.#replaced.push({ atMs: nowMs, key, was: this.#keys.get(key) });
    if (this.#replaced.length > 2_000) this.#replaced = this.#replaced.filter(({ atMs }) => nowMs - atMs <= lagMsMax);
    if (value === undefined) this.#keys.delete(key);
    else this.#keys.set(key, { value, untilMs: ttlMs === undefined ? undefined : nowMs + ttlMs });
  }

  lease(script: LeaseScript, key: string, holder: string, leaseMs: number, n: number): unknown {
    const { world, skewMs } = this.host;
    const nowMs = Math.floor(world.clock.nowMs() + skewMs);
    const known = this.read(key) as LeaseHash | undefined;
    const { hash, reply } = script(known, { holder, leaseMs, n }, nowMs, (plant) => world.isPlanted(plant));
    if (known?.n !== hash?.n || hash?.untilMs === 0) this.#movedMs = world.nowMs;
    this.write(key, hash);
    return reply;
  }
}

/** What Redis does, and what it answers. */
type Command = () => unknown;

interface Asked {
  readonly command: Command;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const commandMsMax = 500;

/** The connection of one process. What is said at one moment goes together, as over a socket. */
class RedisClient {
  readonly #redis: VirtualRedis;
  readonly #process: VirtualProcess;
  #ready: (() => void)[] = [];
  #batch: { readonly atMs: number; readonly asked: Asked[] } | undefined;
  /** When the last of what was said arrives, each way: nothing overtakes on a connection. */
  #thereMs = 0;
  #backMs = 0;

  constructor(redis: VirtualRedis, process: VirtualProcess) {
    this.#redis = redis;
    this.#process = process;
  }

  get status(): string {
    return this.#redis.phase === 'up' ? 'ready' : 'reconnecting';
  }

  ready(): void {
    for (const run of this.#ready) this.#process.run(run);
  }

  on(event: string, run: () => void): void {
    if (event === 'ready') this.#ready.push(run);
  }

  defineCommand(): void {}

  acquireLease(key: string, holder: string, leaseMs: number, n: number): Promise<unknown> {
    return this.#ask(() => this.#redis.lease(acquireLease, key, holder, leaseMs, n));
  }

  renewLease(key: string, holder: string, leaseMs: number, n: number): Promise<unknown> {
    return this.#ask(() => this.#redis.lease(renewLease, key, holder, leaseMs, n));
  }

  releaseLease(key: string, holder: string, n: number): Promise<unknown> {
    return this.#ask(() => this.#redis.lease(releaseLease, key, holder, 0, n));
  }

  get(key: string): Promise<unknown> {
    return this.#ask(() => this.#redis.read(key) ?? null);
  }

  mget(...keys: readonly string[]): Promise<readonly unknown[]> {
    return Promise.all(keys.map((key) => this.get(key)));
  }

  set(key: string, value: string, ...options: readonly unknown[]): Promise<unknown> {
    return this.#ask(() => this.#set(key, value, options));
  }

  del(key: string): Promise<unknown> {
    return this.#ask(() => this.#redis.write(key, undefined));
  }

  hget(key: string, field: string): Promise<unknown> {
    return this.#ask(() => this.#hash(key)[field] ?? null);
  }

  hset(key: string, field: string, value: string): Promise<unknown> {
    return this.#ask(() => this.#redis.write(key, { ...this.#hash(key), [field]: value }));
  }

  hsetnx(key: string, field: string, value: string): Promise<unknown> {
    return this.#ask(() => this.#redis.write(key, { [field]: value, ...this.#hash(key) }));
  }

  /** Of the index of processes it is only asked who is in it: nobody leaves it within a run. */
  zadd(key: string, _score: string, member: string): Promise<unknown> {
    return this.#ask(() => {
      if (!this.#hash(key)[member]) this.#redis.write(key, { ...this.#hash(key), [member]: member });
    });
  }

  zrange(key: string): Promise<unknown> {
    return this.#ask(() => Object.keys(this.#hash(key)).sort());
  }

  async zremrangebyscore(): Promise<unknown> {
    return 0;
  }

  /** Of what is told only the last words are kept. */
  tellFacts(_stream: string, told: string, _writer: string, ...args: readonly (string | number)[]): Promise<unknown> {
    const [, wordMs, toldMs] = args;
    return this.#ask(() => {
      for (let at = 3; at < args.length; at += 5) {
        const [, , , text, key] = args.slice(at, at + 5);
        if (key !== '') this.#redis.write(String(key), text, Number(wordMs));
      }
      const before = this.#redis.read(told) ?? null;
      this.#redis.write(told, String(args.at(-4)), Number(toldMs));
      return before;
    });
  }

  #hash(key: string): Readonly<Record<string, string>> {
    return (this.#redis.read(key) ?? {}) as Record<string, string>;
  }

  #set(key: string, value: string, options: readonly unknown[]): unknown {
    const before = this.#redis.read(key) ?? null;
    const ttlMs = options[0] === 'PX' ? Number(options[1]) : undefined;
    this.#redis.write(key, value, ttlMs);
    return options.includes('GET') ? before : 'OK';
  }

  #ask(command: Command): Promise<unknown> {
    const { world } = this.#process.host;
    return new Promise((resolve, reject) => {
      const asked = { command, resolve, reject };
      if (this.#batch?.atMs === world.nowMs) {
        this.#batch.asked.push(asked);
        return;
      }
      const batch = { atMs: world.nowMs, asked: [asked] };
      this.#batch = batch;
      this.#thereMs = Math.max(this.#thereMs, world.nowMs + world.network.delayMs());
      world.at(this.#thereMs, () => this.#arrive(batch));
    });
  }

  /** All are done and answered together, or none is answered. */
  #arrive(batch: { readonly atMs: number; readonly asked: readonly Asked[] }): void {
    if (this.#batch === batch) this.#batch = undefined;
    const { world } = this.#process.host;
    const [here, there] = [this.#process.host, this.#redis.host];
    const fail = (why: string) => () => {
      for (const { reject } of batch.asked) reject(new Error(why));
    };
    const late = () =>
      world.at(batch.atMs + commandMsMax, () => this.#process.run(fail('Redis did not answer in time')));
    if (!world.network.reaches(here, there) || this.#redis.phase === 'hangs') {
      late();
      return;
    }
    if (this.#redis.phase === 'refuses') {
      this.#process.run(fail('Redis is away'));
      return;
    }
    const values = batch.asked.map(({ command }) => command());
    if (!world.network.reaches(there, here)) {
      late();
      return;
    }
    this.#backMs = Math.max(this.#backMs, world.nowMs + world.network.delayMs());
    world.at(this.#backMs, () =>
      this.#process.run(() => {
        for (const [at, { resolve }] of batch.asked.entries()) resolve(values[at]);
      }),
    );
  }
}
