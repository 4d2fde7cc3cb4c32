// A file layer in memory, as a disk behaves that keeps nothing it need not keep. It can lose power (what was not synced is
// gone, or by a seed partly there), end its process after any operation, refuse space, and fail a sync as a kernel does: the
// next one reports success although the pages are gone.

import { basename, dirname } from 'node:path';
import type { JournalFile, JournalFiles } from '#src/journal';
import type { Clock, Random } from '#src/ports';

class File {
  live: Buffer = Buffer.alloc(0);
  synced: Buffer = Buffer.alloc(0);
  allocated = 0;

  get taken(): number {
    return Math.max(this.allocated, this.live.length);
  }
}

class Folder {
  live = new Map<string, File | Folder>();
  durable = new Map<string, File | Folder>();
}

/** What a process sees of the disk from the moment on in which it was killed. */
export class Killed extends Error {}

const sectorBytes = 512;

export class MemoryFiles implements JournalFiles {
  readonly #root = new Folder();
  /** Bytes that all files together may take. */
  bytesMax = Number.POSITIVE_INFINITY;
  /** Fails the next sync of a file, then succeeds again. */
  failNextSync = false;
  syncs = 0;
  /** Operations that change something, so far. */
  operations = 0;
  /** After so many the process is killed: every further operation throws. */
  operationsMax = Number.POSITIVE_INFINITY;
  /** How long a sync takes; only what was written before it began is durable when it ends. */
  syncTakes: { readonly clock: Clock; readonly ms: number } | undefined;

