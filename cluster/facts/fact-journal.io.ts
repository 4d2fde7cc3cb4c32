// The facts of all subjects of one process (sessions, calls): in its journal, and in memory for whoever is restarted within the
// process. What they need to go on after a crash is here and nowhere else.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { codeOf } from '#src/errors';
import {
  Journal,
  type JournalAlarm,
  parseSegmentName,
  type RecoveryReport,
  SegmentReader,
  segmentsOf,
  systemFiles,
} from '#src/journal';

export interface FactJournalOptions {
  readonly folder: string;
  /** Names the process in segment files. */
  readonly writer: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** Several times what the facts of all that runs take: each new segment begins with a copy of them. */
  readonly segmentBytesMax: number;
  readonly onAlarm: (alarm: JournalAlarm) => void;
  /** Hears what of an earlier segment could not be read: a torn tail after a crash, or damage. */
  readonly onCut: (report: RecoveryReport) => void;
}

type Entry<Fact> = { readonly of: string; readonly fact: Fact } | { readonly of: string; readonly forget: true };

const durableAttempts = 3;

export class FactJournal<Fact> {
  readonly #folder: string;
  readonly #journal: Journal;
  readonly #writer: string;
  readonly #bySubject: Map<string, Fact[]>;

  private constructor(options: FactJournalOptions, bySubject: Map<string, Fact[]>) {
    this.#folder = options.folder;
    this.#writer = options.writer;
    this.#bySubject = bySubject;
    // A new segment begins with all that is still needed, so the ones before it can go.
    const onSegment = () => this.#rewrite();
    this.#journal = new Journal({ ...options, onSegment });
  }

  /** Reads what earlier incarnations left, and begins a new one that holds all that is still needed. */
  static async open<Fact>(options: FactJournalOptions): Promise<FactJournal<Fact>> {
    systemFiles.makeFolder(options.folder);
    const earlier = segmentsOf(options);
    const facts = new FactJournal<Fact>(options, await readFacts<Fact>(options, earlier));
    facts.#rewrite();
    await facts.#journal.durable();
    for (const segment of earlier) await systemFiles.remove(join(options.folder, segment));
    return facts;
  }

  /** Later incarnations have higher ones, whatever the clock says. */
  get epoch(): number {
    return parseSegmentName(this.#journal.position.segment)!.startedAtMs;
  }

  /** In the order they were written. */
  of(subject: string): readonly Fact[] {
    return this.#bySubject.get(subject) ?? [];
  }

  /** All that are not forgotten. */
  subjects(): readonly string[] {
    return [...this.#bySubject.keys()];
  }

  /** When it returns, kill -9 of this process can no longer take the facts. */
  write(subject: string, facts: readonly Fact[]): void {
    if (facts.length === 0) return;
    for (const fact of facts) this.#journal.fact(0, { of: subject, fact } satisfies Entry<Fact>);
    this.#journal.flush();
    const known = this.#bySubject.get(subject);
    if (known) known.push(...facts);
    else this.#bySubject.set(subject, [...facts]);
  }

  /** Resolves when a power cut can no longer take what was written. */
  async durable(): Promise<void> {
    // After a sync that failed the journal has begun a segment, and that with a copy of all that is needed.
    for (let attempt = 1; attempt < durableAttempts; attempt += 1) {
      try {
        return await this.#journal.durable();
      } catch {}
    }
    return this.#journal.durable();
  }

  forget(subject: string): void {
    this.#bySubject.delete(subject);
    this.#journal.fact(0, { of: subject, forget: true } satisfies Entry<Fact>);
  }

  /** Removes segments that nothing needs any more; call it now and then. */
  async compact(): Promise<void> {
    const current = this.#journal.position.segment;
    const older = segmentsOf({ folder: this.#folder, writer: this.#writer }).filter((segment) => segment < current);
    if (older.length === 0) return;
    await this.#journal.durable();
    for (const segment of older) await systemFiles.remove(join(this.#folder, segment));
  }

  async close(): Promise<void> {
    await this.#journal.close();
  }

  #rewrite(): void {
    for (const [subject, facts] of this.#bySubject) {
      for (const fact of facts) this.#journal.fact(0, { of: subject, fact } satisfies Entry<Fact>);
    }
  }
}

/** Each segment begins with a copy of what was still needed of those before it: what is repeated is taken once. */
async function readFacts<Fact>(options: FactJournalOptions, segments: readonly string[]): Promise<Map<string, Fact[]>> {
  const bySubject: Repeated<Fact> = new Map();
  for (const segment of segments) {
    const reader = await openSegment(options, segment);
    if (!reader) continue;
    try {
      for (let block = await reader.next(); block; block = await reader.next()) {
        for (const record of block.records) note(bySubject, JSON.parse(record.bytes.toString()) as Entry<Fact>);
      }
      const report = await reader.report();
      if (report.cutAt !== null) options.onCut(report);
    } finally {
      await reader.close();
    }
  }
  return new Map([...bySubject].map(([subject, facts]) => [subject, [...facts.values()]]));
}

// Power loss right after a segment was begun may leave a name without a header: nothing stood behind it.
async function openSegment(options: FactJournalOptions, segment: string): Promise<SegmentReader | undefined> {
  const { folder, privateKey, onCut } = options;
  try {
    return await SegmentReader.open(join(folder, segment), { privateKey });
  } catch (error) {
    if (codeOf(error) !== 'journal-unreadable') throw error;
    onCut({ segment, blocksKept: 0, bytesKept: 0, cutAt: 0, reason: 'header' });
    return undefined;
  }
}

/** Facts of each subject by their words, in the order of their first writing: one that is repeated keeps its place. */
type Repeated<Fact> = Map<string, Map<string, Fact>>;

function note<Fact>(bySubject: Repeated<Fact>, entry: Entry<Fact>): void {
  if ('forget' in entry) {
    bySubject.delete(entry.of);
    return;
  }
  const facts = bySubject.get(entry.of) ?? new Map<string, Fact>();
  bySubject.set(entry.of, facts.set(JSON.stringify(entry.fact), entry.fact));
}
