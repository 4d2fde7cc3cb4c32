// A file of JSON, one value a line, that only grows. A line is on the disk before whoever wrote it hears so; lines of one moment share a
// sync. Never tries a failed sync again: the kernel may have dropped what it was about.

import * as fs from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { systemFiles } from '#src/journal';

const fdatasync = promisify(fs.fdatasync);
const write = promisify(fs.write) as (descriptor: number, text: Buffer) => Promise<{ bytesWritten: number }>;

export class LineFile {
  readonly #descriptor: number;
  #waiting: string[] = [];
  #written: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #failure: Error | undefined;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Opens `path` for more lines and gives those it has. A last line that a crash cut off was never confirmed, and goes. */
  static async open(path: string): Promise<{ file: LineFile; lines: unknown[] }> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const text = await textOf(path);
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const handle = await open(path, 'a', 0o600);
    if (whole.length < text.length) await handle.truncate(Buffer.byteLength(whole));
    await handle.close();
    await systemFiles.syncFolder(dirname(path));
    const lines = whole.split('\n').filter(Boolean);
    return { file: new LineFile(fs.openSync(path, 'a')), lines: lines.map((line): unknown => JSON.parse(line)) };
  }

  /** Puts a file with just these lines in the place of what is there. */
  static async replace(path: string, values: readonly unknown[]): Promise<void> {
    const handle = await open(`${path}.new`, 'w', 0o600);
    try {
      await handle.writeFile(values.map(lineOf).join(''));
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.new`, path);
    await systemFiles.syncFolder(dirname(path));
  }

  /** Resolves when `value` is durable. */
  append(value: unknown): Promise<void> {
    this.#waiting.push(lineOf(value));
    this.#next ??= this.#written.then(() => {
      this.#next = undefined;
      return this.#writeWaiting();
    });
    const done = this.#next;
    this.#written = done.catch(() => {});
    return done;
  }

  async close(): Promise<void> {
    await this.#written;
    fs.closeSync(this.#descriptor);
  }

  async #writeWaiting(): Promise<void> {
    if (this.#failure) throw this.#failure;
    let rest = Buffer.from(this.#waiting.join(''));
    this.#waiting = [];
    try {
      while (rest.length > 0) rest = rest.subarray((await write(this.#descriptor, rest)).bytesWritten);
      await fdatasync(this.#descriptor);
    } catch (error) {
      this.#failure = error as Error;
      throw error;
    }
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function lineOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
