// Several nodes on one machine, as they would stand on several: each with its own folder, ports and process manager, all with one
// Redis, which is the first node's. The lab is their telephony side; it brings recordings to the resource manager of the first node.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { coreControl } from '#cluster/core';
import { type Lab, type LabOptions, labUser, startLab } from '#ops/lab';
import { freePort, ProcessManager, prepareSettings } from '#ops/start';
import type { Layout } from '#src/config';
import { TwinreelError } from '#src/errors';
import { ensureKeyPair } from '#src/journal';
import { systemClock } from '#src/ports';
import type { Couple } from '#src/recording';

export interface ClusterNode {
  readonly name: string;
  readonly configFile: string;
  readonly layout: Layout;
  readonly sip: { readonly address: string; readonly port: number };
  readonly manager: ProcessManager;
}

export interface NodesOptions {
  readonly count: number;
  /** Where the nodes keep what they have, each in a folder of its own. */
  readonly folder: string;
  /** Settings of every node that differ from what is usual here, by section. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The telephony side, where it is another than usual. */
  readonly telephony?: Pick<LabOptions, 'dns' | 'services' | 'tenants'>;
  /** Everything is recorded twice: by the second node, and by one of the others. */
  readonly duplicated?: boolean;
  /** The first node has a replay, which may open what any node records. */
  readonly replay?: boolean;
  readonly signal: AbortSignal;
}

const address = '127.0.0.1';
const upMsMax = 45_000;
const lookMs = 100;
const firstRtpPort = 20_000;
const rtpPorts = 10_000;
/** DNs of the lab in one shard: so few that each core has something to act for. */
const dnsPerShardMax = 1;

/** Where a core has everything recorded that is recorded twice. */
const twice = { dest: 'sip:FIRST', dest2: 'sip:SECOND' };

function pairOf<Member>(members: readonly Member[]) {
  return [
    { name: 'FIRST', members: members.filter((_, index) => index !== 1) },
    { name: 'SECOND', members: members.slice(1, 2) },
  ];
}

/** Running nodes, and their lab. */
export class Nodes {
  readonly all: readonly ClusterNode[];
  readonly lab: Lab;
  readonly redisUrl: string;

  private constructor(all: readonly ClusterNode[], lab: Lab, redisUrl: string) {
    this.all = all;
    this.lab = lab;
    this.redisUrl = redisUrl;
  }

  /** Resolves when every DN is watched by as many cores as wanted. Rejects with `already-running`, `start-failed`. */
  static async start(options: NodesOptions): Promise<Nodes> {
    const { count, folder, settings = {}, telephony, duplicated = false, replay = false, signal } = options;
    const names = Array.from({ length: count }, (_, index) => `node-${index + 1}`);
    await refuseSecond(folder, names);
    const places = await Promise.all(names.map(async () => ({ address, port: await freePort() })));
    const manager = { address, port: await freePort() };
    const lab = await startLab({
      ...telephony,
      recorder: manager,
      resourceManager: duplicated ? manager : undefined,
    });
    const all: ClusterNode[] = [];
    try {
      const members = names.map((node, index) => ({ node, aor: `sip:${address}:${places[index]!.port}` }));
      const common = {
        directory: {
          servers: [`${address}:${lab.directory.endpoint.port}`],
          user: labUser.name,
          password: labUser.password,
        },
        core: { linkPort: 0, reconnectMs: 500, ...(duplicated && { tenantDefaults: twice }) },
        shards: { dnsPerShardMax, settleMs: 5_000 },
        resourceManager: { port: 0, groups: duplicated ? pairOf(members) : [{ name: 'recorders', members }] },
        recorder: { packetsMin: 1 },
      };
      let redisUrl = process.env['REDIS_URL'];
      for (const [index, name] of names.entries()) {
        const own = {
          node: name,
          dataDir: join(folder, name),
          sip: places[index]!,
          edge: { port: await freePort() },
          capture: rtpOf(index, count),
          ...(index === 0
            ? {
                resourceManager: { ...common.resourceManager, port: manager.port },
                ...(replay && { replay: { port: 0, privateKeyFiles: await keysOf(folder, names.slice(1)) } }),
              }
            : { redis: { url: redisUrl } }),
        };
        const node = await prepared(name, folder, merged(merged(common, own), settings));
        redisUrl ??= `redis://${address}:${node.env['TWINREEL_REDIS_PORT']}`;
        all.push({ ...node, name, sip: places[index]! });
        // The others look for Redis as soon as they are there.
        if (index === 0) await node.manager.start();
      }
      await Promise.all(all.slice(1).map((node) => node.manager.start()));
      const nodes = new Nodes(all, lab, redisUrl!);
      await nodes.until('every DN to be watched by two cores, or one alone', () => nodes.isWatched, upMsMax, signal);
      await nodes.until('every core to reach every recorder', () => nodes.#isLinked(), upMsMax, signal);
      return nodes;
    } catch (error) {
      await stopAll(all);
      await lab.close();
      throw error;
    }
  }

  /** Every DN of the lab is registered by two cores, or by one where there is one node. */
  get isWatched(): boolean {
    return this.lab.tenants.every(({ sipServer: { telephony, dns } }) => {
      const registrations = telephony.clients.reduce((sum, client) => sum + client.dns.size, 0);
      return registrations >= dns * Math.min(2, this.all.length);
    });
  }

  async #isLinked(): Promise<boolean> {
    const reports = this.all.map(({ layout }) => coreControl.report(layout.coreSocket).catch(() => undefined));
    return (await Promise.all(reports)).every((report) => report?.['recorders'] === this.all.length);
  }

