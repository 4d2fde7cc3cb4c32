// The node a drill is performed on: the processes of ecosystem.config.js under a pm2 of their own, in a temporary folder.
// Whatever a drill did to them, nothing of it is left when the node is ended.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { type NodeCard, readNodeCard } from '#cluster/keeper';
import { type RecorderCommand, type RecorderReport, recorderControl } from '#cluster/recorder';
import {
  freePort,
  isRunning,
  managedProcess,
  ProcessManager,
  prepareSettings,
  processesOfHome,
  root,
} from '#ops/start';
import type { Layout } from '#src/config';
import { TwinreelError } from '#src/errors';
import { systemClock } from '#src/ports';
import type { ClusterDrill, Drill, NodeDrill, Plant, Role } from './drill.ts';
import { OwnDisk } from './own-disk.io.ts';
import { faultVariable, isPlantedFault } from './planted-fault.ts';
import type { SeparateNetwork } from './separate-network.io.ts';
import { skewFile, skewVariable } from './skewed-clock.ts';
import { throwingFile, throwingVariable } from './thrower.ts';

const run = promisify(execFile);
const upMsMax = 120_000;
const orderMsMax = 30_000;
const lookMs = 20;
const managedNames = ['keeper', 'recorder', 'redis'];

type Loaded = NodeDrill['loaded'] | ClusterDrill['loaded'];

/** How to make the node. */
export interface DrilledNodeOptions {
  /** A fault to build in, when the drill has to fail. */
  readonly plant?: Plant | undefined;
  readonly loaded?: Loaded;
  readonly config?: Drill['config'];
  readonly diskBytes?: NodeDrill['diskBytes'];
  /** One node of several is called by a name of its own. */
  readonly name?: string;
  /** Its processes run there. */
  readonly network?: SeparateNetwork | undefined;
}

export class DrilledNode {
  readonly folder: string;
  readonly layout: Layout;
  readonly sip: { readonly address: string; readonly port: number };
  readonly configFile: string;
  /** Of its pm2. */
  readonly home: string;
  readonly #manager: ProcessManager;
  readonly #disk: OwnDisk | undefined;
  /** Its own Redis. */
  readonly redisUrl: string;
  #ending = new AbortController();
  #keepingUp: Promise<void> = Promise.resolve();

  private constructor(
    folder: string,
    layout: Layout,
    manager: ProcessManager,
    home: string,
    card: NodeCard,
    disk: OwnDisk | undefined,
    redisUrl: string,
  ) {
    this.redisUrl = redisUrl;
    this.folder = folder;
    this.layout = layout;
    this.#manager = manager;
    this.configFile = join(folder, 'twinreel.yaml');
    this.home = home;
    this.#disk = disk;
    this.sip = card.sip!;
  }

  /** Brings a node up; resolves when it takes calls. */
  static async start({ plant, loaded, config, diskBytes, name, network }: DrilledNodeOptions): Promise<DrilledNode> {
    const folder = await mkdtemp(join(tmpdir(), 'twinreel-drill-'));
    const home = join(folder, 'pm2');
    let disk: OwnDisk | undefined;
    try {
      disk = diskBytes === undefined ? undefined : await OwnDisk.make(folder, diskBytes);
      const configFile = join(folder, 'twinreel.yaml');
      await writeFile(
        configFile,
        stringify({
          ...(await settingsOf(disk?.path ?? folder, { ...config, ...plant?.config })),
          ...(name && { node: name }),
        }),
      );
      const { env, layout } = await prepareSettings(configFile);
      const manager = new ProcessManager(home, { ...env, ...loadedEnv(folder, plant?.fault, loaded) });
      if (network) await enter(network, home);
      await manager.start();
      const card = await until('the node to take calls', () => readyCard(layout), upMsMax);
      const node = new DrilledNode(
        folder,
        layout,
        manager,
        home,
        card,
        disk,
        `redis://127.0.0.1:${env['TWINREEL_REDIS_PORT']}`,
      );
      if (!plant?.unwatched) node.#watchManager();
      return node;
    } catch (error) {
      await endAll(home, folder, disk);
      throw error;
    }
  }

