// SIPp as a child: the SIP peer of tests that is not ours. Runs a scenario of test/fixtures/sipp for a bounded time in a
// folder of its own and reports what SIPp counted. Needs no root: audio goes out by SIPp's rtp_stream or our rtp-player.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freeUdpPorts, isUdpPortFree } from './ports.ts';
import { hangMsMax, type ProcessEnd, startProcess, temporaryFolder, until } from './processes.ts';

const scenarioFolder = resolve(import.meta.dirname, '../fixtures/sipp');
const playerFile = resolve(import.meta.dirname, 'rtp-player.mjs');

/** A scenario to run. */
export interface SippOptions {
  /** A scenario of test/fixtures/sipp without `.xml`, or an absolute path. */
  readonly scenario: string;
  /** Whom to call. Without it SIPp waits for calls. */
  readonly target?: { readonly address: string; readonly port: number };
  /** How many calls in all. */
  readonly calls: number;
  /** Calls started per second; default 100. */
  readonly callsPerSecond?: number;
  /** Length of a `<pause/>` of the scenario without a length of its own. */
  readonly pauseMs?: number;
  /** Everything is over after this, or the run has failed; default {@link hangMsMax}. */
  readonly runMsMax?: number;
  /** `[name]` in the scenario. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Lines of the injection file, one per call: `[field0]`, `[field1]`, … */
  readonly injection?: readonly (readonly (string | number)[])[];
  /** Files to lay into the folder SIPp runs in, such as the audio of `rtp_stream`. */
  readonly files?: Readonly<Record<string, Buffer>>;
  /** How SIP goes; default UDP. `tcp` is one connection for all calls, `tcp-each` one for each. */
  readonly transport?: 'udp' | 'tcp' | 'tcp-each';
  /** RTP payload type of `rtp_stream`; default 0. */
  readonly payloadType?: number;
}

/** What came of it. */
export interface SippResult {
  /** 0 when every call went as the scenario says. */
  readonly exitCode: number | null;
  readonly succeeded: number;
  readonly failed: number;
  /** SIPp's last line of statistics by column name, such as `FailedCallRejected(C)`. */
  readonly statistics: Readonly<Record<string, string>>;
  /** Unexpected messages and other complaints; empty when there were none. */
  readonly complaints: string;
  /** Every SIP message sent and received. */
  readonly messages: string;
}

/** A scenario under way. */
export interface RunningSipp {
  readonly port: number;
  readonly ended: Promise<SippResult>;
  stop(): Promise<void>;
}

/** Starts a scenario on 127.0.0.1 and waits until its port is taken; with `target` it begins to call at once. */
export async function startSipp(options: SippOptions): Promise<RunningSipp> {
  const folder = temporaryFolder('sipp');
  for (const [name, content] of Object.entries(options.files ?? {})) writeFileSync(join(folder.path, name), content);
  const port = await freeUdpPorts(1);
  const mediaPort = await freeUdpPorts(4);
  const child = await startProcess({
    command: 'sipp',
    args: sippArguments(options, folder.path, { port, mediaPort }),
    cwd: folder.path,
  });
  const ended = child.ended
    .then((end) => readResult(folder.path, end, child.output()))
    .finally(() => child.stop(0))
    .finally(folder.remove);
  let running = true;
  const over = () => {
    running = false;
  };
  ended.then(over, over);
  if (!options.transport?.startsWith('tcp')) {
    await until('SIPp to take its port', async () => !running || !(await isUdpPortFree(port)));
  }
  const stop = async () => {
    await child.stop();
    await ended.catch(() => {});
  };
  return { port, ended, stop };
}

/** Starts a scenario and waits for its end. */
export async function runSipp(options: SippOptions): Promise<SippResult> {
  return (await startSipp(options)).ended;
}

