// What people did, a file for each day, kept whatever becomes of the conversations. An entry is durable before what it tells of may
// happen; where that fails, nothing more happens.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, TwinreelError } from '#src/errors';
import type { Clock } from '#src/ports';
import { type AuditEntry, auditEntrySchema } from './audit.schema.ts';
import { LineFile } from './line-file.io.ts';

const dayFile = /^\d{4}-\d{2}-\d{2}\.jsonl$/;

export class Audit {
  readonly #folder: string;
  readonly #clock: Clock;
  #day = '';
  #file: Promise<LineFile> | undefined;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** Resolves when it is durable. @throws TwinreelError `audit-unavailable` */
  async record(entry: Omit<AuditEntry, 'atMs'>): Promise<void> {
    try {
      await (await this.#today()).append({ atMs: this.#clock.nowMs(), ...entry });
    } catch (error) {
      throw new TwinreelError(
        'audit-unavailable',
        `the audit cannot be written: ${messageOf(error)}`,
        {},
        { cause: error },
      );
    }
  }

  /** The newest `max` that `isWanted`, newest first. */
  async newest(max: number, isWanted: (entry: AuditEntry) => boolean): Promise<AuditEntry[]> {
    const days = (await readdir(this.#folder).catch(() => [])).filter((name) => dayFile.test(name)).sort();
    const found: AuditEntry[] = [];
    for (const day of days.reverse()) {
      const lines = (await readFile(join(this.#folder, day), 'utf8')).split('\n').slice(0, -1);
      for (const line of lines.reverse()) {
        if (found.length >= max) return found;
        const entry = auditEntrySchema.parse(JSON.parse(line));
        if (isWanted(entry)) found.push(entry);
      }
    }
    return found;
  }

  async close(): Promise<void> {
    await (await this.#file)?.close();
  }

  #today(): Promise<LineFile> {
    const day = new Date(this.#clock.nowMs()).toISOString().slice(0, 10);
    if (this.#file && day === this.#day) return this.#file;
    const before = this.#file;
    this.#day = day;
    this.#file = LineFile.open(join(this.#folder, `${day}.jsonl`)).then(({ file }) => file);
    void before?.then((file) => file.close()).catch(() => {});
    return this.#file;
  }
}
