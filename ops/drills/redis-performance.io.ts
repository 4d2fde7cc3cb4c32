// What befalls Redis in a drill, and who listens to facts meanwhile: one from the beginning, another one who begins afterwards.

import { codeOf, messageOf } from '#src/errors';
import { systemClock } from '#src/ports';
import type { Figures, RedisStep } from './drill.ts';
import type { DrilledCluster } from './drilled-cluster.io.ts';
import { until } from './drilled-node.io.ts';
import type { DrilledRedis } from './drilled-redis.io.ts';
import { FactWatch, truthOf } from './fact-watch.io.ts';

const lookMs = 200;
/** What was said last has so long to be known. */
const lastMsMax = 10_000;

export class RedisPerformance {
  readonly #redis: DrilledRedis;
  readonly #cluster: DrilledCluster;
  readonly #tell: (text: string) => void;
  readonly #early: FactWatch;
  #late: FactWatch | undefined;
  readonly #taken: Record<string, number> = {};
  #befallenMs = Number.NaN;

  constructor(redis: DrilledRedis, cluster: DrilledCluster, tell: (text: string) => void) {
    this.#redis = redis;
    this.#cluster = cluster;
    this.#tell = tell;
    this.#early = new FactWatch(redis.place, 'early');
  }

  async do(step: RedisStep): Promise<void> {
    switch (step.step) {
      case 'kill-redis':
        await this.#redis.kill();
        return this.#befallen('kill -9 of Redis');
      case 'start-redis':
        await this.#redis.comeBack();
        return this.#befallen('Redis is back, with nothing');
      case 'flush-redis':
        await this.#redis.flush();
        return this.#befallen('FLUSHALL');
      case 'cut-replica':
        await this.#redis.cutReplica();
        return this.#befallen('the replica gets nothing any more');
      case 'await-facts':
        return this.#awaitFacts(step.figure, step.withinMs);
    }
  }

  /** `callsNotTold`: of which somebody who listens lacks something, after some time to hear of their end. */
  async figures(): Promise<Figures> {
    await this.#isAllKnown(lastMsMax);
    return { ...this.#taken, callsNotTold: await this.#missing(), factsTwice: this.#early.twice };
  }

  async close(): Promise<void> {
    await this.#early.close();
    await this.#late?.close();
  }

  #befallen(text: string): void {
    this.#befallenMs = systemClock.monotonicMs();
    this.#tell(text);
  }

  async #awaitFacts(figure: string, withinMs: number): Promise<void> {
    this.#late = new FactWatch(this.#redis.place, 'late');
    if (!(await this.#isAllKnown(withinMs))) return this.#tell(`${await this.#missing()} calls are not known of`);
    this.#taken[figure] = Math.round(systemClock.monotonicMs() - this.#befallenMs);
    this.#tell(`every fact is known, ${this.#taken[figure]} ms after what befell Redis`);
  }

  /** Whether everybody knows everything within that time, and Redis who lives and who holds shards. */
  async #isAllKnown(withinMs: number): Promise<boolean> {
    const { leases, nodes } = this.#cluster;
    const isKnown = async () => {
      await new Promise<void>((resolve) => systemClock.after(lookMs, resolve));
      return ((await leases.stands(2 * nodes.length)) && (await this.#missing()) === 0) || undefined;
    };
    try {
      return await until('every fact to be known', isKnown, withinMs);
    } catch (error) {
      if (codeOf(error) !== 'drill-impossible') throw error;
      this.#tell(messageOf(error));
      return false;
    }
  }

  async #missing(): Promise<number> {
    const { telephony, namedNodes } = this.#cluster;
    const truth = await truthOf(namedNodes);
    const watches = this.#late ? [this.#early, this.#late] : [this.#early];
    return Math.max(...watches.map((watch) => watch.missing(telephony.calls, truth)));
  }
}
