// Performs a drill on two nodes with a core each: brings them up, and does the steps in order under calls of which a telephony server
// tells. All calls are recorded by the first node.

import { coreControl } from '#cluster/core';
import { freePort } from '#ops/start';
import { type Random, seededRandom, systemClock } from '#src/ports';
import type { Couple } from '#src/recording';
import { judgeCalls, percentile, takesOf } from './cluster-judge.io.ts';
import type { ClusterDrill, ClusterStep, Figures } from './drill.ts';
import { DrilledNode, until } from './drilled-node.io.ts';
import { DrilledTelephony } from './drilled-telephony.io.ts';
import { LeaseWatch } from './lease-watch.io.ts';
import type { PerformOptions } from './perform.io.ts';

const upMsMax = 60_000;
const endMsMax = 60_000;
/** What is not recorded by then leaves its mark in the figures. */
const arrivedMsMax = 5_000;
const dnsMax = 200;

/** Performs the drill; resolves with its figures. Rejects with `drill-impossible` when a step cannot be done. */
export async function performOnCluster(drill: ClusterDrill, options: PerformOptions): Promise<Figures> {
  const cluster = new DrilledCluster(drill, options);
  try {
    await cluster.start(options.planted ? drill.plant.config : undefined);
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
  readonly #calls: number;
  readonly #random: Random;
  readonly #tell: (text: string) => void;
  readonly #nodes: DrilledNode[] = [];
  #telephony: DrilledTelephony | undefined;
  #leases: LeaseWatch | undefined;
  /** When everything was killed that records on the first node. */
  #nodeGoneMs: number | undefined;
  #isCoreGone = false;

  constructor(drill: ClusterDrill, { calls, seed, onEvent }: PerformOptions) {
    this.#calls = calls ?? drill.calls;
    this.#random = seededRandom(seed);
    const startedMs = systemClock.monotonicMs();
    this.#tell = (text) => onEvent({ atMs: systemClock.monotonicMs() - startedMs, text });
  }

  async start(planted: ClusterDrill['plant']['config']): Promise<void> {
    const port = await freePort();
    const dns = Array.from({ length: dnsMax }, (_, index) => String(70_000 + index));
    const switches = [{ name: 'sip-1', servers: [`127.0.0.1:${port}`], dns }];
    for (const [index, name] of ['node-a', 'node-b'].entries()) {
      const config = {
        core: {
          linkPort: 0,
          reconnectMs: 100,
          lingerMs: 3_000,
          tenants: [{ name: 'acme', switches }],
          ...planted?.['core'],
        },
        shards: { dnsPerShardMax: 10, ...planted?.['shards'] },
        capture: { portMin: 20_000 + index * 5_000, portMax: 24_999 + index * 5_000, readyPairs: 2 * this.#calls },
        recorder: { packetsMin: 1 },
        redis: { beatMs: 200, ...(index > 0 && { url: this.#nodes[0]!.redisUrl }) },
      };
      this.#nodes.push(await DrilledNode.start({ config, name }));
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
      case 'hang-up':
        await this.#hangUp();
        return;
    }
  }

  async figures(): Promise<Figures> {
    const [couples, ...takes] = await Promise.all([
      this.#couples(),
      ...this.#nodes.map(({ layout }) => takesOf(layout)),
    ]);
    const { calls, doubled, sendFailures } = this.telephony;
    return {
      ...judgeCalls(calls, couples, takes, this.#nodeGoneMs),
      requestsDoubled: doubled,
      sendFailures,
      ...(this.#isCoreGone && { shardsReownedMsP99: percentile(this.#leases!.reownedMs, 0.99) }),
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

  /** One in ten, by the core of the node that lives on. */
  async #pause(): Promise<void> {
    const { coreSocket } = this.#nodes[1]!.layout;
    for (const call of this.telephony.calls.filter((_, index) => index % 10 === 9)) {
      const couple = async () => (await this.#couples()).find(({ callUuid }) => callUuid === call.callUuid);
      await coreControl.command(coreSocket, 'pause', (await couple())!.sid, 'drill');
      const isPaused = async () => ((await couple())?.takes[0]?.pauses.length ?? 0) > 0 || undefined;
      await until('the pause', isPaused, upMsMax);
      call.pausedMs = systemClock.monotonicMs();
    }
    this.#tell('one in ten is paused');
  }

  async #killCore(): Promise<void> {
    await this.#nodes[0]!.killCore();
    this.#leases!.markGone('node-a/core');
    this.#isCoreGone = true;
    this.#tell('kill -9 of the core of the first node');
  }

  async #hangUp(): Promise<void> {
    await this.telephony.release();
    this.#tell('all calls have hung up');
    const isOver = async () => {
      const couples = await this.#couples();
      const ends = couples.filter(
        ({ phase, takes }) => phase === 'ended' && takes.every((take) => take.phase === 'finished'),
      );
      return ends.length >= this.telephony.calls.length || undefined;
    };
    await until('every take to be finished', isOver, endMsMax).catch((error: Error) => this.#tell(error.message));
  }

  /** What the core of the second node calls couples. */
  #couples(): Promise<readonly Couple[]> {
    return coreControl.couples(this.#nodes[1]!.layout.coreSocket);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.after(ms, resolve));
}
