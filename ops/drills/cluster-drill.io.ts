// Performs a drill on two nodes with a core each: brings them up, and does the steps in order under calls of which a telephony server
// tells. All calls are recorded by the first node.

import { coreControl } from '#cluster/core';
import { freePort } from '#ops/start';
import { type Random, seededRandom, systemClock } from '#src/ports';
import { shardsOf } from '#src/shards';
import { judgeCalls, namedAlike, percentile, takesOf } from './cluster-judge.io.ts';
import type { ClusterDrill, ClusterStep, Figures, Plant } from './drill.ts';
import { DrilledNode, until } from './drilled-node.io.ts';
import { type DrilledCall, DrilledTelephony } from './drilled-telephony.io.ts';
import { LeaseWatch } from './lease-watch.io.ts';
import { Operator, pairsOf } from './operator.io.ts';
import type { PerformOptions } from './perform.io.ts';

const upMsMax = 60_000;
const endMsMax = 60_000;
/** What is not recorded by then leaves its mark in the figures. */
const arrivedMsMax = 5_000;
const tenant = 'acme';
const switchName = 'sip-1';
const dns = Array.from({ length: 200 }, (_, index) => String(70_000 + index));
const dnsPerShardMax = 10;
const firstCore = 'node-a/core';
/** Less than a Redis command may take: nobody takes Redis for gone. */
const redisSilentMs = 400;
/** A core that is refused orders once more after 300 ms: before, nothing it has ordered may be obeyed. */
const refusedMs = 200;
/** A beat may be so old, and more on a machine that is busy. */
const clockOffMsMax = 5_000;

/** Performs the drill; resolves with its figures. Rejects with `drill-impossible` when a step cannot be done. */
export async function performOnCluster(drill: ClusterDrill, options: PerformOptions): Promise<Figures> {
  const cluster = new DrilledCluster(drill, options);
  try {
    await cluster.start();
    for (const step of drill.steps) {
      options.signal.throwIfAborted();
      await cluster.do(step);
    }
    return await cluster.figures();
  } finally {
    await cluster.end();
  }
}

class DrilledCluster {
  readonly #drill: ClusterDrill;
  readonly #plant: Plant | undefined;
  readonly #calls: number;
  readonly #random: Random;
  readonly #tell: (text: string) => void;
  readonly #nodes: DrilledNode[] = [];
  #telephony: DrilledTelephony | undefined;
  #leases: LeaseWatch | undefined;
  /** When everything was killed that records on the first node. */
  #nodeGoneMs: number | undefined;
  /** What has become of the core of the first node. */
  #core: 'runs' | 'frozen' | 'gone' | 'thawed' = 'runs';
  #clockAheadMs = 0;
  readonly #late: { readonly call: DrilledCall; readonly given: Promise<void> }[] = [];
  #ordersLost = 0;

  constructor(drill: ClusterDrill, { calls, seed, planted, onEvent }: PerformOptions) {
    this.#drill = drill;
    this.#plant = planted ? drill.plant : undefined;
    this.#calls = calls ?? drill.calls;
    this.#random = seededRandom(seed);
    const startedMs = systemClock.monotonicMs();
    this.#tell = (text) => onEvent({ atMs: systemClock.monotonicMs() - startedMs, text });
  }