  /** As a resource manager names its recorder. */
  get aor(): string {
    return `sip:${this.sip.address}:${this.sip.port}`;
  }

  /** Process ids by role, of those that run now. */
  async pids(): Promise<ReadonlyMap<Role, number>> {
    const card = await readNodeCard(this.layout.runDir).catch(() => undefined);
    const managed = (name: string) => managedProcess(this.home, name);
    const found: [Role, number | null | undefined][] = [
      ['pm2', await pidIn(join(this.home, 'pm2.pid'))],
      ['keeper', card?.pids.keeper],
      ['edge', card?.pids.edge],
      ['capture', card?.pids.capture],
      ['recorder', await managed('recorder')],
      ['redis', await managed('redis')],
    ];
    const running: [Role, number][] = [];
    for (const [role, pid] of found) if (pid != null && (await isRunning(pid))) running.push([role, pid]);
    return new Map(running);
  }

  /** Sends a signal to the process that has a role now. Rejects with `drill-impossible` when there is none. */
  async signal(role: Role, signal: NodeJS.Signals): Promise<number> {
    const pid = (await this.pids()).get(role);
    if (pid === undefined)
      throw new TwinreelError('drill-impossible', `no ${role} runs that could be sent ${signal}`, { role });
    process.kill(pid, signal);
    return pid;
  }

  /**
   * Kills what a node records with, all at once, as when its host dies; what runs there besides lives on. Nobody starts it again until
   * {@link bringBack}: all nodes of a drill are on one machine, and would wait for the processors that a start takes.
   */
  async killRecording(): Promise<void> {
    const pids = await this.pids();
    signalIfThere(pids.get('pm2'), 'SIGSTOP');
    for (const role of ['keeper', 'edge', 'capture', 'recorder'] as const) signalIfThere(pids.get(role), 'SIGKILL');
  }

  async bringBack(): Promise<void> {
    signalIfThere(await pidIn(join(this.home, 'pm2.pid')), 'SIGCONT');
  }

  /** Sends a signal to what pm2 manages besides. Rejects with `drill-impossible` when there is none. */
  async signalManaged(name: 'core' | 'resource-manager', signal: NodeJS.Signals): Promise<void> {
    const pid = await managedProcess(this.home, name);
    if (pid === undefined || !(await isRunning(pid)))
      throw new TwinreelError('drill-impossible', `no ${name} runs that could be sent ${signal}`);
    signalIfThere(pid, signal);
  }

  /** From now on, or no longer, every actor throws. */
  async letThrow(throwing: boolean): Promise<void> {
    const file = join(this.folder, throwingFile);
    await (throwing ? writeFile(file, '') : rm(file));
  }

  /** The wall clock of its core is set: so far ahead of true time. */
  async setClock(aheadMs: number): Promise<void> {
    await writeFile(join(this.folder, skewFile), String(aheadMs));
  }

  /** Replaces a process in good order; resolves when pm2 has done it. */
  reload(name: string): Promise<void> {
    return this.#manager.reload([name]);
  }

  /** The disk of the node. Throws `drill-impossible` when it has none of its own. */
  get disk(): OwnDisk {
    if (this.#disk) return this.#disk;
    throw new TwinreelError('drill-impossible', 'this drill gave the node no disk of its own');
  }

  /** Every process is gone at once, and what was not synced with it. */
  async cutPower(): Promise<void> {
    this.#ending.abort();
    await this.#keepingUp;
    await this.bringBack();
    // First pm2, then the keeper: whoever is stopped starts nobody again.
    for (const { pid } of await processesOfHome(this.home)) signalIfThere(pid, 'SIGSTOP');
    for (const { pid } of await processesOfHome(this.home)) signalIfThere(pid, 'SIGSTOP');
    await this.disk.remember();
    await killAll(this.home);
    await this.disk.forget();
  }

  /** Starts everything anew; resolves when it takes calls. */
  async restorePower(): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
    await this.#manager.start();
    await until('the node to take calls', () => readyCard(this.layout), upMsMax);
    this.#watchManager();
  }

  /** True when pm2 runs and all that it should manage is online. */
  async isManaged(): Promise<boolean> {
    const processes = await this.#manager.list().catch(() => []);
    return managedNames.every((name) => processes.some((one) => one.name === name && one.status === 'online'));
  }

