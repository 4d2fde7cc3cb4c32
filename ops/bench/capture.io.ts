// Capture: what a packet costs from its socket to the encrypted, synced journal, and whether all of them are in it. Keeper
// and capture run as in a node; the ledger of the sender is the judge. With `--against rtpengine` the same packets go to
// rtpengine afterwards, which records them into pcap files.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '#ops/start';
import { TwinreelError } from '#src/errors';
import { loadPrivateKey, readStreams } from '#src/journal';
import { CaptureClient, captureWriter } from '#src/media/capture';
import { systemClock } from '#src/ports';
import type { Bench, BenchOptions, Figures } from './bench.ts';
import { type BenchNode, startNode } from './node.io.ts';
import { cpuSecondsOf, kernelDropsOf, memoryKiBOf } from './process-usage.io.ts';
import { compileSender, RtpSender, type SentLedger, type SentStream } from './rtp-sender.io.ts';
import { Rtpengine } from './rtpengine.io.ts';
import { Tally } from './tally.ts';

const warmSeconds = 2;
const streamsWarm = 64;
const openAtOnce = 50;
const requestMsMax = 20_000;
const silenceMsMax = 600_000;
/** What is under way when the sender ends. */
const settleMs = 300;
const rtpenginePortMin = 20_000;

interface Measured {
  readonly ledger: SentLedger;
  readonly cpuUsPerPacket: number;
}

