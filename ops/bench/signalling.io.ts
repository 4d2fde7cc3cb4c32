// Signalling: calls per second that are recorded, what plain calls cost, and what becomes of calls beyond the limit.
//
//   recorded   INVITE pairs as a media server sends them, held so long that 675 calls are up; some hundred are recorded before
//              that nobody measures, as with plain
//   plain      calls that drachtio-srf answers, nothing recorded: the edge alone, comparable with a drachtio-server
//   double     twice the plain calls that are promised, for as long as the machine takes them the better
//   flood      more plain calls than can be served: those taken must be served well, the others hear 503 at once
//
// and only where it is asked for, as it lasts:
//
//   finishing  short recorded calls, and what waits to be finished of them meanwhile: see finishing.io.ts
//
// Beside double and flood goes a probe, a few calls a second: it tells how long the recovery takes.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '#ops/start';
import { TwinreelError } from '#src/errors';
import { type Bench, type BenchOptions, type Figures, type Goal, percentile } from './bench.ts';
import { finishing, finishingGoals } from './finishing.io.ts';
import { type BenchNode, startNode } from './node.io.ts';
import { measureCpu, processOfUdpPort } from './process-usage.io.ts';
import { placeCalls, placePairs } from './sipp.io.ts';
import { durationsOf, figuresOf, lastPlacedMs, recoveryMs, shareOf } from './sipp-statistics.ts';

const recordedPerSecond = 100;
const callsUp = 675;
/** Recorded before anything is measured: a program that has just begun is compiled while it runs. */
const warmCalls = 300;
const warmSeconds = 4;
const plainPerSecond = 500;
const plainMs = 1_000;
const floodPerSecond = 4_000;
const probesPerSecond = 20;
/** What the probe is given to see a recovery, and what an answer may take then. */
const probeMs = 5_000;
const wellMsMax = 500;

export const signalling: Bench = {
  name: 'signalling',
  about: 'calls per second, recorded and plain; CPU of edge and recorder; INVITE to 200; what a flood costs',
  goals: ({ part }) =>
    part === 'finishing'
      ? finishingGoals
      : [...(part === 'plain' ? [] : recordedGoals), ...(part === 'recorded' ? [] : plainGoals)],
  async run({ seconds, say, against, part }) {
    if (part === 'finishing') return finishing({ seconds, say });
    const options = { seconds, say, against: against === undefined ? undefined : applicationPort(against) };
    return {
      ...(part === 'plain' ? {} : await recorded(options)),
      ...(part === 'recorded' ? {} : await plain(options)),
    };
  },
};

const recordedGoals: readonly Goal[] = [
  { figure: 'recordedCallsPerSecond', atLeast: 100 },
  { figure: 'recordedInviteMsP99', atMost: 40 },
];

const plainGoals: readonly Goal[] = [
  { figure: 'plainCallsPerSecond', atLeast: 500 },
  { figure: 'plainEdgeCpuPercent', atMost: 41 },
  ...['double', 'flood'].flatMap((part) => [
    { figure: `${part}Failed`, atMost: 0 },
    { figure: `${part}RefusalMsP99`, atMost: 50 },
    { figure: `${part}ByeMsP99`, atMost: 500 },
    { figure: `${part}RecoveryMs`, atMost: 2_000 },
  ]),
];

/** A drachtio-server is measured in the place of our own edge: where applications connect to it. */
interface Options extends Pick<BenchOptions, 'seconds' | 'say'> {
  readonly against: { readonly host: string; readonly port: number; readonly secret: string } | undefined;
}

function applicationPort(against: string): NonNullable<Options['against']> {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(against) ?? [];
  if (host === undefined) {
    const message = `signalling is measured against the HOST:PORT of a drachtio-server (secret in SECRET), not ${against}`;
    throw new TwinreelError('bench-impossible', message);
  }
  return { host, port: Number(port), secret: process.env['SECRET'] ?? 'cymru' };
}

async function recorded({ against, seconds, say }: Options): Promise<Figures> {
  // More streams than are up, so that a call that ends late costs none its place.
  const node = await startNode({ recorder: 'with', calls: 2 * callsUp, against });
  try {
    const target = await placeOf(node, against);
    const callMs = (callsUp / recordedPerSecond) * 1_000;
    const pairs = recordedPerSecond * Math.ceil(seconds + callMs / 1_000);
    // Compilers and caches get warm.
    await placePairs({ name: 'WARM', target, calls: warmCalls, callsPerSecond: recordedPerSecond / 2, callMs: 1_000 });
    say(`recorded: ${recordedPerSecond} calls/s in pairs of INVITEs, ${callsUp} up, ${pairs} in all`);
    const edgeCpu = cpuOf(edgeOf(node, target.port));
    const recorderCpu = cpuOf(node.recorderPid);
    const captureCpu = cpuOf(node.card.pids.capture);
    const keeperCpu = cpuOf(node.card.pids.keeper);
    const seen = await placePairs({ name: 'BENCH', target, calls: pairs, callsPerSecond: recordedPerSecond, callMs });
    const figures = {
      recordedCallsPerSecond: recordedPerSecond * shareOf(seen),
      recordedEdgeCpuPercent: edgeCpu(),
      recordedRecorderCpuPercent: recorderCpu(),
      recordedCaptureCpuPercent: captureCpu(),
      recordedKeeperCpuPercent: keeperCpu(),
    };
    return { ...figures, ...figuresOf('recorded', seen) };
  } finally {
    await node.stop();
  }
}