  /** What the cores know of calls, by node; those that do not answer are left out. */
  async couples(): Promise<ReadonlyMap<string, readonly Couple[]>> {
    const asked = this.all.map(async ({ name, layout }) => {
      const known = await coreControl.couples(layout.coreSocket).catch(() => undefined);
      return known && ([name, known] as const);
    });
    return new Map((await Promise.all(asked)).filter((one) => one !== undefined));
  }

  /** Looks again and again. Rejects with `start-failed`, naming what was waited for. */
  async until<Found>(
    what: string,
    look: () => Promise<Found | undefined | false> | Found | undefined | false,
    withinMs: number,
    signal?: AbortSignal,
  ): Promise<Found> {
    const untilMs = systemClock.monotonicMs() + withinMs;
    for (;;) {
      signal?.throwIfAborted();
      const found = await look();
      if (found !== undefined && found !== false) return found;
      if (systemClock.monotonicMs() > untilMs)
        throw new TwinreelError('start-failed', `waited ${withinMs / 1000} s in vain for ${what}`);
      await new Promise<void>((resolve) => systemClock.after(lookMs, resolve));
    }
  }

  async close(): Promise<void> {
    await stopAll(this.all);
    await this.lab.close();
  }
}

/** Stops what nodes of this folder left running. */
export async function stopNodes(folder: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => managerOf(folder, `node-${index + 1}`, {}).stop()));
}

async function refuseSecond(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const running = await managerOf(folder, name, {}).list();
    if (running.length === 0) continue;
    throw new TwinreelError(
      'already-running',
      `${name} runs already in ${folder}; stop it with: npm run cluster -- --stop`,
    );
  }
}

function managerOf(folder: string, name: string, env: NodeJS.ProcessEnv): ProcessManager {
  return new ProcessManager(join(folder, name, 'run', 'pm2'), env);
}

async function prepared(name: string, folder: string, settings: object) {
  await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
  const configFile = join(folder, name, 'twinreel.yaml');
  await writeFile(configFile, stringify(settings));
  const { layout, env } = await prepareSettings(configFile);
  return { configFile, layout, env, manager: managerOf(folder, name, env) };
}

/** As each of them is to find them when it starts. */
function keysOf(folder: string, names: readonly string[]): Promise<string[]> {
  return Promise.all(names.map(async (name) => (await ensureKeyPair(join(folder, name, 'keys'))).privateKeyFile));
}

/** Each node has its part of the ports. */
function rtpOf(index: number, count: number) {
  const each = Math.floor(rtpPorts / count / 2) * 2;
  return { portMin: firstRtpPort + index * each, portMax: firstRtpPort + (index + 1) * each - 1, readyPairs: 64 };
}

/** Section by section. */
function merged(one: object, other: object): Record<string, unknown> {
  const result: Record<string, unknown> = { ...one };
  for (const [section, settings] of Object.entries(other)) {
    const known = result[section];
    result[section] = typeof known === 'object' && typeof settings === 'object' ? { ...known, ...settings } : settings;
  }
  return result;
}

/** The first node last: the others say good-bye to its Redis. */
async function stopAll(nodes: readonly ClusterNode[]): Promise<void> {
  await Promise.all(nodes.slice(1).map(({ manager }) => manager.stop().catch(() => {})));
  await nodes[0]?.manager.stop().catch(() => {});
}
