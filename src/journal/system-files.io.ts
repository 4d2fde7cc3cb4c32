// The journal's files on this machine's file system.

import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import { mkdirSync, openSync, readdirSync, truncateSync, writevSync } from 'node:fs';
import { open, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { JournalFile, JournalFiles } from './files.ts';

const run = promisify(execFile);
const fdatasync = promisify(fs.fdatasync);
const ftruncate = promisify(fs.ftruncate);
const fstat = promisify(fs.fstat);
const closeFile = promisify(fs.close);
const readAt = promisify(fs.read);

export const systemFiles: JournalFiles = {
  makeFolder(folder, kind = 'lasting') {
    const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (first === undefined || kind === 'passing') return;
    const highest = dirname(resolve(first));
    let above = resolve(folder);
    do {
      above = dirname(above);
      syncNow(above);
    } while (above !== highest);
  },
  list: (folder) => readdirSync(folder).sort(),
  create: (path) => new SystemFile(openSync(path, 'wx+', 0o600), path),
  open: async (path, access) => new SystemFile(openSync(path, access === 'read' ? 'r' : 'r+'), path),
  rename,
  remove: (path) => rm(path),
  removeFolder: (folder) => rm(folder, { recursive: true, force: true }),
  freeBytes: freeBytesOf,
  async allocate(path, bytes) {
    await (await open(path, 'a', 0o600)).close();
    await allocate(path, bytes);
  },
  async sizeOf(path) {
    return (await stat(path).catch(() => undefined))?.size;
  },
  shrink(path) {
    try {
      truncateSync(path, 0);
      return true;
    } catch {
      return false;
    }
  },
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

  allocate(bytes: number): Promise<void> {
    return allocate(this.#path, bytes);
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

function syncNow(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

// Node has no fallocate(2); the tool of util-linux has, and never alters bytes that are there. Without the tool the file
// just grows. No space is an error; anything else means this file system cannot. A part of what was asked for would take
// from others what they need more, so it is not tried.
async function allocate(path: string, bytes: number): Promise<void> {
  const missingBytes = bytes - (await stat(path)).blocks * 512;
  if (missingBytes > (await freeBytesOf(dirname(path)))) throw noSpace(path, missingBytes);
  try {
    await run('fallocate', ['--length', String(bytes), path]);
  } catch (error) {
    if (/no space|quota/i.test(String((error as { stderr?: unknown }).stderr))) throw noSpace(path, missingBytes);
  }
}

function noSpace(path: string, bytes: number): Error {
  return Object.assign(new Error(`ENOSPC: no room for ${bytes} bytes more of ${path}`), { code: 'ENOSPC' });
}
