// Performs a drill on two nodes with a core each: brings them up, and does the steps in order under calls of which a telephony server
// tells. All calls are recorded by the first node.

import { type Random, seededRandom, systemClock } from '#src/ports';
import { judgeCalls, namedAlike, percentile, takesOf } from './cluster-judge.io.ts';
import { judgeConsolidated } from './consolidated.io.ts';
import type { ClusterDrill, ClusterStep, Figures } from './drill.ts';
import { DrilledCluster } from './drilled-cluster.io.ts';
import { type DrilledNode, until } from './drilled-node.io.ts';
import type { DrilledCall, DrilledTelephony } from './drilled-telephony.io.ts';
import type { LeaseWatch } from './lease-watch.io.ts';
import { type Operator, pairsOf } from './operator.io.ts';
import type { PerformOptions } from './perform.io.ts';
import { RedisPerformance } from './redis-performance.io.ts';
import { leftActive, performStorm, planStorm, unsaid } from './storm.io.ts';
import { verifyLeft } from './verified.io.ts';

const upMsMax = 60_000;
const endMsMax = 60_000;
/** What is not recorded by then leaves its mark in the figures. */
const arrivedMsMax = 5_000;
const firstCore = 'node-a/core';
/** Less than a Redis command may take: nobody takes Redis for gone. */
const redisSilentMs = 400;
/** A core that is refused orders once more after 300 ms: before, nothing it has ordered may be obeyed. */
const refusedMs = 200;
/** A beat may be so old, and more on a machine that is busy. */
const clockOffMsMax = 5_000;

/** Performs the drill; resolves with its figures. Rejects with `drill-impossible` when a step cannot be done. */
export async function performOnCluster(drill: ClusterDrill, options: PerformOptions): Promise<Figures> {
  const { seed, planted, onEvent, signal, calls = drill.calls, kills = drill.kills ?? 0 } = options;
  const startedMs = systemClock.monotonicMs();
  const tell = (text: string) => onEvent({ atMs: systemClock.monotonicMs() - startedMs, text });
  const random = seededRandom(seed);
  const atOnce = drill.steps.find((step) => step.step === 'storm')?.atOnceMax ?? calls;
  const cluster = await DrilledCluster.start({
    drill,
    plant: planted ? drill.plant : undefined,
    calls: atOnce,
    random,
  });
  const redis = drill.redis && new RedisPerformance(cluster.redis!, cluster, tell);
  try {
    tell(`${cluster.nodes.length} nodes are up, and two cores watch every DN`);
    const performance = new ClusterPerformance(drill, cluster, redis, { calls, kills }, random, tell);
    for (const step of drill.steps.map((one) => shortened(one, drill, options.seconds))) {
      signal.throwIfAborted();
      await performance.do(step);
    }
    return await performance.figures();
  } finally {
    await redis?.close();
    await cluster.end();
  }
}

/** Calls arrive for a share of those seconds, where they are given. */
function shortened(step: ClusterStep, { steps }: ClusterDrill, seconds: number | undefined): ClusterStep {
  if (step.step !== 'arrive' || seconds === undefined) return step;
  return { ...step, forMs: (1_000 * seconds) / steps.filter((one) => one.step === 'arrive').length };
}

/** A pause that was ordered where it cannot be obeyed at once. */
interface Ordered {
  readonly call: DrilledCall;
  readonly given: Promise<void>;
}

class ClusterPerformance {
  readonly #drill: ClusterDrill;
  readonly #cluster: DrilledCluster;
  readonly #redis: RedisPerformance | undefined;
  readonly #nodes: readonly DrilledNode[];
  readonly #telephony: DrilledTelephony;
  readonly #leases: LeaseWatch;
  readonly #operator: Operator;
  readonly #calls: number;
  readonly #kills: number;
  readonly #random: Random;
  readonly #tell: (text: string) => void;
  readonly #taken: Record<string, number> = {};
  /** When everything was killed that records on the first node. */
  #nodeGoneMs: number | undefined;
  /** What has become of the core of the first node. */
  #core: 'runs' | 'frozen' | 'gone' | 'thawed' = 'runs';
  #clockAheadMs = 0;
  #drainedMs = Number.NaN;
  readonly #late: Ordered[] = [];
  readonly #unheard: Ordered[] = [];
  #ordersLost = 0;