  async start(): Promise<void> {
    const { config, loaded } = this.#drill;
    const port = await freePort();
    const switches = [{ name: switchName, servers: [`127.0.0.1:${port}`], dns }];
    for (const [index, name] of ['node-a', 'node-b'].entries()) {
      const settings = {
        core: {
          linkPort: 0,
          reconnectMs: 100,
          lingerMs: 3_000,
          tenants: [{ name: tenant, switches }],
          ...this.#plant?.config?.['core'],
        },
        shards: { dnsPerShardMax },
        capture: { portMin: 20_000 + index * 5_000, portMax: 24_999 + index * 5_000, readyPairs: 2 * this.#calls },
        recorder: { packetsMin: 1 },
        ...config,
        redis: { beatMs: 200, ...(index > 0 && { url: this.#nodes[0]!.redisUrl }) },
      };
      this.#nodes.push(
        await DrilledNode.start({
          config: settings,
          name,
          plant: this.#plant && { ...this.#plant, config: {} },
          loaded: index === 0 ? loaded : undefined,
        }),
      );
    }
    const recorders = this.#nodes.map(({ sip }) => sip);
    this.#telephony = await DrilledTelephony.open(port, recorders, this.#random, dns);
    const isUp = async () => {
      const reports = await Promise.all(
        this.#nodes.map(({ layout }) => coreControl.report(layout.coreSocket).catch(() => undefined)),
      );
      return (this.telephony.isWatchedBy(2) && reports.every((one) => one?.['recorders'] === 2)) || undefined;
    };
    await until('two cores to watch every DN and to reach both recorders', isUp, upMsMax);
    this.#leases = await LeaseWatch.open(this.#nodes[0]!.redisUrl);
    // Who came first has taken them; now either core acts for some of the shards.
    await this.#leases.bringHome();
    this.#tell('two nodes are up, each with a core that watches every DN');
  }

  get telephony(): DrilledTelephony {
    return this.#telephony!;
  }

  /** Sits at the core that nothing befalls. */
  get #operator(): Operator {
    return new Operator(this.#nodes[1]!.layout.coreSocket);
  }

  async do(step: ClusterStep): Promise<void> {
    switch (step.step) {
      case 'place-calls':
        await this.#place(this.#calls, 10);
        this.#tell(`${this.telephony.calls.length} calls are up`);
        return;
      case 'place-one-by-one':
        await this.#place(step.calls, step.everyMs, arrivedMsMax).catch((error: Error) => this.#tell(error.message));
        return;
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
        this.telephony.firstIsGone();
        this.#tell('kill -9 of keeper, edge, capture and recorder of the node that records');
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
      case 'thaw-core':
        await this.#thawCore();
        return;
      case 'set-clock':
        await this.#setClock(step.aheadMs);
        return;
      case 'hang-up':
        await this.#hangUp();
        return;
    }
  }

  async figures(): Promise<Figures> {
    const takes = await Promise.all(this.#nodes.map(({ layout }) => takesOf(layout)));
    const couples = await Promise.all(
      this.#nodes.map(({ layout }) => coreControl.couples(layout.coreSocket).catch(() => [])),
    );
    const { calls, doubled, sendFailures } = this.telephony;
    const reports = await Promise.all(this.#nodes.map((node) => node.report()));
    return {
      ...judgeCalls(calls, couples.at(-1)!, takes, this.#nodeGoneMs),
      callsNamedAlike: namedAlike(calls, couples),
      requestsDoubled: doubled,
      sendFailures,
      staleOrdersRefused: reports.reduce((sum, one) => sum + (one?.['ordersRefused'] ?? 0), 0),
      ...(this.#late.length > 0 && {
        // Each order to pause goes to every recorder.
        staleOrdersGiven: this.#late.length * this.#nodes.length,
        ordersLost: this.#ordersLost,
      }),
      ...(this.#core !== 'runs' && {
        shardsReownedMsP99: percentile(this.#leases!.reownedMs, 0.99),
      }),
    };
  }

  async end(): Promise<void> {
    this.#leases?.close();
    await this.#telephony?.close();
    for (const node of this.#nodes.reverse()) await node.end();
  }

  async #place(count: number, everyMs: number, withinMs = upMsMax): Promise<void> {
    for (let placed = 0; placed < count; placed += 1) {
      this.telephony.establish();
      await pause(everyMs);
    }
    const isUp = async () =>
      this.telephony.calls.every(({ media }) => media?.parties.every(({ stream }) => stream)) || undefined;
    await until('every call to be recorded', isUp, withinMs);
  }

  /** One in ten. */
  async #pause(): Promise<void> {
    for (const call of this.telephony.calls.filter((_, index) => index % 10 === 9)) {
      await this.#operator.order(call);
      await this.#operator.awaitPause(call);
    }
    this.#tell('one in ten is paused');
  }

  async #freezeCore(): Promise<void> {
    await this.#nodes[0]!.signalCore('SIGSTOP');
    this.#leases!.markGone(firstCore);
    this.#core = 'frozen';
    this.#tell(
      `SIGSTOP to the core of the first node, which acts for ${this.#leases!.heldBy(firstCore).length} shards`,
    );
  }

  async #orderLate(count: number): Promise<void> {
    const { calls } = this.telephony;
    const names = new Set(this.#leases!.reowned);
    const all = shardsOf({ tenant, switch: switchName, dns }, { dnsPerShardMax, ranges: [] });
    const pairs = pairsOf(
      calls,
      this.#calls,
      all.filter(({ name }) => names.has(name)),
      count,
    );
    for (const [late, other] of pairs) {
      await this.#operator.order(other);
      await this.#operator.awaitPause(other);
      this.#late.push({ call: late, given: this.#operator.order(late, this.#nodes[0]!.layout.coreSocket) });
    }
    this.#tell(`${pairs.length} recordings are paused by its twin, and as many through the core that stands still`);
  }

  async #thawCore(): Promise<void> {
    await this.#leases!.silence(redisSilentMs);
    await this.#nodes[0]!.signalCore('SIGCONT');
    const thawedMs = systemClock.monotonicMs();
    this.#core = 'thawed';
    this.#tell('SIGCONT');
    for (const { call, given } of this.#late) {
      call.unpausedUntilMs = thawedMs + refusedMs;
      await given.then(() => this.#operator.awaitPause(call)).catch(() => (this.#ordersLost += 1));
    }
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
      const aheadMs = await this.#leases!.clockAheadMs('node-a');
      return (aheadMs !== undefined && Math.abs(aheadMs - this.#clockAheadMs) < clockOffMsMax) || undefined;
    };
    await until('the core to go by the clock that was set', isSet, upMsMax);
  }

  async #killCore(): Promise<void> {
    await this.#nodes[0]!.signalCore('SIGKILL');
    this.#leases!.markGone(firstCore);
    this.#core = 'gone';
    this.#tell('kill -9 of the core of the first node');
  }

  async #hangUp(): Promise<void> {
    await this.telephony.release();
    this.#tell('all calls have hung up');
    const isOver = async () => {
      const couples = await this.#operator.couples();
      const ends = couples.filter(
        ({ phase, takes }) => phase === 'ended' && takes.every((take) => take.phase === 'finished'),
      );
      return ends.length >= this.telephony.calls.length || undefined;
    };
    await until('every take to be finished', isOver, endMsMax).catch((error: Error) => this.#tell(error.message));
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.after(ms, resolve));
}
