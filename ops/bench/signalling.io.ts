// Signalling: calls per second that are recorded, what plain calls cost, and what becomes of calls beyond the limit.
//
//   recorded   INVITE pairs as a media server sends them, held so long that 675 calls are up; some hundred are recorded before
//              that nobody measures, as with plain
//   plain      calls that drachtio-srf answers, nothing recorded: the edge alone, comparable with a drachtio-server
//   double     twice the plain calls that are promised, for as long as the machine takes them the better
//   flood      more plain calls than can be served: those taken must be served well, the others hear 503 at once
//
// Beside double and flood goes a probe, a few calls a second: it tells how long the recovery takes.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '#ops/start';
import { TwinreelError } from '#src/errors';
import { type Bench, type BenchOptions, type Figures, type Goal, percentile } from './bench.ts';
import { type BenchNode, startNode } from './node.io.ts';
import { measureCpu, processOfUdpPort } from './process-usage.io.ts';
import { placeCalls } from './sipp.io.ts';
import { type CallsSeen, durationsOf, lastPlacedMs, recoveryMs } from './sipp-statistics.ts';

const recordedPerSecond = 100;
const callsUp = 675;
/** Recorded before anything is measured: a program that has just begun is compiled while it runs. */
const warmCalls = 300;
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
  goals: ({ part }) => [...(part === 'plain' ? [] : recordedGoals), ...(part === 'recorded' ? [] : plainGoals)],
  async run({ seconds, say, against, part }) {
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
    const place = (name: string, calls: number, callsPerSecond: number, forMs: number) =>
      placeCalls({
        ...{ scenario: 'msr-pair', target, calls: 2 * calls, callsPerSecond: 2 * callsPerSecond, callMs: forMs },
        injection: Array.from({ length: 2 * calls }, (_, index) => {
          const call = index >> 1;
          return [`${name}-${call}`, `${name}${call}`, index % 2 === 0 ? '3556' : '0412', String((index % 2) + 1)];
        }),
      });
    await place('WARM', warmCalls, recordedPerSecond / 2, 1_000); // compilers and caches get warm
    say(`recorded: ${recordedPerSecond} calls/s in pairs of INVITEs, ${callsUp} up, ${pairs} in all`);
    const edgeCpu = cpuOf(edgeOf(node, target.port));
    const recorderCpu = cpuOf(node.recorderPid);
    const captureCpu = cpuOf(node.card.pids.capture);
    const keeperCpu = cpuOf(node.card.pids.keeper);
    const seen = await place('BENCH', pairs, recordedPerSecond, callMs);
    const figures = {
      recordedCallsPerSecond: recordedPerSecond * shareOf(seen),
      recordedEdgeCpuPercent: edgeCpu(),
      recordedRecorderCpuPercent: recorderCpu(),
      recordedCaptureCpuPercent: captureCpu(),
      recordedKeeperCpuPercent: keeperCpu(),
    };
    return { ...figures, ...named('recorded', seen) };
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
    await place(plainPerSecond / 5, 3); // compilers and caches get warm
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
        ...named(name, seen),
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
      ...named('plain', even.seen),
      ...double,
      ...flood,
    };
  } finally {
    answerer.kill();
    await node?.stop();
  }
}

function named(part: string, seen: CallsSeen): Figures {
  return {
    [`${part}Succeeded`]: seen.succeeded,
    [`${part}Refused`]: seen.refused,
    [`${part}Failed`]: seen.failed,
    [`${part}Retransmissions`]: seen.retransmissions,
    [`${part}InviteMsP50`]: percentile(durationsOf(seen.invites), 0.5),
    [`${part}InviteMsP99`]: percentile(durationsOf(seen.invites), 0.99),
    [`${part}ByeMsP99`]: percentile(durationsOf(seen.byes), 0.99),
  };
}

/** Which share of the calls succeeded. */
function shareOf({ succeeded, refused, failed }: CallsSeen): number {
  const all = succeeded + refused + failed;
  return all === 0 ? 0 : Math.round((succeeded / all) * 1_000) / 1_000;
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
