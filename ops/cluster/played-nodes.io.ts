// Several nodes as the cluster that scenarios of the lab are played on: what is asked of one core there is asked of all of them here.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type CoupleCommand, coreControl } from '#cluster/core';
import {
  keepCoresOut,
  letCoresIn,
  type PlayedCluster,
  ReplayVisit,
  type Sound,
  scenarioCore,
  scenarioDns,
  scenarioRules,
  scenarioServices,
  sentOf,
  soundsAt,
  tenantsOfScenarios,
} from '#ops/lab/scenarios';
import { TwinreelError } from '#src/errors';
import type { Couple } from '#src/recording';
import { Nodes } from './nodes.io.ts';

export interface PlayedNodesOptions {
  readonly count: number;
  readonly folder: string;
  readonly duplicated: boolean;
  readonly signal: AbortSignal;
}

export class PlayedNodes implements PlayedCluster {
  readonly #nodes: Nodes;

  readonly replay = () => ReplayVisit.signIn(this.#nodes.all[0]!.layout);

  private constructor(nodes: Nodes) {
    this.#nodes = nodes;
  }

  /** Rejects as {@link Nodes.start}. */
  static async start({ count, folder, duplicated, signal }: PlayedNodesOptions): Promise<PlayedNodes> {
    await mkdir(folder, { recursive: true });
    const rulesFile = join(folder, 'rules.yaml');
    await writeFile(rulesFile, stringify(scenarioRules));
    // That an agent has logged in elsewhere is noticed by cores that watch both DNs: those of which scenarios tell that are together.
    const ranges = ['node-1', 'node-2'].slice(0, count).map((node) => ({ node, dns: ['7001-7002'] }));
    const settings = { core: { ...scenarioCore, rulesFile }, shards: { dnsPerShardMax: 4, ranges } };
    const telephony = { dns: scenarioDns, services: scenarioServices, tenants: tenantsOfScenarios };
    return new PlayedNodes(await Nodes.start({ count, folder, settings, telephony, duplicated, replay: true, signal }));
  }

  get lab() {
    return this.#nodes.lab;
  }

  get recorder() {
    return this.#nodes.all[0]!.sip;
  }

  get isWatched(): boolean {
    return this.#nodes.isWatched;
  }

  /** Each as the core has it that knows most of its end. */
  async couples(): Promise<readonly Couple[]> {
    const best = new Map<string, Couple>();
    for (const couple of [...(await this.#nodes.couples()).values()].flat()) {
      const known = best.get(couple.sid);
      if (!known || knowledgeOf(couple) > knowledgeOf(known)) best.set(couple.sid, couple);
    }
    return [...best.values()];
  }

  /** One core that knows the couple is asked, whether it acts for it or not. */
  async command(command: CoupleCommand, sid: string): Promise<void> {
    for (const { layout } of this.#nodes.all) {
      const known = await coreControl.couples(layout.coreSocket).catch(() => []);
      if (!known.some((couple) => couple.sid === sid)) continue;
      await coreControl.command(layout.coreSocket, command, sid, 'lab');
      return;
    }
    throw new TwinreelError('couple-unknown', `no core knows the couple ${sid}`);
  }

  sent(recordingId: string): readonly (readonly [number, number])[] {
    return sentOf(this.lab, recordingId);
  }

  async kill(name: string, nth: 'first' | 'second'): Promise<void> {
    const node = this.#nodes.all[nth === 'first' ? 0 : 1];
    const running = (await node?.manager.list()) ?? [];
    const found = running.find((one) => one.name === name);
    if (!found) throw new TwinreelError('scenario-impossible', `no process of the ${nth} node is called ${name}`);
    process.kill(found.pid, 'SIGKILL');
  }

  cutLink(): void {
    keepCoresOut(this.lab);
  }

  letIn(): void {
    letCoresIn(this.lab);
  }

  async sounds(recordingId: string): Promise<Sound[]> {
    return (await Promise.all(this.#nodes.all.map(({ layout }) => soundsAt(layout, recordingId)))).flat();
  }

  end(): Promise<void> {
    return this.#nodes.close();
  }
}

/** Of a call that is over more is known than of one that is up, and of a recording the more the more of it is finished. */
function knowledgeOf({ phase, takes, standing }: Couple): number {
  const finished = takes.filter((take) => take.phase === 'finished').length;
  return (phase === 'ended' ? 100 : 0) + 10 * finished + takes.length + (standing === 'pre-recording' ? 0 : 1);
}
