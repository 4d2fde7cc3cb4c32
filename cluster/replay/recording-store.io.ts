// The recordings that have arrived, of all nodes, as they lie on the disk: nothing of them is in memory.

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Audible } from '#cluster/audio';
import type { Place } from '#cluster/transfer';
import { messageOf } from '#src/errors';
import {
  destroyedFile,
  destroyMedia,
  folderOf,
  listRecordings,
  type ManifestFacts,
  manifestDigest,
  manifestFile,
  readRecording,
  takeFolder,
} from '#src/recording';

/** How far the beginning of a conversation may be from that of its takes. */
const apartMs = 86_400_000;

export class RecordingStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What all that are here say. */
  async *manifests(log: { error(fields: object, text: string): void }): AsyncGenerator<ManifestFacts> {
    const damaged = (folder: string, error: unknown) =>
      log.error({ alarm: 'recording-damaged', folder, error: messageOf(error) }, 'alarm');
    for await (const { manifest } of listRecordings(this.#folder, damaged)) yield manifest.facts;
  }

  /** What one says that has arrived, or whose media was destroyed. */
  async manifestAt({ day, take }: Place): Promise<ManifestFacts> {
    return (await readRecording(join(this.#folder, day, take))).manifest.facts;
  }

  /** Some of the takes that are here, day by day; those behind `after`, which is the `next` of the page before, or empty. */
  async page(after: string, takesMax: number): Promise<{ readonly takes: readonly string[]; readonly next?: string }> {
    const days = (await readdir(this.#folder).catch(() => []))
      .filter((name) => /^\d{4}-\d{2}-\d{2}$/.test(name))
      .sort();
    const takes: string[] = [];
    for (const day of days) {
      if (day < after.slice(0, day.length)) continue;
      for (const take of (await readdir(join(this.#folder, day))).sort()) {
        if (join(day, take) <= after) continue;
        takes.push(take);
        if (takes.length === takesMax) return { takes, next: join(day, take) };
      }
    }
    return { takes };
  }

  /** Undefined when it is not here, or has nothing to be heard. `aboutMs`: when its conversation began, about. */
  async audible(take: string, aboutMs: number): Promise<Audible | undefined> {
    const folder = await this.#folderOf(take, aboutMs);
    if (!folder || existsSync(join(folder, destroyedFile))) return undefined;
    const { facts } = (await readRecording(folder)).manifest;
    if (facts.streams.every(({ packets }) => packets === 0)) return undefined;
    const parties = [...new Set(facts.streams.map(({ party }) => party))];
    return { folder, manifestDigest: await manifestDigest(folder), parties };
  }

  /** Destroys the media of one that is here; its manifest stays. */
  async destroy(take: string, by: { readonly by: string; readonly atMs: number }): Promise<void> {
    await destroyMedia(this.#folder, take, by);
  }

  async #folderOf(take: string, aboutMs: number): Promise<string | undefined> {
    if (!/^[\w-]+$/.test(take) || !Number.isFinite(aboutMs)) return undefined;
    for (const ms of [aboutMs, aboutMs - apartMs, aboutMs + apartMs]) {
      const folder = folderOf(this.#folder, take, ms);
      if (existsSync(join(folder, manifestFile))) return folder;
    }
    return takeFolder(this.#folder, take);
  }
}