async function plain({ against, seconds, say }: Options): Promise<Figures> {
  const node = against ? undefined : await startNode({ recorder: 'without', calls: 8, against });
  const application = against ?? { ...node!.card.application!, secret: node!.secret };
  const { answerer, target } = await startAnswerer(application);
  try {
    const edge = node?.card.pids.edge ?? processOfUdpPort(target.port);
    const place = async (callsPerSecond: number, forSeconds: number) => {
      const [edgeCpu, answererCpu] = [cpuOf(edge), cpuOf(answerer.pid)];
      const calls = callsPerSecond * forSeconds;
      const seen = await placeCalls({ scenario: 'plain', target, calls, callsPerSecond, callMs: plainMs });
      return { seen, edgeCpu: edgeCpu(), answererCpu: answererCpu() };
    };
    // Compilers and caches get warm: what they cost once is no cost of a call.
    await place(plainPerSecond, warmSeconds);
    say(`plain: ${plainPerSecond} calls/s of ${plainMs} ms`);
    const even = await place(plainPerSecond, seconds);
    const overrun = async (name: string, callsPerSecond: number) => {
      say(`${name}: ${callsPerSecond} calls/s`);
      const forSeconds = Math.ceil(seconds / 2);
      const probes = placeCalls({
        ...{ scenario: 'plain', target, callMs: 0, callsPerSecond: probesPerSecond },
        calls: probesPerSecond * (forSeconds + probeMs / 1_000),
      });
      const { seen, edgeCpu } = await place(callsPerSecond, forSeconds);
      const sinceMs = lastPlacedMs(seen);
      return {
        [`${name}CallsPerSecond`]: callsPerSecond * shareOf(seen),
        [`${name}EdgeCpuPercent`]: edgeCpu,
        ...figuresOf(name, seen),
        // Nobody was refused: nobody waited for it.
        [`${name}RefusalMsP99`]: seen.refused === 0 ? 0 : percentile(durationsOf(seen.refusals), 0.99),
        [`${name}RecoveryMs`]: sinceMs === undefined ? null : recoveryMs(await probes, sinceMs, wellMsMax),
      };
    };
    const double = await overrun('double', 2 * plainPerSecond);
    const flood = await overrun('flood', floodPerSecond);
    return {
      plainCallsPerSecond: plainPerSecond * shareOf(even.seen),
      plainEdgeCpuPercent: even.edgeCpu,
      plainApplicationCpuPercent: even.answererCpu,
      ...figuresOf('plain', even.seen),
      ...double,
      ...flood,
    };
  } finally {
    answerer.kill();
    await node?.stop();
  }
}

function cpuOf(pid: number | null | undefined): () => number | null {
  return pid == null ? () => null : measureCpu(pid);
}

function edgeOf(node: BenchNode, sipPort: number): number | undefined {
  return node.card.pids.edge ?? processOfUdpPort(sipPort);
}

/** Where SIP goes: to our edge, or to where the drachtio-server says it listens. */
async function placeOf(node: BenchNode, against: Options['against']) {
  if (!against) return node.card.sip!;
  const { answerer, target } = await startAnswerer(against);
  answerer.kill();
  return target;
}

async function startAnswerer(application: { host: string; port: number; secret: string }): Promise<{
  answerer: ChildProcess;
  target: { address: string; port: number };
}> {
  const { host, port, secret } = application;
  const answerer = fork(join(root, 'dist/ops/bench/answerer.js'), [host, String(port), secret], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const [said] = (await Promise.race([once(answerer.stdout!, 'data'), once(answerer, 'exit')])) as [unknown];
  const [, address, sipPort] = /\budp\/([^:,\s]+):(\d+)/.exec(String(said)) ?? [];
  if (address === undefined || sipPort === undefined) {
    answerer.kill();
    throw new TwinreelError('bench-impossible', `no UDP address at the application port ${host}:${port}: ${said}`);
  }
  return { answerer, target: { address, port: Number(sipPort) } };
}
