// A file layer in memory that can forget what was not synced (power loss), refuse space (full disk) and fail a sync once
// (as a kernel does: the next sync reports success although the pages are gone).

import { basename, dirname } from 'node:path';
import type { JournalFile, JournalFiles } from '#src/journal';

interface Content {
  live: Buffer;
  synced: Buffer;
}

export class MemoryFiles implements JournalFiles {
  readonly #files = new Map<string, Content>();
  #durableNames = new Set<string>();
  /** Bytes that all files together may take. */
  bytesMax = Number.POSITIVE_INFINITY;
  /** Fails the next sync of a file, then succeeds again. */
  failNextSync = false;
  syncs = 0;

  makeFolder(): void {}

  list(folder: string): string[] {
    return [...this.#files.keys()]
      .filter((path) => dirname(path) === folder)
      .map((path) => basename(path))
      .sort();
  }

  create(path: string): JournalFile {
    if (this.#files.has(path)) throw new Error(`EEXIST: ${path}`);
    this.#files.set(path, { live: Buffer.alloc(0), synced: Buffer.alloc(0) });
    return this.#fileAt(path);
  }

  async open(path: string): Promise<JournalFile> {
    if (!this.#files.has(path)) throw new Error(`ENOENT: ${path}`);
    return this.#fileAt(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#files.set(to, this.#content(from));
    this.#files.delete(from);
  }

  async removeFolder(folder: string): Promise<void> {
    for (const path of [...this.#files.keys()]) if (path.startsWith(`${folder}/`)) this.#files.delete(path);
  }

  async remove(path: string): Promise<void> {
    this.#files.delete(path);
  }

  async syncFolder(folder: string): Promise<void> {
    this.#durableNames = new Set([...this.#files.keys()].filter((path) => dirname(path) === folder));
  }

  /** The whole content of a file, as a reader sees it now. */
  bytes(path: string): Buffer {
    return this.#content(path).live;
  }

  replace(path: string, bytes: Buffer): void {
    const content = this.#files.get(path);
    if (!content) this.#files.set(path, { live: bytes, synced: bytes });
    else Object.assign(content, { live: bytes, synced: bytes });
  }

  /** Power comes back: what was not synced is gone, names included. */
  losePower(): void {
    for (const [path, content] of this.#files) {
      if (this.#durableNames.has(path)) content.live = content.synced;
      else this.#files.delete(path);
    }
  }

  #content(path: string): Content {
    const content = this.#files.get(path);
    if (!content) throw new Error(`ENOENT: ${path}`);
    return content;
  }

  #bytesTaken(): number {
    return [...this.#files.values()].reduce((sum, content) => sum + content.live.length, 0);
  }

  #fileAt(path: string): JournalFile {
    const content = this.#content(path);
    return {
      write: (parts, offset) => {
        const bytes = Buffer.concat(parts);
        const grown = Math.max(0, offset + bytes.length - content.live.length);
        const room = Math.max(0, this.bytesMax - this.#bytesTaken());
        const kept = grown > room ? Math.max(0, bytes.length - grown + room) : bytes.length;
        const next = Buffer.alloc(Math.max(content.live.length, offset + kept));
        content.live.copy(next);
        bytes.copy(next, offset, 0, kept);
        content.live = next;
        if (kept < bytes.length) throw new Error('ENOSPC: no space left on device');
      },
      read: async (into, offset) => content.live.copy(into, 0, Math.min(offset, content.live.length)),
      sync: async () => {
        this.syncs += 1;
        if (this.failNextSync) {
          this.failNextSync = false;
          throw new Error('EIO: i/o error, fdatasync');
        }
        content.synced = Buffer.from(content.live);
      },
      allocate: async () => {},
      truncate: async (bytes) => {
        content.live = Buffer.from(content.live.subarray(0, bytes));
      },
      size: async () => content.live.length,
      close: async () => {},
    };
  }
}