  makeFolder(folder: string, kind: 'lasting' | 'passing' = 'lasting'): void {
    if (this.#find(folder)) return;
    this.#changing();
    if (kind === 'lasting') this.#folder(folder, 'make');
    else this.#folder(dirname(folder)).live.set(basename(folder), new Folder());
  }

  list(folder: string): string[] {
    return [...this.#folder(folder).live].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name]) => name);
  }

  create(path: string): JournalFile {
    this.#changing();
    const { live } = this.#folder(dirname(path));
    if (live.has(basename(path))) throw failure('EEXIST', path);
    const file = new File();
    live.set(basename(path), file);
    return this.#opened(file);
  }

  async open(path: string): Promise<JournalFile> {
    return this.#opened(this.#file(path));
  }

  async rename(from: string, to: string): Promise<void> {
    this.#changing();
    const [source, target] = [this.#folder(dirname(from)), this.#folder(dirname(to))];
    const moved = source.live.get(basename(from));
    const there = target.live.get(basename(to));
    if (!moved) throw failure('ENOENT', from);
    if (there instanceof Folder && there.live.size > 0) throw failure('ENOTEMPTY', to);
    source.live.delete(basename(from));
    target.live.set(basename(to), moved);
  }

  async remove(path: string): Promise<void> {
    this.#changing();
    if (!this.#folder(dirname(path)).live.delete(basename(path))) throw failure('ENOENT', path);
  }

  async removeFolder(folder: string): Promise<void> {
    const found = this.#find(folder);
    if (!(found instanceof Folder)) return;
    for (const [name, inside] of [...found.live]) {
      if (inside instanceof Folder) await this.removeFolder(`${folder}/${name}`);
      else await this.remove(`${folder}/${name}`);
    }
    this.#changing();
    this.#folder(dirname(folder)).live.delete(basename(folder));
  }

  async syncFolder(path: string): Promise<void> {
    this.#changing();
    const folder = this.#folder(path);
    folder.durable = new Map(folder.live);
  }

  async freeBytes(): Promise<number> {
    return this.bytesMax - this.#bytesTaken();
  }

  async allocate(path: string, bytes: number): Promise<void> {
    const { live } = this.#folder(dirname(path));
    const file = this.#find(path) ?? new File();
    if (!(file instanceof File)) throw failure('EISDIR', path);
    live.set(basename(path), file);
    this.#allocate(file, bytes);
  }

  async sizeOf(path: string): Promise<number | undefined> {
    const file = this.#find(path);
    return file instanceof File ? file.taken : undefined;
  }

  shrink(path: string): boolean {
    const file = this.#find(path);
    if (!(file instanceof File)) return false;
    this.#changing();
    file.allocated = 0;
    file.live = Buffer.alloc(0);
    return true;
  }

  /** The whole content of a file, as a reader sees it now. */
  bytes(path: string): Buffer {
    return this.#file(path).live;
  }

  replace(path: string, bytes: Buffer): void {
    const folder = this.#folder(dirname(path), 'make');
    const file = folder.live.get(basename(path)) ?? new File();
    folder.live.set(basename(path), file);
    Object.assign(file, { live: bytes, synced: bytes });
  }

  /**
   * Power comes back: what was not synced is gone, names included. With `random` a part of it came through: of each file
   * that has its name some sectors, and some names. The process that wrote is no more; another may begin.
   */
  losePower(random?: Random): void {
    this.operationsMax = Number.POSITIVE_INFINITY;
    const places = new Map<File | Folder, (readonly [Folder, string])[]>();
    forget(this.#root, random, places);
    // A rename is there or not, never half: what came through in both places is where it was renamed to.
    for (const twice of places.values()) for (const [folder, name] of twice.slice(0, -1)) folder.live.delete(name);
  }

  /** The same disk once more, for another fate. */
  copy(): MemoryFiles {
    const copied = new MemoryFiles();
    copyInto(this.#root, copied.#root, new Map());
    copied.bytesMax = this.bytesMax;
    return copied;
  }

  #changing(): void {
    if (this.operations >= this.operationsMax) throw new Killed('the process was killed');
    this.operations += 1;
  }

  #find(path: string): File | Folder | undefined {
    let found: File | Folder | undefined = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      found = found instanceof Folder ? found.live.get(name) : undefined;
    }
    return found;
  }

  #file(path: string): File {
    const file = this.#find(path);
    if (!(file instanceof File)) throw failure('ENOENT', path);
    return file;
  }

  #folder(path: string, where: 'make' | 'there' = 'there'): Folder {
    const found = this.#find(path);
    if (found instanceof Folder) return found;
    if (where === 'there') throw failure('ENOENT', path);
    const above = this.#folder(dirname(path), 'make');
    const folder = new Folder();
    above.live.set(basename(path), folder);
    above.durable.set(basename(path), folder);
    return folder;
  }

  #bytesTaken(folder = this.#root): number {
    return [...folder.live.values()].reduce(
      (sum, inside) => sum + (inside instanceof Folder ? this.#bytesTaken(inside) : inside.taken),
      0,
    );
  }

  #allocate(file: File, bytes: number): void {
    if (bytes - file.taken > this.bytesMax - this.#bytesTaken()) throw failure('ENOSPC', 'no space left on device');
    this.#changing();
    file.allocated = Math.max(file.allocated, bytes);
  }

  #opened(file: File): JournalFile {
    return {
      write: (parts, offset) => {
        this.#changing();
        const bytes = Buffer.concat(parts);
        const grown = Math.max(0, offset + bytes.length - file.taken);
        const room = Math.max(0, this.bytesMax - this.#bytesTaken());
        const kept = grown > room ? Math.max(0, bytes.length - grown + room) : bytes.length;
        const next = Buffer.alloc(Math.max(file.live.length, offset + kept));
        file.live.copy(next);
        bytes.copy(next, offset, 0, kept);
        file.live = next;
        if (kept < bytes.length) throw failure('ENOSPC', 'no space left on device');
      },
      read: async (into, offset) => file.live.copy(into, 0, Math.min(offset, file.live.length)),
      sync: async () => {
        this.#changing();
        this.syncs += 1;
        const written = Buffer.from(file.live);
        const fails = this.failNextSync;
        this.failNextSync = false;
        const { clock, ms } = this.syncTakes ?? { ms: 0 };
        if (clock) await new Promise<void>((resolve) => clock.after(ms, resolve));
        this.#changing();
        if (fails) throw failure('EIO', 'i/o error, fdatasync');
        file.synced = written;
      },
      allocate: async (bytes) => {
        if (this.bytesMax !== Number.POSITIVE_INFINITY) this.#allocate(file, bytes);
      },
      truncate: async (bytes) => {
        this.#changing();
        file.live = Buffer.from(file.live.subarray(0, bytes));
        file.allocated = 0;
      },
      size: async () => file.live.length,
      close: async () => {},
    };
  }
}

function forget(
  folder: Folder,
  random: Random | undefined,
  places: Map<File | Folder, (readonly [Folder, string])[]>,
): void {
  const names = new Set([...folder.durable.keys(), ...folder.live.keys()]);
  const kept = new Map<string, File | Folder>();
  for (const name of names) {
    const now = folder.live.get(name);
    const came = random && random.fraction() < 0.5 ? now : folder.durable.get(name);
    if (!came) continue;
    kept.set(name, came);
    const known = places.get(came) ?? [];
    places.set(came, came === now ? [...known, [folder, name]] : [[folder, name], ...known]);
  }
  folder.live = kept;
  folder.durable = new Map(kept);
  for (const inside of kept.values()) {
    if (places.get(inside)!.length > 1) continue;
    if (inside instanceof Folder) forget(inside, random, places);
    else {
      inside.live = random ? mixed(inside.synced, inside.live, random) : inside.synced;
      inside.synced = inside.live;
      inside.allocated = 0;
    }
  }
}

function copyInto(from: Folder, to: Folder, copies: Map<File | Folder, File | Folder>): void {
  const copyOf = (one: File | Folder): File | Folder => {
    const known = copies.get(one);
    if (known) return known;
    const copy = one instanceof Folder ? new Folder() : Object.assign(new File(), one);
    copies.set(one, copy);
    if (one instanceof Folder && copy instanceof Folder) copyInto(one, copy, copies);
    return copy;
  };
  for (const [name, inside] of from.live) to.live.set(name, copyOf(inside));
  for (const [name, inside] of from.durable) to.durable.set(name, copyOf(inside));
}

/** What is durable, with some of the sectors that were only written. */
function mixed(synced: Buffer, written: Buffer, random: Random): Buffer {
  const length = random.fraction() < 0.5 ? written.length : synced.length;
  const mix = Buffer.alloc(length);
  synced.copy(mix);
  for (let at = 0; at < Math.min(length, written.length); at += sectorBytes)
    if (random.fraction() < 0.5) written.copy(mix, at, at, Math.min(at + sectorBytes, length));
  return mix;
}

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
