// The journal's files on this machine's file system.

import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import { mkdirSync, openSync, readdirSync, writevSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { JournalFile, JournalFiles } from './files.ts';

const run = promisify(execFile);
const fdatasync = promisify(fs.fdatasync);
const ftruncate = promisify(fs.ftruncate);
const fstat = promisify(fs.fstat);
const closeFile = promisify(fs.close);
const readAt = promisify(fs.read);

export const systemFiles: JournalFiles = {
  makeFolder: (folder) => void mkdirSync(folder, { recursive: true, mode: 0o700 }),
  list: (folder) => readdirSync(folder).sort(),
  create: (path) => new SystemFile(openSync(path, 'wx+', 0o600), path),
  open: async (path, access) => new SystemFile(openSync(path, access === 'read' ? 'r' : 'r+'), path),
  rename,
  remove: (path) => rm(path),
  removeFolder: (folder) => rm(folder, { recursive: true, force: true }),
  async syncFolder(folder) {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

class SystemFile implements JournalFile {
  readonly #descriptor: number;
  readonly #path: string;

  constructor(descriptor: number, path: string) {
    this.#descriptor = descriptor;
    this.#path = path;
  }

  // Synchronous on purpose: when it returns, kill -9 of this process can no longer take the block, and it is a copy
  // into the page cache. A thread pool would add a second block in flight.
  write(parts: readonly Uint8Array[], offset: number): void {
    const total = parts.reduce((sum, part) => sum + part.length, 0);
    let written = writevSync(this.#descriptor, parts, offset);
    if (written === total) return;
    const rest = Buffer.concat(parts);
    while (written < total) written += fs.writeSync(this.#descriptor, rest, written, total - written, offset + written);
  }

  async read(into: Buffer, offset: number): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const { bytesRead } = await readAt(this.#descriptor, into, filled, into.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  sync(): Promise<void> {
    return fdatasync(this.#descriptor);
  }

  // Node has no fallocate(2); the tool of util-linux has, and never alters bytes that are there. Without the tool the
  // file just grows. No space is an error; anything else means this file system cannot.
  async allocate(bytes: number): Promise<void> {
    try {
      await run('fallocate', ['--length', String(bytes), this.#path]);
    } catch (error) {
      if (/no space|quota/i.test(String((error as { stderr?: unknown }).stderr))) throw error;
    }
  }

  truncate(bytes: number): Promise<void> {
    return ftruncate(this.#descriptor, bytes);
  }

  async size(): Promise<number> {
    return (await fstat(this.#descriptor)).size;
  }

  close(): Promise<void> {
    return closeFile(this.#descriptor);
  }
}
