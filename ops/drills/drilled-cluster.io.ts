// The nodes of a drill on a cluster, with a core each, and the telephony side that tells them of calls. The first node records all of
// them. Whatever a drill did, nothing of it is left when the cluster is ended.

import { coreControl } from '#cluster/core';
import { freePort } from '#ops/start';
import { TwinreelError } from '#src/errors';
import type { Random } from '#src/ports';
import type { Couple } from '#src/recording';
import { type Shard, shardsOf } from '#src/shards';
import type { ClusterDrill, CutOff, Plant } from './drill.ts';
import { DrilledNode, until } from './drilled-node.io.ts';
import { DrilledRedis } from './drilled-redis.io.ts';
import { DrilledTelephony } from './drilled-telephony.io.ts';
import { LeaseWatch } from './lease-watch.io.ts';
import { Operator } from './operator.io.ts';
import { RegistrationWatch } from './registration-watch.io.ts';
import { type Cuttable, SeparateNetwork } from './separate-network.io.ts';

const upMsMax = 60_000;
const nodeNames = ['node-a', 'node-b', 'node-c'];
const tenant = 'acme';
const switchName = 'sip-1';
const dns = Array.from({ length: 200 }, (_, index) => String(70_000 + index));
const dnsPerShardMax = 10;
const coverage = 2;

export interface DrilledClusterOptions {
  readonly drill: ClusterDrill;
  /** A fault to build in, when the drill has to fail. */
  readonly plant: Plant | undefined;
  /** How many calls one node has to take. */
  readonly calls: number;
  readonly random: Random;
}

export class DrilledCluster {
  readonly nodes: DrilledNode[] = [];
  /** From whom the core of the first node can be cut off, where it has a network of its own. */
  cuttable: Readonly<Partial<Record<CutOff, Cuttable>>> = {};
  #network: SeparateNetwork | undefined;
  #redis: DrilledRedis | undefined;
  #telephony: DrilledTelephony | undefined;
  #leases: LeaseWatch | undefined;
  #registrations: RegistrationWatch | undefined;

  private constructor() {}

  /** Brings it up; resolves when every DN is watched, every core reaches every recorder, and each core acts for its part of the shards. */
  static async start(options: DrilledClusterOptions): Promise<DrilledCluster> {
    const cluster = new DrilledCluster();
    try {
      await cluster.#start(options);
      return cluster;
    } catch (error) {
      await cluster.end();
      throw error;
    }
  }

  get telephony(): DrilledTelephony {
    return this.#telephony!;
  }

  /** Undefined where the first node has the Redis of all. */
  get redis(): DrilledRedis | undefined {
    return this.#redis;
  }

  get namedNodes(): ReadonlyMap<string, DrilledNode> {
    return new Map(this.nodes.map((node, index) => [nodeNames[index]!, node]));
  }

  get leases(): LeaseWatch {
    return this.#leases!;
  }

  get registrations(): RegistrationWatch {
    return this.#registrations!;
  }

  get shards(): readonly Shard[] {
    return shardsOf({ tenant, switch: switchName, dns }, { dnsPerShardMax, ranges: [] });
  }

  get lastNode(): string {
    return nodeNames[this.nodes.length - 1]!;
  }

  /** Sits at the core of the second node, which nothing befalls. */
  get operator(): Operator {
    return new Operator(this.nodes[1]!.layout.coreSocket);
  }

  /** What each core calls couples; nothing where none answers. */
  couplesOfCores(): Promise<(readonly Couple[])[]> {
    return Promise.all(this.nodes.map(({ layout }) => coreControl.couples(layout.coreSocket).catch(() => [])));
  }

  /** What all cores but that of the first node call couples: between them they watch every DN. */
  async couples(): Promise<readonly Couple[]> {
    const [, ...others] = await this.couplesOfCores();
    return [...new Map(others.flat().map((couple) => [couple.sid, couple])).values()];
  }