/** Recordings that a media server would ask for: `form` is the scenario, one entry of `recordings` is one recording. */
export interface SippMsrOptions {
  readonly form: 'per-party' | 'single';
  readonly target: { readonly address: string; readonly port: number };
  readonly recordings: readonly { recordId: string; callUuid: string; dn: string; otherDn: string }[];
  readonly codec: { readonly payloadType: number; readonly format: string };
  /** Raw payload of the first and second party; 160 bytes are 20 ms. */
  readonly first: Buffer;
  readonly second: Buffer;
  /** How long each call lasts; let it exceed the audio by 300 ms or so. */
  readonly callMs: number;
  readonly callsPerSecond?: number;
}

/** Places MSR calls of either form by SIPp and waits for their end. */
export async function runSippMsr(options: SippMsrOptions): Promise<SippResult> {
  const perParty = options.form === 'per-party';
  const ports = perParty ? 0 : await freeUdpPorts(4 * options.recordings.length);
  const injection = options.recordings.flatMap(({ recordId, callUuid, dn, otherDn }, index) =>
    perParty
      ? [
          [recordId, callUuid, dn, dn, 1, 'tenant'],
          [recordId, callUuid, otherDn, dn, 2, 'tenant'],
        ]
      : [[recordId, callUuid, dn, otherDn, 'tenant', ports + 4 * index, ports + 4 * index + 2]],
  );
  return runSipp({
    scenario: perParty ? 'msr-per-party' : 'msr-single',
    target: options.target,
    calls: injection.length,
    callsPerSecond: options.callsPerSecond ?? 100,
    pauseMs: options.callMs,
    runMsMax: options.callMs + hangMsMax,
    keys: {
      audio_payload: String(options.codec.payloadType),
      audio_format: options.codec.format,
      player: `${process.execPath} ${playerFile}`,
    },
    payloadType: options.codec.payloadType,
    injection,
    files: { 'first.audio': options.first, 'second.audio': options.second },
  });
}

function sippArguments(options: SippOptions, folder: string, ports: { port: number; mediaPort: number }): string[] {
  const { scenario, target, injection, keys = {} } = options;
  const args = ['-sf', scenario.startsWith('/') ? scenario : join(scenarioFolder, `${scenario}.xml`)];
  args.push('-i', '127.0.0.1', '-mi', '127.0.0.1', '-p', `${ports.port}`, '-mp', `${ports.mediaPort}`);
  args.push('-m', `${options.calls}`, '-l', `${options.calls}`, '-r', `${options.callsPerSecond ?? 100}`);
  args.push('-d', `${options.pauseMs ?? 0}`, '-rtp_payload', `${options.payloadType ?? 0}`);
  args.push('-timeout', `${Math.ceil((options.runMsMax ?? hangMsMax) / 1000)}s`, '-timeout_error', '-nostdin');
  args.push('-trace_err', '-error_file', 'complaints.log', '-trace_msg', '-message_file', 'messages.log');
  args.push('-trace_stat', '-stf', 'statistics.csv');
  // A machine on which SIPp waits for its turn is no complaint about who answers it.
  args.push('-watchdog_interval', '0');
  if (options.transport === 'tcp') args.push('-t', 't1');
  if (options.transport === 'tcp-each') args.push('-t', 'tn', '-max_socket', `${options.calls + 10}`);
  for (const [name, value] of Object.entries(keys)) args.push('-key', name, value);
  if (injection) {
    const lines = ['SEQUENTIAL', ...injection.map((fields) => fields.join(';'))];
    writeFileSync(join(folder, 'calls.csv'), `${lines.join('\n')}\n`);
    args.push('-inf', 'calls.csv');
  }
  if (target) args.push(`${target.address}:${target.port}`);
  return args;
}

function readResult(folder: string, end: ProcessEnd, output: string): SippResult {
  const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '');
  const rows = read('statistics.csv').trim().split('\n');
  const names = rows[0]?.split(';') ?? [];
  const values = rows.length > 1 ? rows[rows.length - 1]!.split(';') : [];
  const statistics = Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
  const ranAtAll = values.length > 0;
  return {
    exitCode: end.exitCode,
    succeeded: Number(statistics['SuccessfulCall(C)'] ?? 0),
    failed: Number(statistics['FailedCall(C)'] ?? 0),
    statistics,
    complaints: ranAtAll ? read('complaints.log') : output,
    messages: read('messages.log'),
  };
}
