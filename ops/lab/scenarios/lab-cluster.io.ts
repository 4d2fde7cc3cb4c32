// The cluster scenarios are played on: the processes of ecosystem.config.js under a pm2 of their own, in a temporary folder, with
// the lab as their telephony side. Nothing of it is left when it is ended.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ActorView, SystemView } from '#actors/kit';
import { type CoupleCommand, coreControl } from '#cluster/core';
import { resourceManagerControl } from '#cluster/resource-manager';
import { type Lab, type LabTenant, labUser, startLab } from '#ops/lab';
import type { Hostility } from '#ops/lab/sip-server';
import { freePort, ProcessManager, prepareSettings, processesOfHome } from '#ops/start';
import type { Layout } from '#src/config';
import { TwinreelError } from '#src/errors';
import { ensureKeyPair } from '#src/journal';
import { systemClock } from '#src/ports';
import { type Couple, readRecording } from '#src/recording';
import { hostileDns, hostileRules } from './hostile-kinds.ts';
import type { PlayedCluster, ReplayAsked, Sound } from './played-cluster.ts';
import { ReplayVisit } from './replay-visit.io.ts';
import { scenarioCore, scenarioDns, scenarioRules, scenarioServices, tenantsOfScenarios } from './site.ts';
import { soundOf, soundsAt } from './sounds.io.ts';

const upMsMax = 120_000;
const lookMs = 50;

/** What a cluster is made of besides the ordinary. */
interface ClusterOptions {
  /** A tenant for each, whose telephony side it is. */
  readonly hostility?: readonly Hostility[];
  /** A second recording node, a group of recorders on each, and a resource manager: whatever is recorded is recorded twice. */
  readonly duplicated?: boolean;
}

/** A recording node under a pm2 of its own, in a folder of its own. The first one has the core, too. */
interface LabNode {
  readonly folder: string;
  readonly layout: Layout;
  readonly manager: ProcessManager;
}

export class LabCluster implements PlayedCluster {
  readonly lab: Lab;
  readonly recorder: PlayedCluster['recorder'];
  readonly replay = (): Promise<ReplayAsked | undefined> => ReplayVisit.signIn(this.layout);
  readonly #folder: string;
  readonly #nodes: readonly LabNode[];

  private constructor(lab: Lab, recorder: LabCluster['recorder'], folder: string, nodes: readonly LabNode[]) {
    this.lab = lab;
    this.recorder = recorder;
    this.#folder = folder;
    this.#nodes = nodes;
  }

