// What stores have confirmed to a node, a file for each day of recordings: lines of JSON, only ever appended, durable before anybody
// relies on them. Lines that are written while one is on its way to the disk go there together.
//
//     \n{"take":…,"store":…,"manifestSha256":…,"atMs":…}     that store has it for good
//     \n{"take":…,"void":"…","atMs":…}                       it is another one since (its media was destroyed): receipts before are void

import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemFiles } from '#src/journal';
import type { Place } from './transfer.schema.ts';

/** The stores that have each take of a day. */
export type Receivers = ReadonlyMap<string, ReadonlySet<string>>;

type Line =
  | { readonly take: string; readonly store: string; readonly manifestSha256: string; readonly atMs: number }
  | { readonly take: string; readonly void: string; readonly atMs: number };

interface Batch {
  readonly lines: Map<string, string[]>;
  readonly durable: Promise<void>;
}

export class Receipts {
  readonly #folder: string;
  /** Lines that wait for those before them to be written: by day, and when they are durable. */
  #next: Batch | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** `recordingsDir`: receipts lie beside the recordings, on their disk. */
  constructor(recordingsDir: string) {
    this.#folder = join(recordingsDir, '.receipts');
  }

  /** Resolves when the receipt is durable. */
  note({ day, take }: Place, receipt: { store: string; manifestSha256: string; atMs: number }): Promise<void> {
    return this.#append(day, { take, ...receipt });
  }

  /** Resolves when it is durable that nobody has this take as it is now. */
  annul({ day, take }: Place, why: string, atMs: number): Promise<void> {
    return this.#append(day, { take, void: why, atMs });
  }

  async of(day: string): Promise<Receivers> {
    const receivers = new Map<string, Set<string>>();
    const text = await readFile(this.#fileOf(day), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    for (const one of text.split('\n').flatMap((line) => lineOf(line) ?? [])) {
      const known = receivers.get(one.take) ?? new Set();
      receivers.set(one.take, known);
      if ('store' in one) known.add(one.store);
      else known.clear();
    }
    return receivers;
  }

  #append(day: string, line: Line): Promise<void> {
    const next = this.#next ?? this.#begin();
    // The newline comes first: what a power cut has torn before it does not reach into it.
    next.lines.set(day, [...(next.lines.get(day) ?? []), `\n${JSON.stringify(line)}`]);
    return next.durable;
  }

  #begin(): Batch {
    const lines = new Map<string, string[]>();
    const durable = this.#last.then(async () => {
      this.#next = undefined;
      for (const [day, those] of lines) await this.#write(day, those);
    });
    this.#last = durable.catch(() => {});
    this.#next = { lines, durable };
    return this.#next;
  }

  async #write(day: string, lines: readonly string[]): Promise<void> {
    systemFiles.makeFolder(this.#folder);
    const isNew = !existsSync(this.#fileOf(day));
    const file = await open(this.#fileOf(day), 'a', 0o600);
    try {
      await file.write(lines.join(''));
      await file.datasync();
    } finally {
      await file.close();
    }
    if (isNew) await systemFiles.syncFolder(this.#folder);
  }

  #fileOf(day: string): string {
    return join(this.#folder, `${day}.ndjson`);
  }
}

function lineOf(line: string): Line | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as Line);
  } catch {
    return undefined; // torn: nobody was told that it is durable
  }
}
