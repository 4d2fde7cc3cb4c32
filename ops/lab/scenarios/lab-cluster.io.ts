// The cluster scenarios are played on: the processes of ecosystem.config.js under a pm2 of their own, in a temporary folder, with
// the lab as their telephony side. Nothing of it is left when it is ended.

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type CoupleCommand, coreControl } from '#cluster/core';
import { type Lab, labUser, startLab } from '#ops/lab';
import type { Hostility } from '#ops/lab/sip-server';
import { freePort, ProcessManager, prepareSettings, processesOfHome } from '#ops/start';
import type { Layout } from '#src/config';
import { codeOf, TwinreelError } from '#src/errors';
import { ensureKeyPair, loadPrivateKey } from '#src/journal';
import { readWav } from '#src/media';
import { systemClock } from '#src/ports';
import {
  type Couple,
  destroyedFile,
  exportRecording,
  findRecordings,
  readRecording,
  type StoredRecording,
} from '#src/recording';
import { hostileDns, hostileRules } from './hostile-kinds.ts';
import { scenarioDns, scenarioRules } from './site.ts';

/** Two channels, as exported. */
export interface Sound {
  readonly left: Int16Array;
  readonly right: Int16Array;
  readonly sampleRateHz: number;
}

const upMsMax = 30_000;
const lookMs = 50;
/** As long as the link is away that a scenario cuts. */
const reconnectMs = 1_500;
/** In which a scenario asks for what was pre-recorded, after the call. */
const keepMs = 2_000;

export class LabCluster {
  readonly lab: Lab;
  /** The recorder's SIP address. */
  readonly recorder: { readonly address: string; readonly port: number };
  readonly hostility: Hostility | undefined;
  readonly #folder: string;
  readonly layout: Layout;
  readonly #manager: ProcessManager;
  #privateKey: Awaited<ReturnType<typeof loadPrivateKey>> | undefined;

  private constructor(
    lab: Lab,
    recorder: LabCluster['recorder'],
    hostility: Hostility | undefined,
    folder: string,
    layout: Layout,
    manager: ProcessManager,
  ) {
    this.lab = lab;
    this.recorder = recorder;
    this.hostility = hostility;
    this.#folder = folder;
    this.layout = layout;
    this.#manager = manager;
  }