  /** Brings everything up; resolves when the core watches every DN and has its recorders. Rejects with `scenario-impossible`. */
  static async start(signal: AbortSignal, { hostility, duplicated }: ClusterOptions = {}): Promise<LabCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'twinreel-lab-'));
    let lab: Lab | undefined;
    const nodes: LabNode[] = [];
    try {
      const recorder = { address: '127.0.0.1', port: await freePort() };
      const twice = duplicated ? { manager: await freePort(), other: await freePort() } : undefined;
      const resourceManager = twice && { address: '127.0.0.1', port: twice.manager };
      const dns = hostility ? hostileDns : scenarioDns;
      const tenants = hostility?.length ?? tenantsOfScenarios;
      const services = hostility ? [] : scenarioServices;
      lab = await startLab({ recorder, dns, hostility, services, tenants, resourceManager });
      const isHostile = hostility !== undefined;
      const replay = { replay: await replaySettings(twice && join(folder, '2')) };
      const settings = await settingsOf(folder, recorder.port, lab.directory.endpoint.port, isHostile);
      const own = await startNode(folder, {
        ...settings,
        ...replay,
        ...(twice && groupsOf(settings, recorder.port, twice)),
      });
      nodes.push(own);
      if (twice) nodes.push(await startNode(join(folder, '2'), await otherNodeSettings(twice.other, own.layout)));
      const cluster = new LabCluster(lab, recorder, folder, nodes);
      await cluster.#isUp(signal);
      return cluster;
    } catch (error) {
      await lab?.close();
      await endAll(folder, nodes);
      throw error;
    }
  }

  /** That of the node with the core. */
  get layout(): Layout {
    return this.#nodes[0]!.layout;
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

  /** True when the core has a link to every SIP Server and registered every DN over it. */
  get isWatched(): boolean {
    return this.lab.tenants.every(isWatched);
  }

  /** How many calls of a tenant, and recordings of it without one, the core has not forgotten; undefined while it does not answer. */
  async busy({ path }: LabTenant): Promise<number | undefined> {
    const system = await coreControl.actors(this.layout.coreSocket).catch(() => undefined);
    const { summary } = (system as SystemView | undefined)?.roots.find((root) => isNamed(root, path)) ?? {};
    return summary && Number(summary['calls']) + Number(summary['waiting']);
  }

  /** Lines of the core's log about a tenant, one JSON each. */
  async logged({ path }: LabTenant): Promise<readonly string[]> {
    const text = await readFile(join(this.layout.logDir, 'core.log'), 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line.includes(`"/${actorOf(path)}/`) || line.includes(`"/${actorOf(path)}"`));
  }

  sent(recordingId: string): readonly (readonly [number, number])[] {
    return sentOf(this.lab, recordingId);
  }

  async kill(name: string, node: 'first' | 'second'): Promise<void> {
    const running = (await this.#nodes[node === 'first' ? 0 : 1]?.manager.list()) ?? [];
    const found = running.find((one) => one.name === name);
    if (!found) throw new TwinreelError('scenario-impossible', `no process of the ${node} node is called ${name}`);
    process.kill(found.pid, 'SIGKILL');
  }

  cutLink(): void {
    keepCoresOut(this.lab);
  }

  letIn(): void {
    letCoresIn(this.lab);
  }

  async sounds(recordingId: string): Promise<Sound[]> {
    return (await Promise.all(this.#nodes.map(({ layout }) => soundsAt(layout, recordingId)))).flat();
  }

  /** The finished recording of a take: what is heard, and what its manifest says is wrong with it. */
  async recording(folder: string): Promise<{ readonly sound: Sound; readonly problems: readonly string[] }> {
    const recording = await readRecording(folder);
    const problems = recording.manifest.facts.problems.map(({ code, detail }) => `${code}: ${detail}`);
    return { sound: await soundOf(recording, this.layout), problems };
  }

  async end(): Promise<void> {
    await this.lab.close();
    await endAll(this.#folder, this.#nodes);
  }

  async #isUp(signal: AbortSignal): Promise<void> {
    const linked = async () => {
      const report = await coreControl.report(this.layout.coreSocket).catch(() => undefined);
      return (this.isWatched && report?.['recorders'] === this.#nodes.length) || undefined;
    };
    await until('the core to watch every DN and to reach its recorders', linked, upMsMax, signal);
    if (this.#nodes.length === 1) return;
    const reached = async () => {
      const report = await resourceManagerControl.report(this.layout.resourceManagerSocket).catch(() => undefined);
      const members = report?.groups.flatMap((group) => group.members) ?? [];
      return (members.length > 1 && members.every(({ phase }) => phase === 'up')) || undefined;
    };
    await until('the resource manager to reach every recorder', reached, upMsMax, signal);
  }
}

async function startNode(folder: string, settings: object): Promise<LabNode> {
  await mkdir(folder, { recursive: true });
  const configFile = configFileOf(folder);
  await writeFile(configFile, stringify({ dataDir: folder, ...settings }));
  const { env, layout } = await prepareSettings(configFile);
  const manager = new ProcessManager(homeOf(folder), env);
  const node = { folder, layout, manager };
  await manager.start().catch(async (error: unknown) => {
    await endNode(node);
    throw error;
  });
  return node;
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

/** True when the core has a link to a tenant's SIP Server and registered every DN over it. */
export function isWatched({ sipServer: { telephony, dns } }: LabTenant): boolean {
  return telephony.clients.some(({ name, dns: registered }) => name === coreName && registered.size === dns);
}

/** Every core is away from the SIP Server until it is let in again. */
export function keepCoresOut({ sipServer }: Lab): void {
  sipServer.keptOut = coreName;
  for (const client of sipServer.telephony.clients) if (client.name === coreName) client.cut();
}

export function letCoresIn({ sipServer }: Lab): void {
  sipServer.keptOut = undefined;
}

/** What the media server sent of a recording that has ended, by recorder. */
export function sentOf({ mediaServer }: Lab, recordingId: string): readonly (readonly [number, number])[] {
  const recording = mediaServer.ended().findLast(({ id }) => id === recordingId);
  return recording?.sessions.map(({ packets }) => packets) ?? [];
}

/** How the core names the actor of a tenant. */
function actorOf(path: string): string {
  return `tenant:${encodeURIComponent(path)}`;
}

function isNamed({ path: address }: ActorView, path: string): boolean {
  return address === `/${actorOf(path)}`;
}

/** As telephony servers know a core that is told nothing else (guide: Client Identification). */
const coreName = 'callrec';

/** Where the telephony side is hostile, there is no time to lose. */
const hostileCore = { reconnectMs: 300, lingerMs: 600, graceMs: 1_000, enquireMs: 400, keepMs: 1_000 };

async function settingsOf(
  folder: string,
  sipPort: number,
  directoryPort: number,
  isHostile: boolean,
): Promise<{ readonly core: object; readonly [section: string]: object }> {
  const { name: user, password } = labUser;
  const rulesFile = rulesFileOf(folder);
  await writeFile(rulesFile, stringify(isHostile ? hostileRules : scenarioRules));
  return {
    sip: { port: sipPort },
    edge: { port: await freePort() },
    capture: { readyPairs: 64 },
    recorder: { packetsMin: 1 },
    redis: { beatMs: 200 },
    directory: { servers: [`127.0.0.1:${directoryPort}`], user, password },
    core: {
      ...{ linkPort: 0, rulesFile },
      ...(isHostile ? hostileCore : scenarioCore),
    },
  };
}

/** A group on each node, and the core asks for both. */
function groupsOf({ core }: { readonly core: object }, sipPort: number, ports: { manager: number; other: number }) {
  const group = (name: string, port: number) => ({ name, members: [{ aor: `sip:127.0.0.1:${port}` }] });
  return {
    capture: { readyPairs: 64, portMax: 24_999 },
    core: { ...core, tenantDefaults: { dest: 'sip:FIRST', dest2: 'sip:SECOND' } },
    resourceManager: { port: ports.manager, groups: [group('FIRST', sipPort), group('SECOND', ports.other)] },
  };
}

/** What either node records is to be heard: what the other one, if there is one, has sealed for itself is opened with its key. */
async function replaySettings(otherFolder: string | undefined): Promise<object> {
  if (otherFolder === undefined) return { port: 0 };
  const { privateKeyFile } = await ensureKeyPair(join(otherFolder, 'keys'));
  return { port: 0, privateKeyFiles: [privateKeyFile] };
}

/** It records, and finds the core as any recorder does. */
async function otherNodeSettings(sipPort: number, { redisUrlFile }: Layout): Promise<object> {
  const url = process.env['REDIS_URL'] ?? (await readFile(redisUrlFile, 'utf8'));
  return {
    node: 'node-2',
    sip: { port: sipPort },
    edge: { port: await freePort() },
    capture: { readyPairs: 64, portMin: 25_000 },
    recorder: { packetsMin: 1 },
    redis: { url, beatMs: 200 },
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
async function endAll(folder: string, nodes: readonly LabNode[]): Promise<void> {
  for (const node of nodes) await endNode(node);
  await rm(folder, { recursive: true, force: true });
}

async function endNode({ folder, manager }: LabNode): Promise<void> {
  await manager.stop().catch(() => {});
  for (const { pid } of await processesOfHome(homeOf(folder))) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself meanwhile.
    }
  }
}
