// The finished recordings of a node as stores see them: which of them a store has not confirmed, their bytes, and its receipts. A
// node's own copy goes only when as many stores as are asked for have it, and only where that is wanted.

import { createHash } from 'node:crypto';
import { open, readdir, readFile, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TwinreelError } from '#src/errors';
import { deleteSegment, systemFiles } from '#src/journal';
import type { Clock } from '#src/ports';
import { destroyedFile, manifestFile } from '#src/recording';
import { Receipts } from './receipts.io.ts';
import { listedMax, type Place } from './transfer.schema.ts';

export interface OffersOptions {
  readonly recordingsDir: string;
  readonly clock: Clock;
  /** Stores that must have a recording before the node's own copy may go. */
  readonly copiesMin: number;
  /** How long after it was finished the own copy goes; without it, it stays. */
  readonly ownCopyMs?: number | undefined;
}

const dayPattern = /^\d{4}-\d{2}-\d{2}$/;

export class Offers {
  readonly #options: OffersOptions;
  readonly #receipts: Receipts;

  constructor(options: OffersOptions) {
    this.#options = options;
    this.#receipts = new Receipts(options.recordingsDir);
  }

  /** Recordings behind `after`, by day and take, of which `store` has sent no receipt: at most {@link listedMax}. */
  async list(store: string, after?: Place): Promise<{ readonly places: readonly Place[]; readonly more: boolean }> {
    const places: Place[] = [];
    for (const day of await this.#days()) {
      if (after && day < after.day) continue;
      const receivers = await this.#receipts.of(day);
      for (const take of await this.#takes(day)) {
        if (after?.day === day && take <= after.take) continue;
        if (receivers.get(take)?.has(store)) continue;
        if (places.length === listedMax) return { places, more: true };
        places.push({ day, take });
      }
    }
    return { places, more: false };
  }

  /** The files of a recording. Rejects with `recording-unknown`. */
  async look(place: Place): Promise<readonly { readonly file: string; readonly bytes: number }[]> {
    const folder = this.#folderOf(place);
    const names = await readdir(folder).catch((): string[] => []);
    if (!names.includes(manifestFile)) throw this.#unknown(place);
    return Promise.all(names.map(async (file) => ({ file, bytes: (await stat(join(folder, file))).size })));
  }

  /** Up to `bytes` of a file from `offset` on; fewer only at its end. Rejects with `recording-unknown`. */
  async read(place: Place, file: string, offset: number, bytes: number): Promise<Buffer> {
    const handle = await open(join(this.#folderOf(place), file), 'r').catch(() => undefined);
    if (!handle) throw this.#unknown(place);
    try {
      const piece = Buffer.allocUnsafe(bytes);
      const { bytesRead } = await handle.read(piece, 0, bytes, offset);
      return piece.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  /** Resolves when it is durable that `store` has the recording. Rejects with `transfer-refused` when it has another one. */
  async receive(place: Place, store: string, manifestSha256: string): Promise<void> {
    const manifest = await readFile(join(this.#folderOf(place), manifestFile)).catch(() => undefined);
    if (!manifest) throw this.#unknown(place);
    const ours = createHash('sha256').update(manifest).digest('hex');
    if (ours !== manifestSha256) {
      const message = `the receipt of ${store} is for a manifest ${manifestSha256}; that of ${place.take} is ${ours}`;
      throw new TwinreelError('transfer-refused', message, { ...place, store });
    }
    await this.#receipts.note(place, { store, manifestSha256, atMs: this.#options.clock.nowMs() });
  }

  /** The media of a recording was destroyed here: it is offered anew, so that stores destroy theirs. */
  destroyed(place: Place): Promise<void> {
    return this.#receipts.annul(place, 'destroyed', this.#options.clock.nowMs());
  }

  /** Removes own copies whose time is over and that enough stores have; gives how many. */
  async removeOwn(): Promise<number> {
    const { ownCopyMs, copiesMin, clock } = this.#options;
    if (ownCopyMs === undefined) return 0;
    let removed = 0;
    for (const day of await this.#days()) {
      const receivers = await this.#receipts.of(day);
      for (const take of await this.#takes(day)) {
        if ((receivers.get(take)?.size ?? 0) < copiesMin) continue;
        const folder = this.#folderOf({ day, take });
        const finished = await stat(join(folder, manifestFile)).catch(() => undefined);
        if (finished && finished.mtimeMs + ownCopyMs > clock.nowMs()) continue;
        await remove(folder);
        removed += 1;
      }
      // Only when nothing is left in it.
      await rmdir(join(this.#options.recordingsDir, day)).catch(() => {});
    }
    return removed;
  }

  async #days(): Promise<string[]> {
    return (await namesIn(this.#options.recordingsDir)).filter((name) => dayPattern.test(name));
  }

  #takes(day: string): Promise<string[]> {
    return namesIn(join(this.#options.recordingsDir, day));
  }

  #folderOf({ day, take }: Place): string {
    return join(this.#options.recordingsDir, day, take);
  }

  #unknown(place: Place): TwinreelError {
    return new TwinreelError('recording-unknown', `no finished recording '${place.take}' of ${place.day} here`, place);
  }
}

/** Keys first; the manifest last, so that a removal that a crash has cut short is done again. */
async function remove(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name !== manifestFile && name !== destroyedFile) await deleteSegment(folder, name);
  }
  await systemFiles.removeFolder(folder);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
