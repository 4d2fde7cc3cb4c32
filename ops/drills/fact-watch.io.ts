// Takes facts as a process would that makes conversations of them, and judges what is missing: of every call what each core says of it
// itself, and of every recording that lies on a disk the digest of its manifest.

import { isDeepStrictEqual } from 'node:util';
import { coreControl } from '#cluster/core';
import { consumeFacts, type FactConsumer, type Finished } from '#cluster/outbox';
import { connectRedis, type RedisConnection } from '#cluster/redis';
import { systemClock } from '#src/ports';
import { type Couple, manifestDigest } from '#src/recording';
import type { DrilledNode } from './drilled-node.io.ts';
import type { DrilledPlace } from './drilled-redis.io.ts';
import type { DrilledCall } from './drilled-telephony.io.ts';
import { recordingsById } from './judge.io.ts';

/** What is so, by those who know it. */
export interface Truth {
  /** By the core that says so. */
  readonly couples: ReadonlyMap<string, readonly Couple[]>;
  /** Digests of manifests by take, by recording. */
  readonly digests: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

const commandTimeoutMs = 500;

export class FactWatch {
  readonly #redis: RedisConnection;
  readonly #consumer: FactConsumer;
  /** The last word on a couple, by the core that says it and the couple's sid. */
  readonly #couples = new Map<string, { readonly offset: number; readonly couple: Couple }>();
  readonly #finished = new Map<string, Finished>();
  readonly #seen = new Set<string>();
  /** Facts that came more than once. */
  twice = 0;

  /** Takes everything that stands in the streams from now on; each group for itself. */
  constructor(place: DrilledPlace, group: string) {
    const log = { warn() {}, error() {} };
    this.#redis = connectRedis({ ...place, commandTimeoutMs, log });
    this.#consumer = consumeFacts({
      ...{ redis: this.#redis, group, consumer: 'drill', clock: systemClock, log },
      onFact: async (fact, { writer, offset }) => {
        if (fact.type === 'finished') {
          this.#finished.set(fact.finished.take, fact.finished);
          return;
        }
        const name = `${coreOf(writer)} ${fact.couple.sid}`;
        const number = `${name} ${writer} ${offset}`;
        if (this.#seen.has(number)) this.twice += 1;
        this.#seen.add(number);
        if ((this.#couples.get(name)?.offset ?? 0) < offset) this.#couples.set(name, { offset, couple: fact.couple });
      },
    });
  }

  /** Of how many calls it lacks something. */
  missing(calls: readonly DrilledCall[], { couples, digests }: Truth): number {
    return calls.filter((call) => {
      const isTold = [...couples].every(([core, all]) => {
        const own = all.filter(({ callUuid }) => callUuid === call.callUuid);
        const told = own.map(({ sid }) => this.#couples.get(`${core} ${sid}`)?.couple);
        return own.length > 0 && isDeepStrictEqual(told, own);
      });
      const takes = [...(digests.get(call.media?.recordId ?? '') ?? [])];
      return !isTold || takes.some(([take, digest]) => this.#finished.get(take)?.manifestDigest !== digest);
    }).length;
  }

  async close(): Promise<void> {
    await this.#consumer.stop();
    this.#redis.disconnect();
  }
}

/** As cores and disks have it now. */
export async function truthOf(nodes: ReadonlyMap<string, DrilledNode>): Promise<Truth> {
  const couples = new Map<string, readonly Couple[]>();
  const digests = new Map<string, Map<string, string>>();
  for (const [name, { layout }] of nodes) {
    couples.set(`${name}/core`, await coreControl.couples(layout.coreSocket));
    for (const [id, takes] of await recordingsById(layout))
      for (const { folder, manifest } of takes) {
        const known = digests.get(id) ?? new Map<string, string>();
        digests.set(id, known.set(manifest.facts.take, await manifestDigest(folder)));
      }
  }
  return { couples, digests };
}

/** A writer is called by its node, its process, and the journal it counts in. */
function coreOf(writer: string): string {
  return writer.split('/').slice(0, 2).join('/');
}
