// Performs a drill on two nodes with a core each. All calls are recorded by the first node; what becomes of them is judged by what
// their sender has in its ledger, what the recordings of both nodes hold, and what a core calls one couple.

import { join } from 'node:path';
import { coreControl } from '#cluster/core';
import { compareLedger, type ReceivedPacket, type SentPacket } from '#ops/lab/msr-source';
import { freePort } from '#ops/start';
import { loadPrivateKey } from '#src/journal';
import { type Random, seededRandom, systemClock } from '#src/ports';
import type { Couple } from '#src/recording';
import type { Drill, Figures, Step } from './drill.ts';
import { DrilledNode, until } from './drilled-node.io.ts';
import { type DrilledCall, DrilledTelephony } from './drilled-telephony.io.ts';
import { packetsOf, recordingsById } from './judge.io.ts';
import type { PerformOptions } from './perform.io.ts';

const upMsMax = 60_000;
const endMsMax = 60_000;
/** What is not recorded by then leaves its mark in the figures. */
const arrivedMsMax = 5_000;
/** What lies in a block that was not written yet. */
const blockMs = 40;
/** Between the order and the time at which we know that it is obeyed. */
const pauseMsMax = 2_000;
const dnsMax = 200;

/** Performs the drill; resolves with its figures. Rejects with `drill-impossible` when a step cannot be done. */
export async function performOnCluster(drill: Drill, options: PerformOptions): Promise<Figures> {
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
  #faultMs = Number.NaN;
  #isNodeGone = false;

  constructor(drill: Drill, { calls, seed, onEvent }: PerformOptions) {
    this.#calls = calls ?? drill.calls;
    this.#random = seededRandom(seed);
    const startedMs = systemClock.monotonicMs();
    this.#tell = (text) => onEvent({ atMs: systemClock.monotonicMs() - startedMs, text });
  }

  async start(planted: Drill['plant']['config']): Promise<void> {
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
    // Leases are taken when DNs are registered.
    await pause(1_500);
    this.#tell('two nodes are up, each with a core that watches every DN');
  }

  get telephony(): DrilledTelephony {
    return this.#telephony!;
  }

  async do(step: Step): Promise<void> {
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
        this.#faultMs = systemClock.monotonicMs();
        this.#isNodeGone = true;
        this.telephony.firstIsGone();
        this.#tell('kill -9 of keeper, edge, capture and recorder of the node that records');
        return;
      case 'kill-core':
        void this.#killCore();
        return;
      case 'hang-up':
        await this.#hangUp();
        return;
      default:
        throw new Error(`'${step.step}' is for one node`);
    }
  }

  async figures(): Promise<Figures> {
    const couples = await this.#couples();
    const [first, second] = await Promise.all(this.#nodes.map((node) => this.#takes(node)));
    const figures = {
      calls: this.telephony.calls.length,
      couples: 0,
      couplesOfTwoTakes: 0,
      packetsSent: 0,
      packetsInGaps: 0,
      packetsLostPerStreamMax: 0,
      packetsTwice: 0,
      packetsNeverSent: 0,
      pausedPacketsRecorded: 0,
      requestsDoubled: this.telephony.doubled,
      sendFailures: this.telephony.sendFailures,
    };
    const isMoved = this.#isNodeGone;
    const again: number[] = [];
    const answered: number[] = [];
    for (const call of this.telephony.calls) {
      const known = couples.filter(({ callUuid }) => callUuid === call.callUuid);
      if (known.length === 1) figures.couples += 1;
      if (known.length === 1 && new Set(known[0]!.takes.map(({ node }) => node)).size === 2)
        figures.couplesOfTwoTakes += 1;
      const id = call.media?.recordId ?? '';
      const [before, after] = [first!.get(id) ?? [], second!.get(id) ?? []];
      const judged = judgedCall(call, before, after, this.#faultMs);
      figures.packetsSent += judged.sent;
      figures.packetsInGaps += judged.inGap;
      figures.packetsLostPerStreamMax = Math.max(figures.packetsLostPerStreamMax, ...judged.lost);
      figures.packetsTwice += judged.twice;
      figures.packetsNeverSent += judged.extra;
      answered.push(judged.firstMs - call.establishedMs);
      figures.pausedPacketsRecorded += judged.paused;
      if (isMoved && !Number.isFinite(call.pausedMs)) again.push(judged.againMs - this.#faultMs);
    }
    return {
      ...figures,
      firstPacketMsP50: percentile(answered, 0.5),
      firstPacketMsP99: percentile(answered, 0.99),
      ...(isMoved && { againMsP50: percentile(again, 0.5), againMsP99: percentile(again, 0.99) }),
    };
  }

  async end(): Promise<void> {
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
    this.#faultMs = systemClock.monotonicMs();
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

  /** The packets that a node has recorded, by recording. */
  async #takes({ layout }: DrilledNode): Promise<ReadonlyMap<string, readonly ReceivedPacket[]>> {
    const privateKey = await loadPrivateKey(join(layout.keysDir, 'journal-private.pem'));
    const found = new Map<string, readonly ReceivedPacket[]>();
    for (const [id, takes] of await recordingsById(layout))
      found.set(id, (await Promise.all(takes.map((take) => packetsOf(take, privateKey)))).flat());
    return found;
  }
}

interface Judged {
  readonly sent: number;
  readonly inGap: number;
  /** Of each stream, beside the gap. */
  readonly lost: readonly number[];
  readonly twice: number;
  readonly extra: number;
  /** Recorded though its pause was in force. */
  readonly paused: number;
  /** When the first packet left that is in any recording, and in that of the second node. */
  readonly firstMs: number;
  readonly againMs: number;
}

/** What of a call is in both recordings. Its gap lasts from the fault until the second recorder had its first packet. */
function judgedCall(
  call: DrilledCall,
  before: readonly ReceivedPacket[],
  after: readonly ReceivedPacket[],
  faultMs: number,
): Judged {
  const sent = [...(call.media?.sent() ?? [])];
  const at = new Map(sent.map((one) => [keyOf(one), one.atMs]));
  const firstOf = (packets: readonly ReceivedPacket[]) =>
    packets.reduce((first, one) => Math.min(first, at.get(keyOf(one)) ?? first), Number.POSITIVE_INFINITY);
  const againMs = firstOf(after);
  const has = new Set([...before, ...after].map(keyOf));
  const isPaused = ({ atMs }: SentPacket) => atMs >= call.pausedMs - pauseMsMax;
  const missing = sent.filter((one) => !has.has(keyOf(one)) && !isPaused(one));
  const paused = sent.filter((one) => one.atMs >= call.pausedMs && has.has(keyOf(one))).length;
  const isInGap = ({ atMs }: SentPacket) => call.restarts > 0 && atMs >= faultMs - blockMs && atMs <= againMs;
  const beside = missing.filter((one) => !isInGap(one));
  const streams = [...new Set(sent.map(({ ssrc }) => ssrc))];
  const lost = streams.map((stream) => beside.filter(({ ssrc }) => ssrc === stream).length);
  const { extra, repeated: twice } = compareLedger(sent, [...before, ...after]);
  const firstMs = Math.min(firstOf(before), againMs);
  const inGap = missing.length - beside.length;
  return { sent: sent.length, inGap, lost, twice, extra, paused, firstMs, againMs };
}

function keyOf({ ssrc, sequence, timestamp }: SentPacket | ReceivedPacket): string {
  return `${ssrc} ${sequence} ${timestamp}`;
}

/** What was never reached counts as an hour. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.map((one) => (Number.isFinite(one) ? one : 3_600_000)).sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 3_600_000);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.after(ms, resolve));
}