  /** An order to the recorder, as an operator gives it; given again while no recorder answers. */
  command(command: RecorderCommand, recording: string): Promise<readonly string[]> {
    const order = () =>
      recorderControl.command(this.layout.recorderSocket, command, recording, 'drill').catch(() => undefined);
    return until(`the recorder to ${command}`, order, orderMsMax);
  }

  /** What the recorder holds; undefined while it does not answer. */
  report(): Promise<RecorderReport | undefined> {
    return recorderControl.report(this.layout.recorderSocket).catch(() => undefined);
  }

  /** Ends every process of the node and removes its folder. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#keepingUp;
    await this.#manager.stop().catch(() => {});
    await endAll(this.home, this.folder, this.#disk);
  }

  #watchManager(): void {
    this.#ending = new AbortController();
    this.#keepingUp = this.#manager.keepUp(this.#ending.signal, () => {});
  }
}

/** Waits until `look` finds something. Rejects with `drill-impossible`, naming what was waited for. */
export async function until<Found>(
  what: string,
  look: () => Promise<Found | undefined>,
  withinMs: number,
): Promise<Found> {
  const untilMs = systemClock.monotonicMs() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (systemClock.monotonicMs() > untilMs)
      throw new TwinreelError('drill-impossible', `waited ${withinMs} ms in vain for ${what}`);
    await new Promise<void>((resolve) => systemClock.after(lookMs, resolve));
  }
}

/** pm2 starts every process where it was started itself. */
async function enter({ entering: [enterer, ...words] }: SeparateNetwork, home: string): Promise<void> {
  const env = { ...process.env, PM2_HOME: home, PM2_DISCRETE_MODE: 'true' };
  await run(enterer!, [...words, join(root, 'node_modules', '.bin', 'pm2'), 'ping'], { env });
}

async function settingsOf(folder: string, config: NonNullable<Drill['config']>): Promise<object> {
  return {
    ...config,
    dataDir: folder,
    // Ports that stay: calls must find a successor where its predecessor was.
    sip: { port: await freePort(), ...config['sip'] },
    edge: { port: await freePort(), ...config['edge'] },
  };
}

/** What the processes find in their environment: modules that are loaded before their own, and what these have to do. */
function loadedEnv(folder: string, fault: string | undefined, loaded: Loaded): Record<string, string> {
  if (fault !== undefined && !isPlantedFault(fault)) throw new Error(`no planted fault is called ${fault}`);
  const modules = [...(fault === undefined ? [] : ['planted-fault']), ...(loaded === undefined ? [] : [loaded])];
  if (modules.length === 0) return {};
  const imports = modules.map((name) => `--import=${fileURLToPath(new URL(`./${name}.js`, import.meta.url))}`);
  return {
    NODE_OPTIONS: imports.join(' '),
    [throwingVariable]: join(folder, throwingFile),
    [skewVariable]: join(folder, skewFile),
    ...(fault !== undefined && { [faultVariable]: fault }),
  };
}

async function readyCard(layout: Layout): Promise<NodeCard | undefined> {
  const card = await readNodeCard(layout.runDir);
  const report = card?.sip && (await recorderControl.report(layout.recorderSocket).catch(() => undefined));
  return report?.['packets'] === undefined ? undefined : card;
}

async function pidIn(file: string): Promise<number | undefined> {
  const pid = Number(await readFile(file, 'utf8').catch(() => ''));
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/** What a drill did may have left processes that no manager knows; each was started below our folder and is found by it. */
async function endAll(home: string, folder: string, disk: OwnDisk | undefined): Promise<void> {
  await killAll(home);
  await disk?.end();
  await rm(folder, { recursive: true, force: true });
}

async function killAll(home: string): Promise<void> {
  for (;;) {
    const left = await processesOfHome(home);
    if (left.length === 0) return;
    for (const { pid } of left) signalIfThere(pid, 'SIGKILL');
    await new Promise<void>((resolve) => systemClock.after(lookMs, resolve));
  }
}

function signalIfThere(pid: number | null | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid != null) process.kill(pid, signal);
  } catch {
    // It has ended by itself meanwhile.
  }
}
