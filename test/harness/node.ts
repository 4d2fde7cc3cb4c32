// A whole recording node of a test: the real keeper with edge and capture, and a recorder, started from dist/ as pm2 would
// start them, on ports and in a folder of their own. Never leaves a process or a file behind.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { type NodeCard, readNodeCard } from '#cluster/keeper';
import { keeperOptionsOf } from '#cluster/keeper/settings';
import { type RecorderCommand, type RecorderReport, recorderControl } from '#cluster/recorder';
import type { ReceivedPacket } from '#ops/lab/msr-source';
import { type Config, type configSchema, type Layout, layoutOf, loadConfig } from '#src/config';
import { codeOf } from '#src/errors';
import { loadPrivateKey } from '#src/journal';
import { parseRtp, readRtpdump } from '#src/media';
import { exportRecording, findRecordings, listRecordings, type StoredRecording } from '#src/recording';
import { placeJournalKeys } from './journal-keys.ts';
import { freeUdpPorts } from './ports.ts';
import { hangMsMax, type RunningProcess, startProcess, temporaryFolder, until } from './processes.ts';

/** How the node is to be. */
export interface NodeOptions {
  /** Settings that differ from the defaults, as they stand in the configuration file. */
  readonly config?: z.input<typeof configSchema>;
  /** Calls it has ports for, each with two streams; default 16. */
  readonly calls?: number;
  /** Where Redis is; without it the node runs without one. */
  readonly redisUrl?: string;
}