  constructor(
    drill: ClusterDrill,
    cluster: DrilledCluster,
    redis: RedisPerformance | undefined,
    { calls, kills }: { readonly calls: number; readonly kills: number },
    random: Random,
    tell: (text: string) => void,
  ) {
    this.#drill = drill;
    this.#cluster = cluster;
    this.#redis = redis;
    this.#nodes = cluster.nodes;
    this.#telephony = cluster.telephony;
    this.#leases = cluster.leases;
    this.#operator = cluster.operator;
    this.#calls = calls;
    this.#kills = kills;
    this.#random = random;
    this.#tell = tell;
  }

  async do(step: ClusterStep): Promise<void> {
    switch (step.step) {
      case 'place-calls':
        await this.#place(this.#calls, 10);
        this.#tell(`${this.#calls} calls are up`);
        return;
      case 'serve-elsewhere':
        await this.#place(step.calls, 10, upMsMax, 1);
        await this.#telephony.release();
        this.#tell(`${step.calls} calls have come to the second node, and are over`);
        return;
      case 'place-one-by-one':
        await this.#place(step.calls, step.everyMs, arrivedMsMax).catch((error: Error) => this.#tell(error.message));
        return;
      case 'arrive': {
        const count = Math.max(1, Math.floor(step.forMs / step.everyMs));
        await this.#place(count, step.everyMs, arrivedMsMax).catch((error: Error) => this.#tell(error.message));
        this.#tell(`${count} calls have arrived`);
        return;
      }
      case 'hang-up-some':
        this.#tell(`${await this.#telephony.release(step.calls)} calls have hung up`);
        return;
      case 'kill-redis':
      case 'start-redis':
      case 'flush-redis':
      case 'cut-replica':
      case 'await-facts':
        return this.#redis!.do(step);
      case 'wait':
        await pause(
          typeof step.ms === 'number' ? step.ms : step.ms[0] + this.#random.fraction() * (step.ms[1] - step.ms[0]),
        );
        return;
      case 'pause':
        await this.#pause();
        return;
      case 'kill-node':
        await this.#nodes[0]!.killRecording();
        this.#nodeGoneMs = systemClock.monotonicMs();
        this.#telephony.firstIsGone();
        this.#tell('kill -9 of keeper, edge, capture and recorder of the node that records');
        return;
      case 'bring-back-node':
        await this.#nodes[0]!.bringBack();
        this.#tell('what was killed is started again');
        return;
      case 'kill-core':
        void this.#killCore();
        return;
      case 'freeze-core':
        await this.#freezeCore();
        return;
      case 'order-late':
        await this.#orderLate(step.shards);
        return;
      case 'order-unheard':
        for (const call of this.#telephony.calls
          .filter(({ pausedMs }) => pausedMs === Infinity)
          .slice(0, step.recordings))
          this.#unheard.push({ call, given: this.#operator.order(call, this.#nodes[0]!.layout.coreSocket) });
        this.#tell(`${this.#unheard.length} recordings are ordered to be paused by the core that is cut off`);
        return;
      case 'thaw-core':
        await this.#thawCore();
        return;
      case 'set-clock':
        await this.#setClock(step.aheadMs);
        return;
      case 'drain-node':
      case 'open-node':
        await this.#drain(step.step);
        return;
      case 'await-shared':
        await this.#awaitShared(step.figure);
        return;
      case 'rebalance':
        await this.#rebalance(step.figure);
        return;
      case 'cut':
        await this.#cluster.network.cut(this.#cluster.cuttable[step.from]!, step.cut);
        if (step.from === 'redis') this.#leases.markGone(firstCore);
        this.#tell(`the core of the first node is cut off from ${step.from}: ${step.cut}`);
        return;
      case 'join':
        await this.#cluster.network.join();
        await this.#cluster.awaitComplete();
        this.#tell('it reaches everybody again');
        await this.#awaitPauses(this.#unheard.splice(0));
        return;
      case 'storm': {
        const plan = planStorm(step, this.#calls, this.#kills, this.#random);
        await performStorm(this.#cluster, step, plan, this.#tell);
        this.#taken['killsWanted'] = this.#kills;
        this.#taken['kills'] = plan.kills.length;
        this.#tell(`${plan.spokenMs.length} calls have come, ${plan.kills.length} processes were killed`);
        return;
      }
      case 'count-active':
        await this.#countActive(step.afterMs, step.figure);
        return;
      case 'hang-up':
        await this.#hangUp();
        return;
    }
  }

  async figures(): Promise<Figures> {
    const takes = await Promise.all(this.#nodes.map(({ layout }) => takesOf(layout)));
    const couples = this.#kills > 0 ? undefined : await this.#cluster.couples();
    const { calls, doubled, sendFailures } = this.#telephony;
    const { dnsWatchedByFew, dnsRegistered } = this.#cluster.registrations;
    const reports = await Promise.all(this.#nodes.map((node) => node.report()));
    return {
      ...this.#taken,
      ...judgeCalls(calls, couples, takes, this.#drill.duplicated ? undefined : this.#nodeGoneMs),
      ...((this.#nodeGoneMs !== undefined || this.#drill.verified) && (await this.#consolidated())),
      ...(this.#drill.verified && (await verifyLeft(this.#nodes, this.#tell))),
      ...(await this.#redis?.figures()),
      ...((this.#clockAheadMs !== 0 || this.#redis) && {
        callsNamedAlike: namedAlike(calls, await this.#cluster.couplesOfCores()),
      }),
      requestsDoubled: doubled,
      sendFailures,
      staleOrdersRefused: reports.reduce((sum, one) => sum + (one?.['ordersRefused'] ?? 0), 0),
      ...(this.#late.length > 0 && {
        // Each order to pause goes to every recorder.
        staleOrdersGiven: this.#late.length * this.#nodes.length,
        ordersLost: this.#ordersLost,
      }),
      ...('dnsToMove' in this.#taken && { dnsWatchedByFew, dnsRegistered }),
      ...(this.#core !== 'runs' && {
        shardsReownedMsP99: percentile(this.#leases.reownedMs, 0.99),
      }),
    };
  }

  async #consolidated(): Promise<Figures> {
    const layouts = this.#nodes.map(({ layout }) => layout);
    // Of what is over cores that were killed know nothing: then replay says what conversations there are.
    const told = this.#kills > 0 ? undefined : await this.#cluster.couplesOfCores();
    return judgeConsolidated(this.#telephony.calls, told, layouts, this.#tell);
  }

  async #place(count: number, everyMs: number, withinMs = upMsMax, at: DrilledCall['at'] = 0): Promise<void> {
    for (let placed = 0; placed < count; placed += 1) {
      this.#telephony.establish(at);
      await pause(everyMs);
    }
    const isUp = async () =>
      this.#telephony.calls.every(({ media }) => media?.parties.every(({ stream }) => stream)) || undefined;
    await until('every call to be recorded', isUp, withinMs);
  }

  /** One in ten. */
  async #pause(): Promise<void> {
    const up = this.#telephony.calls.filter(({ phase }) => phase === 'talking');
    for (const call of up.filter((_, index) => index % 10 === 9)) {
      await this.#operator.order(call);
      await this.#operator.awaitPause(call);
    }
    this.#tell('one in ten is paused');
  }

  async #freezeCore(): Promise<void> {
    await this.#nodes[0]!.signalManaged('core', 'SIGSTOP');
    this.#leases.markGone(firstCore);
    this.#core = 'frozen';
    this.#tell(`SIGSTOP to the core of the first node, which acts for ${this.#leases.heldBy(firstCore).length} shards`);
  }

  async #orderLate(count: number): Promise<void> {
    const { calls } = this.#telephony;
    const names = new Set(this.#leases.reowned);
    const shards = this.#cluster.shards.filter(({ name }) => names.has(name));
    const pairs = pairsOf(calls, this.#calls, shards, count);
    for (const [late, other] of pairs) {
      await this.#operator.order(other);
      await this.#operator.awaitPause(other);
      if (this.#core === 'runs') late.unpausedUntilMs = systemClock.monotonicMs() + refusedMs;
      this.#late.push({ call: late, given: this.#operator.order(late, this.#nodes[0]!.layout.coreSocket) });
    }
    this.#tell(`${pairs.length} recordings are paused by its twin, and as many are ordered to be by that core`);
    if (this.#core === 'runs') await this.#awaitPauses(this.#late);
  }

  /** What was ordered is obeyed in the end. */
  async #awaitPauses(ordered: readonly Ordered[]): Promise<void> {
    for (const { call, given } of ordered)
      await given.then(() => this.#operator.awaitPause(call)).catch(() => (this.#ordersLost += 1));
  }

  async #thawCore(): Promise<void> {
    await this.#leases.silence(redisSilentMs);
    await this.#nodes[0]!.signalManaged('core', 'SIGCONT');
    this.#core = 'thawed';
    this.#tell('SIGCONT');
    const thawedMs = systemClock.monotonicMs();
    for (const { call } of this.#late) call.unpausedUntilMs = thawedMs + refusedMs;
    await this.#awaitPauses(this.#late);
    await this.#awaitClock();
  }

  async #setClock(aheadMs: number): Promise<void> {
    await this.#nodes[0]!.setClock(aheadMs);
    this.#clockAheadMs = aheadMs;
    this.#tell(`the wall clock of the core of the first node is ${aheadMs} ms ahead of true time`);
    if (this.#core === 'runs') await this.#awaitClock();
  }

  /** A core that runs goes by the clock that was set, as its beats say. */
  async #awaitClock(): Promise<void> {
    const isSet = async () => {
      const aheadMs = await this.#leases.clockAheadMs('node-a');
      return (aheadMs !== undefined && Math.abs(aheadMs - this.#clockAheadMs) < clockOffMsMax) || undefined;
    };
    await until('the core to go by the clock that was set', isSet, upMsMax);
  }

  async #rebalance(figure: string | undefined): Promise<void> {
    const ms = Math.round(await this.#leases.bringHome());
    if (figure !== undefined) this.#taken[figure] = ms;
    this.#tell(`every lease is with who is to act first, after ${ms} ms`);
  }

  async #countActive(afterMs: number, figure: string): Promise<void> {
    await pause(afterMs);
    const left = await leftActive(this.#cluster);
    for (const one of left.slice(0, 10)) this.#tell(`left active: ${one}`);
    this.#taken[figure] = left.length;
  }

  async #drain(step: 'drain-node' | 'open-node'): Promise<void> {
    const phase = step === 'drain-node' ? 'draining' : 'open';
    const last = this.#cluster.lastNode;
    // What it watches goes to others, and comes back.
    if (phase === 'draining') this.#taken['dnsToMove'] = 2 * (await this.#leases.dnsOf(last));
    await this.#leases.drain(last, phase);
    this.#drainedMs = systemClock.monotonicMs();
    this.#tell(`${last} is ${phase}`);
  }

  async #awaitShared(figure: string): Promise<void> {
    await until('all shards to be shared out', () => this.#leases.areShared(), upMsMax);
    this.#taken[figure] = Math.round(systemClock.monotonicMs() - this.#drainedMs);
    this.#tell(`nobody hands over shards any more, after ${this.#taken[figure]} ms`);
  }

  async #killCore(): Promise<void> {
    await this.#nodes[0]!.signalManaged('core', 'SIGKILL');
    this.#leases.markGone(firstCore);
    this.#core = 'gone';
    this.#tell('kill -9 of the core of the first node');
  }

  async #hangUp(): Promise<void> {
    await this.#telephony.release();
    this.#tell('all calls have hung up');
    const isOver = async () => {
      if (this.#kills > 0) return (await unsaid(this.#cluster)).length === 0 || undefined;
      const couples = await this.#cluster.couples();
      const ends = couples.filter(
        ({ phase, takes }) => phase === 'ended' && takes.every((take) => take.phase === 'finished'),
      );
      return ends.length >= this.#telephony.calls.length || undefined;
    };
    await until('every take to be finished', isOver, endMsMax).catch(async (error: Error) => {
      this.#tell(error.message);
      for (const one of (await unsaid(this.#cluster)).slice(0, 10)) this.#tell(`left: ${one}`);
    });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.after(ms, resolve));
}