  async end(): Promise<void> {
    this.#registrations?.close();
    this.#leases?.close();
    await this.#telephony?.close();
    for (const node of this.nodes.toReversed()) await node.end();
    await this.#redis?.end();
    await this.#network?.end();
  }

  /** Throws `drill-impossible` when the first node has none of its own. */
  get network(): SeparateNetwork {
    if (this.#network) return this.#network;
    throw new TwinreelError('drill-impossible', 'this drill gave the first node no network of its own');
  }

  async awaitComplete(): Promise<void> {
    const isComplete = async () => (await this.isComplete()) || undefined;
    await until('every DN to be watched, and every core to reach every recorder', isComplete, upMsMax);
  }

  /** Every DN is watched, and every core reaches every recorder. */
  async isComplete(): Promise<boolean> {
    const reports = await Promise.all(
      this.nodes.map(({ layout }) => coreControl.report(layout.coreSocket).catch(() => undefined)),
    );
    return this.registrations.isComplete && reports.every((one) => one?.['recorders'] === this.nodes.length);
  }

  async #start({ drill, plant, calls, random }: DrilledClusterOptions): Promise<void> {
    const network = drill.network && (await SeparateNetwork.make());
    this.#network = network;
    const here = network?.outside ?? '127.0.0.1';
    const kind = drill.redis ?? (network && 'server');
    this.#redis = kind && (await DrilledRedis.start(kind, here));
    const [port, linkPort] = [await freePort(), await freePort()];
    const place = async () => ({ address: here, port: await freePort() });
    const places = await Promise.all(nodeNames.map(place));
    const managers = await Promise.all([place(), place()]);
    const groups = [{ name: 'recorders', members: places.slice(0, 2).map(aorOf) }];
    const switches = [{ name: switchName, servers: [`${here}:${port}`], dns }];
    for (const [index, name] of nodeNames.slice(0, drill.nodes ?? 2).entries()) {
      const isFirst = index === 0;
      const address = isFirst ? (network?.inside ?? here) : here;
      const portMin = 20_000 + index * 4_000;
      const config = {
        core: {
          linkAddress: address,
          linkPort: isFirst && network ? linkPort : 0,
          reconnectMs: 100,
          lingerMs: 3_000,
          tenants: [{ name: tenant, switches }],
          ...(drill.duplicated && { tenantDefaults: { dest: 'sip:FIRST', dest2: 'sip:SECOND' } }),
          ...plant?.config?.['core'],
        },
        shards: { dnsPerShardMax, coverage },
        sip: drill.managed ? places[index]! : { address },
        ...(drill.managed && { resourceManager: { port: managers[index]!.port, groups } }),
        capture: { address, portMin, portMax: portMin + 3_999, readyPairs: 2 * calls },
        recorder: { packetsMin: 1 },
        ...drill.config,
        redis: { beatMs: 200, ...(this.#redis?.place ?? (index > 0 && { url: this.nodes[0]!.redisUrl })) },
      };
      const own = isFirst && { loaded: drill.loaded, network };
      this.nodes.push(await DrilledNode.start({ config, name, plant: plant && { ...plant, config: {} }, ...own }));
    }
    this.cuttable = {
      ...(this.#redis && { redis: { port: this.#redis.port, listens: 'outside' } }),
      recorders: { port: linkPort, listens: 'inside' },
      telephony: { port, listens: 'outside' },
    };
    const recorders = drill.managed ? managers : this.nodes.map(({ sip }) => sip);
    const chosenBy = drill.managed ? 'manager' : 'order';
    this.#telephony = await DrilledTelephony.open({ address: here, port }, recorders, chosenBy, random, dns);
    this.#registrations = new RegistrationWatch(this.#telephony, dns, coverage);
    await this.awaitComplete();
    this.#leases = await LeaseWatch.open(this.#redis?.place ?? { url: this.nodes[0]!.redisUrl });
    // Who came first has taken them; now each core acts for some of the shards.
    await this.#leases.bringHome();
    this.registrations.begin();
  }
}

function aorOf({ address, port }: { readonly address: string; readonly port: number }) {
  return { aor: `sip:${address}:${port}` };
}