/** How a run of the command line ended. */
export interface CommandEnd {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running node. */
export interface TestNode {
  readonly config: Config;
  readonly configFile: string;
  readonly layout: Layout;
  /** Where INVITEs go. */
  readonly sip: { readonly address: string; readonly port: number };
  readonly keeper: RunningProcess;
  readonly recorder: RunningProcess;
  /** kill -9 of the recorder; resolves when its successor runs. */
  restartRecorder(): Promise<void>;
  card(): Promise<NodeCard>;
  /** What the recorder holds. */
  report(): Promise<RecorderReport>;
  /** Waits for a report of which something holds. */
  reported(what: string, holds: (report: RecorderReport) => boolean): Promise<RecorderReport>;
  command(command: RecorderCommand, recording: string, by?: string): Promise<readonly string[]>;
  /** Every finished recording. */
  recordings(): Promise<StoredRecording[]>;
  /** The finished recording of this id; waits until it is there. */
  recording(id: string): Promise<StoredRecording>;
  export(recording: StoredRecording, format: 'wav' | 'rtpdump' | 'pcap'): Promise<Buffer>;
  /** The RTP packets of a recording, read back from its rtpdump. */
  packets(recording: StoredRecording): Promise<ReceivedPacket[]>;
  /** Runs the `twinreel` command line with this node's configuration. */
  twinreel(...args: readonly string[]): Promise<CommandEnd>;
  /** Ends every process of the node and removes its folder. */
  stop(): Promise<void>;
}

/** Starts a node and waits until it takes calls. Rejects with the output of its processes when it does not. */
export async function startNode({ config: given = {}, calls = 16, redisUrl }: NodeOptions = {}): Promise<TestNode> {
  const folder = temporaryFolder('node');
  const ports = 4 * calls;
  const portMin = await freeUdpPorts(ports);
  const configFile = join(folder.path, 'twinreel.yaml');
  const settings = {
    ...given,
    dataDir: folder.path,
    sip: { port: 0, ...given.sip },
    edge: { port: 0, ...given.edge },
    // Who reads the segment of a capture that was killed reads all that was reserved for it.
    capture: { portMin, portMax: portMin + ports - 1, segmentBytesMax: 16 * 2 ** 20, ...given.capture },
  };
  writeFileSync(configFile, stringify(settings));
  const config = loadConfig(configFile);
  const layout = layoutOf(config);
  placeJournalKeys(layout.keysDir);
  const processes: RunningProcess[] = [];
  const start = async (name: string, env: Record<string, string>) => {
    const command = `dist/cluster/processes/${name}.js`;
    const child = await startProcess({ command, env: { ...env, TWINREEL_CONFIG: configFile } });
    processes.unshift(child);
    return child;
  };
  const stop = async () => {
    for (const child of processes) await child.stop();
    folder.remove();
  };
  try {
    const keeper = await start('keeper', { TWINREEL_OPTIONS: JSON.stringify(keeperOptionsOf(config, layout)) });
    const startRecorder = () => start('recorder', redisUrl === undefined ? {} : { REDIS_URL: redisUrl });
    let recorder = await startRecorder();
    const ended = Promise.race(processes.map((child) => child.ended)).then(({ exitCode }) => {
      throw new Error(`a process ended with ${exitCode}`);
    });
    const card = await Promise.race([until('the node to take calls', () => readyCard(layout)), ended]);
    const { address, port } = card.sip!;
    return {
      config,
      configFile,
      layout,
      sip: { address, port },
      keeper,
      get recorder() {
        return recorder;
      },
      async restartRecorder() {
        recorder.kill('SIGKILL');
        await recorder.ended;
        recorder = await startRecorder();
      },
      ...accessTo(layout, configFile),
      stop,
    };
  } catch (error) {
    const output = processes.map((child) => child.output()).join('\n');
    await stop();
    throw new Error(`the node did not start:\n${output}`, { cause: error });
  }
}

/** The card of a node whose recorder answers and commands capture. */
async function readyCard(layout: Layout): Promise<NodeCard | undefined> {
  const card = await readNodeCard(layout.runDir);
  const report = card?.sip && (await recorderControl.report(layout.recorderSocket).catch(() => undefined));
  return report?.['packets'] === undefined ? undefined : card;
}

type Access = Omit<
  TestNode,
  'config' | 'configFile' | 'layout' | 'sip' | 'keeper' | 'recorder' | 'restartRecorder' | 'stop'
>;

function accessTo(layout: Layout, configFile: string): Access {
  const report = () => recorderControl.report(layout.recorderSocket);
  const exported = async (recording: StoredRecording, format: 'wav' | 'rtpdump' | 'pcap') => {
    const privateKey = await loadPrivateKey(join(layout.keysDir, 'journal-private.pem'));
    const pieces: Buffer[] = [];
    for await (const piece of exportRecording(recording, format, privateKey)) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  return {
    card: async () => (await readNodeCard(layout.runDir))!,
    report,
    reported: (what, holds) =>
      until(what, async () => {
        const now = await report();
        return holds(now) ? now : undefined;
      }),
    command: (command, recording, by = 'test') =>
      recorderControl.command(layout.recorderSocket, command, recording, by),
    async recordings() {
      const found: StoredRecording[] = [];
      const refuse = (path: string, error: unknown) => {
        throw new Error(`the manifest in ${path} cannot be read`, { cause: error });
      };
      for await (const one of listRecordings(layout.recordingsDir, refuse)) found.push(one);
      return found;
    },
    recording: (id) => until(`the recording ${id}`, () => finished(layout, id)),
    export: exported,
    async packets(recording) {
      const { packets } = readRtpdump(await exported(recording, 'rtpdump'));
      return packets.filter(({ rtcp }) => !rtcp).map(({ bytes }) => received(bytes));
    },
    twinreel: (...args) => runTwinreel([...args, '--config', configFile]),
  };
}

async function finished(layout: Layout, id: string): Promise<StoredRecording | undefined> {
  try {
    return (await findRecordings(layout.recordingsDir, id))[0];
  } catch (error) {
    if (codeOf(error) === 'recording-unknown') return undefined;
    throw error;
  }
}

function received(bytes: Buffer): ReceivedPacket {
  const packet = parseRtp(bytes);
  if (typeof packet === 'string') throw new Error(`a recorded packet is no RTP: ${packet}`);
  return packet;
}

/** Runs the compiled command line to its end. */
export function runTwinreel(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandEnd> {
  const program = resolve(import.meta.dirname, '../../dist/ops/cli/twinreel.js');
  const options = { env: { ...process.env, ...env }, timeout: hangMsMax, maxBuffer: 16 * 2 ** 20 };
  return new Promise((settle) => {
    const child = execFile(process.execPath, [program, ...args], options, (_error, stdout, stderr) =>
      settle({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
