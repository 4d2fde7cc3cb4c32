// A Redis of the simulation, with the few commands that are used. It can be away, be cut off, and forget everything.

import { coupleKey, type RedisConnection } from '#cluster/redis';
import type { Couple } from '#src/recording';
import type { Host } from './host.ts';
import type { VirtualProcess } from './virtual-process.ts';

const commandMsMax = 500;

/** What Redis does, and what it answers. */
type Command = () => unknown;

export class VirtualRedis {
  readonly host: Host;
  readonly values = new Map<string, string>();
  #phase: 'up' | 'away' = 'up';
  #flushedMs = 0;
  readonly #ready = new Map<VirtualProcess, () => void>();

  constructor(host: Host) {
    this.host = host;
  }

  leave(): void {
    this.#phase = 'away';
  }

  comeBack(): void {
    this.#phase = 'up';
    for (const [process, run] of this.#ready) process.run(run);
  }

  flush(): void {
    this.#flushedMs = this.host.world.nowMs;
    this.values.clear();
  }

  /** Of every couple that was told since it forgot everything, the last word must be there. */
  judge(told: readonly { readonly couple: Couple; readonly atMs: number }[]): void {
    for (const { couple, atMs } of told) {
      const { tenant, sid } = couple;
      if (atMs < this.#flushedMs) continue;
      if (this.values.get(coupleKey(tenant, sid)) !== JSON.stringify(couple))
        this.host.world.breach(
          'the last word counts',
          `Redis has another word on the couple ${sid.slice(0, 6)} than its core told last`,
        );
    }
  }

  /** What a process sees of it: as much of ioredis as couples are told with. */
  client(process: VirtualProcess): RedisConnection {
    const isUp = () => this.#isUp();
    const client = {
      get status() {
        return isUp() ? 'ready' : 'reconnecting';
      },
      on: (_event: string, run: () => void) => void this.#ready.set(process, run),
      mget: (...keys: readonly string[]) =>
        this.#ask(
          process,
          keys.map((key) => () => this.values.get(key) ?? null),
        ),
      del: (key: string) => this.#ask(process, [() => this.values.delete(key)]),
      pipeline: () => {
        const commands: Command[] = [];
        return {
          set: (key: string, value: string, ...options: readonly unknown[]) =>
            void commands.push(() => this.#set(key, value, options)),
          xadd: () => void commands.push(() => 'OK'),
          exec: () => this.#ask(process, commands).then((values) => values.map((value) => [null, value] as const)),
        };
      },
    };
    process.whenDead(() => this.#ready.delete(process));
    return client as unknown as RedisConnection;
  }

  #isUp(): boolean {
    return this.#phase === 'up';
  }

  #set(key: string, value: string, options: readonly unknown[]): unknown {
    const before = this.values.get(key) ?? null;
    this.values.set(key, value);
    return options.includes('GET') ? before : 'OK';
  }

  /** Answers all of them together; rejects when that takes too long. */
  #ask(process: VirtualProcess, commands: readonly Command[]): Promise<readonly unknown[]> {
    const { world } = this.host;
    return new Promise((resolve, reject) => {
      const late = process.clock.after(commandMsMax, () => reject(new Error('Redis did not answer in time')));
      if (process.phase === 'dead' || !this.#isUp() || !world.network.reaches(process.host, this.host)) return;
      world.after(world.network.delayMs(), () => {
        if (!this.#isUp()) return;
        const values = commands.map((command) => command());
        if (!world.network.reaches(this.host, process.host)) return;
        process.clock.after(world.network.delayMs(), () => {
          late.cancel();
          resolve(values);
        });
      });
    });
  }
}
