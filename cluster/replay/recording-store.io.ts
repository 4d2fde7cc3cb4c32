// The recordings that have arrived, of all nodes: which takes there are, and what of them can be heard. Their packets stay on the disk.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '#cluster/transfer';
import { messageOf } from '#src/errors';
import {
  destroyedFile,
  destroyMedia,
  listRecordings,
  type ManifestFacts,
  manifestDigest,
  readRecording,
  type StoredRecording,
} from '#src/recording';
import type { Fact } from '#src/recording/consolidate';
import type { Audible } from './audio-work.ts';

type ManifestFact = Fact & { readonly type: 'manifest' };

/** Whose recording it is, for who reads of it. */
interface Named {
  readonly recordingId: string;
  readonly node: string;
}

interface Kept extends Audible, Named {
  readonly tenant: string;
  readonly phase: 'audible' | 'silent';
}

export class RecordingStore {
  readonly #folder: string;
  readonly #kept = new Map<string, Kept>();
  #facts: ManifestFact[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string, log: { error(fields: object, text: string): void }): Promise<RecordingStore> {
    const store = new RecordingStore(folder);
    const damaged = (where: string, error: unknown) =>
      log.error({ alarm: 'recording-damaged', folder: where, error: messageOf(error) }, 'alarm');
    for await (const recording of listRecordings(folder, damaged)) store.#facts.push(await store.#keep(recording));
    return store;
  }

  /** Of all that were there at the start, once. */
  facts(): readonly ManifestFact[] {
    const facts = this.#facts;
    this.#facts = [];
    return facts;
  }

  /** What is known by a recording that has arrived, or whose media was destroyed. */
  async arrived({ day, take }: Place): Promise<ManifestFact> {
    return this.#keep(await readRecording(join(this.#folder, day, take)));
  }

  all(): readonly { readonly tenant: string; readonly take: string }[] {
    return [...this.#kept].map(([take, { tenant }]) => ({ tenant, take }));
  }

  /** Undefined when it is not here, or has nothing to be heard. */
  audible(take: string): Audible | undefined {
    const kept = this.#kept.get(take);
    return kept?.phase === 'audible' ? kept : undefined;
  }

  nameOf(take: string): Named | undefined {
    const kept = this.#kept.get(take);
    return kept && { recordingId: kept.recordingId, node: kept.node };
  }

  /** Destroys the media of one that is here; its manifest stays. */
  async destroy(take: string, by: { readonly by: string; readonly atMs: number }): Promise<void> {
    await this.#keep(await readRecording(await destroyMedia(this.#folder, take, by)));
  }

  async #keep({ folder, manifest }: StoredRecording): Promise<ManifestFact> {
    const { facts } = manifest;
    this.#kept.set(facts.take, {
      folder,
      tenant: facts.tenant,
      recordingId: facts.recordingId,
      node: facts.node,
      manifestDigest: await manifestDigest(folder),
      parties: [...new Set(facts.streams.map(({ party }) => party))],
      phase: isSilent(facts) || existsSync(join(folder, destroyedFile)) ? 'silent' : 'audible',
    });
    return { type: 'manifest', manifest: facts };
  }
}

function isSilent({ streams }: ManifestFacts): boolean {
  return streams.every(({ packets }) => packets === 0);
}