  /** Brings everything up; resolves when the core watches every DN and has its recorder. Rejects with `scenario-impossible`. */
  static async start(signal: AbortSignal, hostility?: Hostility): Promise<LabCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'twinreel-lab-'));
    let lab: Lab | undefined;
    let manager: ProcessManager | undefined;
    try {
      const recorder = { address: '127.0.0.1', port: await freePort() };
      lab = await startLab({ recorder, dns: hostility ? hostileDns : scenarioDns, hostility, otherTenant: !hostility });
      const configFile = configFileOf(folder);
      const directory = lab.directory.endpoint.port;
      await writeFile(configFile, stringify(await settingsOf(folder, recorder.port, directory, hostility)));
      const { env, layout } = await prepareSettings(configFile);
      manager = new ProcessManager(homeOf(folder), env);
      await manager.start();
      const cluster = new LabCluster(lab, recorder, hostility, folder, layout, manager);
      await cluster.#isUp(signal);
      return cluster;
    } catch (error) {
      await lab?.close();
      await endAll(folder, manager);
      throw error;
    }
  }

  get configFile(): string {
    return configFileOf(this.#folder);
  }

  get rulesFile(): string {
    return rulesFileOf(this.#folder);
  }

  /** What the core knows; empty while it does not answer. */
  couples(): Promise<readonly Couple[]> {
    return coreControl.couples(this.layout.coreSocket).catch(() => []);
  }

  command(command: CoupleCommand, sid: string): Promise<readonly string[]> {
    return coreControl.command(this.layout.coreSocket, command, sid, 'lab');
  }

  /** True when the core has a link to the SIP Server and registered every DN over it. */
  get isWatched(): boolean {
    const switches = [this.lab, ...(this.lab.other ? [this.lab.other] : [])].map(({ sipServer }) => sipServer);
    return switches.every(({ telephony, dns }) =>
      telephony.clients.some(({ name, dns: registered }) => name === coreName && registered.size === dns),
    );
  }

  /** What the core knows of now and has not forgotten; undefined while it does not answer. */
  async busy(): Promise<{ readonly calls: number; readonly waiting: number } | undefined> {
    const report = await coreControl.report(this.layout.coreSocket).catch(() => undefined);
    return report && { calls: report['calls'] ?? 0, waiting: report['waiting'] ?? 0 };
  }

  /** Lines of the core's log, one JSON each. */
  async logged(): Promise<readonly string[]> {
    const text = await readFile(join(this.layout.logDir, 'core.log'), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  cutLink(): void {
    for (const client of this.lab.sipServer.telephony.clients) if (client.name === coreName) client.cut();
  }

  /** The finished recordings of an id whose media was not destroyed, as anybody would export them. */
  async sounds(recordingId: string): Promise<Sound[]> {
    const found = await findRecordings(this.layout.recordingsDir, recordingId).catch((error: unknown) => {
      if (codeOf(error) === 'recording-unknown') return [];
      throw error;
    });
    const whole = found.filter(({ folder }) => !existsSync(join(folder, destroyedFile)));
    return Promise.all(whole.map((recording) => this.#sound(recording)));
  }

  /** The finished recording of a take: what is heard, and what its manifest says is wrong with it. */
  async recording(folder: string): Promise<{ readonly sound: Sound; readonly problems: readonly string[] }> {
    const recording = await readRecording(folder);
    const problems = recording.manifest.facts.problems.map(({ code, detail }) => `${code}: ${detail}`);
    return { sound: await this.#sound(recording), problems };
  }

  async end(): Promise<void> {
    await this.lab.close();
    await endAll(this.#folder, this.#manager);
  }

  async #sound(recording: StoredRecording): Promise<Sound> {
    this.#privateKey ??= await loadPrivateKey((await ensureKeyPair(this.layout.keysDir)).privateKeyFile);
    const pieces: Buffer[] = [];
    for await (const piece of exportRecording(recording, 'wav', this.#privateKey)) pieces.push(piece);
    const { samples, sampleRateHz } = readWav(Buffer.concat(pieces));
    return { left: samples[0]!, right: samples[1]!, sampleRateHz };
  }

  async #isUp(signal: AbortSignal): Promise<void> {
    const linked = async () => {
      const report = await coreControl.report(this.layout.coreSocket).catch(() => undefined);
      return (this.isWatched && report?.['recorders'] === 1) || undefined;
    };
    await until('the core to watch every DN and to reach its recorder', linked, upMsMax, signal);
  }
}

/** Looks again and again. Rejects with `scenario-impossible`, naming what was waited for, or when the signal aborts. */
export async function until<Found>(
  what: string,
  look: () => Promise<Found | undefined> | Found | undefined,
  withinMs: number,
  signal: AbortSignal,
): Promise<Found> {
  const untilMs = systemClock.monotonicMs() + withinMs;
  for (;;) {
    signal.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    if (systemClock.monotonicMs() > untilMs)
      throw new TwinreelError('scenario-impossible', `waited ${withinMs / 1000} s in vain for ${what}`);
    await new Promise<void>((resolve) => systemClock.after(lookMs, resolve));
  }
}

/** As telephony servers know a core that is told nothing else (guide: Client Identification). */
const coreName = 'callrec';

/** Where the telephony side is hostile, there is no time to lose. */
const hostileCore = { reconnectMs: 300, lingerMs: 600, graceMs: 1_000, enquireMs: 400, keepMs: 1_000 };

async function settingsOf(
  folder: string,
  sipPort: number,
  directoryPort: number,
  hostility: Hostility | undefined,
): Promise<object> {
  const { name: user, password } = labUser;
  const rulesFile = rulesFileOf(folder);
  await writeFile(rulesFile, stringify(hostility ? hostileRules : scenarioRules));
  return {
    dataDir: folder,
    sip: { port: sipPort },
    edge: { port: await freePort() },
    capture: { readyPairs: 64 },
    recorder: { packetsMin: 1 },
    redis: { beatMs: 200 },
    directory: { servers: [`127.0.0.1:${directoryPort}`], user, password },
    core: {
      ...{ linkPort: 0, reconnectMs, lingerMs: 1_000, graceMs: 3_000, keepMs, rulesFile },
      ...(hostility && hostileCore),
    },
  };
}

function configFileOf(folder: string): string {
  return join(folder, 'twinreel.yaml');
}

function rulesFileOf(folder: string): string {
  return join(folder, 'rules.yaml');
}

function homeOf(folder: string): string {
  return join(folder, 'pm2');
}

/** Also what no manager knows any more: each process was started below our folder and is found by it. */
async function endAll(folder: string, manager: ProcessManager | undefined): Promise<void> {
  await manager?.stop().catch(() => {});
  for (const { pid } of await processesOfHome(homeOf(folder))) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself meanwhile.
    }
  }
  await rm(folder, { recursive: true, force: true });
}