export const capture: Bench = {
  name: 'capture',
  about: 'G.711 streams from the sockets to the journal: what is lost, CPU of a packet, memory of a stream',
  goals: ({ against, sockets }) => [
    { figure: 'lost', atMost: 0 },
    { figure: 'memory_kib_per_stream', atMost: 24 },
    ...(against === undefined ? [] : [{ figure: 'ratio', atMost: sockets === 'own' ? 0.85 : 0.5 }]),
  ],
  async run(options) {
    const { against } = options;
    if (against !== undefined && against !== 'rtpengine') {
      throw new TwinreelError('bench-impossible', `capture is measured against rtpengine, not ${against}`);
    }
    const folder = mkdtempSync(join(tmpdir(), 'twinreel-bench-'));
    try {
      const sender = await compileSender(folder);
      // Whether it is there is known before anything is measured.
      const other = against && (await Rtpengine.start(rtpengineOptions(folder, options)));
      await other?.stop();
      const ours = await measureCapture(sender, folder, options);
      if (!against) return ours;
      const theirs = await measureRtpengine(sender, folder, options);
      const ratio = (ours['cpu_us_per_packet'] ?? 0) / (theirs['rtpengine_cpu_us_per_packet'] ?? 0);
      return { ...ours, ...theirs, ratio: round(ratio) };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** What a packet and a stream cost, with a node of its own below the folder, and what is lost. */
export async function measureCapture(program: string, folder: string, options: BenchOptions): Promise<Figures> {
  const { streams, sockets, receiver, say } = options;
  const delayFile = join(folder, 'event-loop-delay.json');
  const preload = pathToFileURL(join(root, 'dist/ops/bench/event-loop-delay.io.js')).href;
  const env = {
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${preload}`,
    TWINREEL_BENCH_DELAY: delayFile,
  };
  const node = await startNode({
    recorder: 'without',
    // Twice the ports, as somebody may be at some of them.
    calls: streams,
    env,
    capture: { receiver, sockets },
  });
  const sender = await RtpSender.start(program, options.seconds, warmSeconds);
  try {
    const pids = [node.card.pids.keeper, node.card.pids.capture!];
    const { client } = await CaptureClient.connect({
      path: node.card.controlSocket!,
      epoch: 1,
      holder: 'bench',
      requestMsMax,
    });
    await client.gates({ paused: [], running: [] });
    const memoryCold = memoryKiBOf(pids);
    await warmUp(program, client);
    const memoryBefore = memoryKiBOf(pids);
    const names = Array.from({ length: streams }, (_, index) => `bench-${index}`);
    const openedAtMs = systemClock.monotonicMs();
    const sent = await open(client, names, sender);
    const openMs = systemClock.monotonicMs() - openedAtMs;
    say(`${streams} streams on ${sockets} sockets are open after ${Math.round(openMs)} ms`);
    const toggleDelay = () => process.kill(node.card.pids.capture!, 'SIGUSR2');
    const { ledger, cpuUsPerPacket } = await measured(sender, sent, pids, toggleDelay);
    const memoryAfter = memoryKiBOf(pids);
    await new Promise<void>((wake) => void systemClock.after(settleMs, wake));
    const kernelDrops = kernelDropsOf(node.rtp.portMin, node.rtp.portMax);
    const stats = await client.stats();
    await inTurns(names, (stream) => client.close(stream));
    client.disconnect();
    const tally = await judge(node, names, ledger);
    return {
      streams,
      ...tally.sums,
      packets_per_second: Math.round(ledger.measured / options.seconds),
      cpu_us_per_packet: round(cpuUsPerPacket),
      memory_kib_per_stream: round((memoryAfter - memoryBefore) / streams),
      memory_warm_mib: round((memoryBefore - memoryCold) / 1_024),
      event_loop_delay_ms_p99: round((JSON.parse(readFileSync(delayFile, 'utf8')) as { p99Ms: number }).p99Ms),
      kernel_drops: kernelDrops,
      journal_records_dropped: stats.recordsDropped,
      open_ms: Math.round(openMs),
      sender_late_ms_max: ledger.lateMsMax,
    };
  } finally {
    await sender.stop();
    await node.stop();
  }
}

/** What a process needs once, compiled code and a heap in use, is not what a stream costs. */
async function warmUp(program: string, client: CaptureClient): Promise<void> {
  const sender = await RtpSender.start(program, warmSeconds, 0);
  try {
    const names = Array.from({ length: streamsWarm }, (_, index) => `warm-${index}`);
    await sender.send(
      await open(client, names, sender),
      () => {},
      () => {},
    );
    await inTurns(names, (stream) => client.close(stream));
  } finally {
    await sender.stop();
  }
}

async function open(client: CaptureClient, names: readonly string[], sender: RtpSender): Promise<SentStream[]> {
  return inTurns(names, async (stream, index) => {
    const from = RtpSender.addressOf(index);
    const peer = { address: from, port: sender.port };
    const { address, rtpPort } = await client.open({ stream, peer, silenceMsMax, paused: false, rtcpMux: false });
    return { address, port: rtpPort, from };
  });
}

async function measureRtpengine(program: string, folder: string, options: BenchOptions): Promise<Figures> {
  const { streams, say } = options;
  const engine = await Rtpengine.start(rtpengineOptions(folder, options));
  const sender = await RtpSender.start(program, options.seconds, warmSeconds);
  try {
    const memoryBefore = memoryKiBOf([engine.pid]);
    const sent = [];
    for (let index = 0; index < streams; index += 2) {
      const from = [RtpSender.addressOf(index), RtpSender.addressOf(index + 1)] as const;
      const [one, other] = from.map((address) => ({ address, port: sender.port })) as [Peer, Peer];
      const places = await engine.open(`bench-${index}`, [one, other]);
      for (const [side, place] of places.entries()) sent.push({ ...place, from: from[side]! });
    }
    say(`${sent.length} streams in rtpengine`);
    const { ledger, cpuUsPerPacket } = await measured(sender, sent.slice(0, streams), [engine.pid], () => {});
    const memoryAfter = memoryKiBOf([engine.pid]);
    await engine.close();
    const tally = new Tally(ledger.sent);
    engine.count(tally);
    return {
      rtpengine_sent: tally.sums.sent,
      rtpengine_recorded: tally.sums.recorded,
      rtpengine_lost: tally.sums.lost,
      rtpengine_cpu_us_per_packet: round(cpuUsPerPacket),
      rtpengine_memory_kib_per_stream: round((memoryAfter - memoryBefore) / streams),
    };
  } finally {
    await sender.stop();
    await engine.stop();
  }
}

interface Peer {
  readonly address: string;
  readonly port: number;
}

/** Sends everything; CPU time counts from the end of the warm-up on. `toggle` is called there and at the end. */
async function measured(
  sender: RtpSender,
  sent: Parameters<RtpSender['send']>[0],
  pids: readonly number[],
  toggle: () => void,
): Promise<Measured> {
  let [cpuBefore, cpuSeconds] = [0, 0];
  const onWarm = () => {
    cpuBefore = cpuSecondsOf(pids);
    toggle();
  };
  const onEnd = () => {
    cpuSeconds = cpuSecondsOf(pids) - cpuBefore;
    toggle();
  };
  const ledger = await sender.send(sent, onWarm, onEnd);
  return { ledger, cpuUsPerPacket: (cpuSeconds * 1e6) / ledger.measured };
}

async function judge(node: BenchNode, names: readonly string[], ledger: SentLedger): Promise<Tally> {
  const numbers = new Map(names.map((name, index) => [name, index]));
  const privateKey = await loadPrivateKey(join(node.layout.keysDir, 'journal-private.pem'));
  const wanted = { folder: node.layout.captureJournalDir, writer: captureWriter, privateKey };
  const tally = new Tally(ledger.sent);
  for await (const batch of readStreams({ ...wanted, streams: new Set(names) })) {
    for (const { kind, stream, bytes } of batch) if (kind === 'rtp') tally.count(bytes, numbers.get(stream));
  }
  return tally;
}

/** Asks for all, some at once, as the control connection of a recorder does. */
async function inTurns<Item, Result>(
  items: readonly Item[],
  ask: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += openAtOnce) {
    const some = items.slice(at, at + openAtOnce).map((item, index) => ask(item, at + index));
    results.push(...(await Promise.all(some)));
  }
  return results;
}

/** Two ports for each stream, and some to spare. */
function rtpengineOptions(folder: string, { streams }: BenchOptions) {
  return { folder: join(folder, 'rtpengine'), portMin: rtpenginePortMin, portMax: rtpenginePortMin + 2 * streams + 99 };
}

function round(figure: number): number {
  return Math.round(figure * 100) / 100;
}
