// The facts of all subjects of one process (sessions, calls): in its journal, and in memory for whoever is restarted within the
// process. What they need to go on after a crash is here and nowhere else.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  deleteSegment,
  Journal,
  type JournalAlarm,
  type JournalFiles,
  type JournalOptions,
  openSegment,
  parseSegmentName,
  type RecoveryReport,
  segmentsOf,
  systemFiles,
} from '#src/journal';
import { type Clock, systemClock } from '#src/ports';
import { decodeEntry, EntryReader, encodeEntry, entryText, type NumberedFacts } from './entry.ts';

export interface FactJournalOptions<Fact> extends Partial<Pick<JournalOptions, 'files' | 'clock' | 'random'>> {
  readonly folder: string;
  /** Names the process in segment files. */
  readonly writer: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** Several times what the facts of all that runs take: each segment comes to hold a copy of them. */
  readonly segmentBytesMax: number;
  readonly onAlarm: (alarm: JournalAlarm) => void;
  /** Hears what of an earlier segment could not be read: a torn tail after a crash, or damage. */
  readonly onCut: (report: RecoveryReport) => void;
  /** One fact that says what all of these say: a subject that lasts for weeks is summed up now and then. */
  readonly sumUp?: (facts: readonly Fact[]) => Fact;
}

/** The journal as those see it who keep facts there: a simulation has one in memory. */
export type Facts<Fact> = Pick<FactJournal<Fact>, keyof FactJournal<Fact>>;

interface Known<Fact> {
  facts: NumberedFacts<Fact>;
  /** The number of the last one. */
  last: number;
  /** How many there may be before they are summed up. */
  factsMax: number;
}

const durableAttempts = 3;
/** Subjects whose facts are repeated in one turn of the event loop: calls wait to be answered meanwhile. */
const repeatedAtOnce = 16;
/** Facts of a subject that are kept one by one: a call has about twenty, one that lasts for weeks has no end of them. */
const factsPerSubjectMax = 256;
/** A sum that takes more is not made: a block has room for twice as much. */
const sumBytesMax = 2 ** 19;

export class FactJournal<Fact> {
  readonly #options: FactJournalOptions<Fact>;
  readonly #files: JournalFiles;
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #bySubject: Map<string, Known<Fact>>;
  /** Subjects whose facts the present segment does not repeat yet: until it does, those before it stay. */
  #behind = new Set<string>();
  /** Of the segments before it, one may lack what stands in it. */
  #isDoubtful = false;

  private constructor(options: FactJournalOptions<Fact>, bySubject: Map<string, Known<Fact>>) {
    this.#options = options;
    this.#files = options.files ?? systemFiles;
    this.#clock = options.clock ?? systemClock;
    this.#bySubject = bySubject;
    this.#journal = new Journal({
      ...options,
      // What is still needed is repeated at leisure; at once where it may stand nowhere else.
      onSegment: (before) => {
        this.#behind = new Set(bySubject.keys());
        if (before === 'failed') this.#repeat();
      },
      onAlarm: (alarm) => {
        if (alarm.alarm === 'sync-failed') this.#isDoubtful = true;
        options.onAlarm(alarm);
      },
    });
  }

  /** Reads what earlier incarnations left, and begins a new one that holds all that is still needed. */
  static async open<Fact>(options: FactJournalOptions<Fact>): Promise<FactJournal<Fact>> {
    const { folder, files = systemFiles } = options;
    files.makeFolder(folder);
    const earlier = segmentsOf(options);
    const facts = new FactJournal<Fact>(options, await readFacts<Fact>(options, earlier));
    facts.#behind = new Set(facts.subjects());
    facts.#repeat();
    await facts.#journal.durable();
    for (const segment of earlier) await deleteSegment(folder, segment, files);
    return facts;
  }

  /** Later incarnations have higher ones, whatever the clock says. */
  get epoch(): number {
    return parseSegmentName(this.#journal.position.segment)!.startedAtMs;
  }

  /** In the order they were written. */
  of(subject: string): readonly Fact[] {
    return [...(this.#bySubject.get(subject)?.facts.values() ?? [])].map(({ fact }) => fact);
  }

  /** All that are not forgotten. */
  subjects(): readonly string[] {
    return [...this.#bySubject.keys()];
  }

  /** When it returns, kill -9 of this process can no longer take the facts, nor what was noted before. */
  write(subject: string, facts: readonly Fact[]): void {
    if (facts.length === 0) return;
    this.note(subject, facts);
    this.#journal.flush();
  }

  /** When it returns, kill -9 of this process can no longer take what was noted. */
  secure(): void {
    this.#journal.flush();
  }

  /**
   * As {@link write}, but kill -9 may take the facts for some 20 ms more: nothing may follow from them before {@link secure}.
   * `texts`: each as JSON, where somebody has it already.
   */
  note(subject: string, facts: readonly Fact[], texts?: readonly string[]): void {
    if (facts.length === 0) return;
    const known = this.#bySubject.get(subject) ?? { facts: new Map(), last: 0, factsMax: factsPerSubjectMax };
    this.#bySubject.set(subject, known);
    for (const [at, fact] of facts.entries()) {
      known.last += 1;
      this.#append(entryText(subject, known.last, texts?.[at] ?? JSON.stringify(fact)));
      known.facts.set(known.last, { fact });
    }
    if (known.facts.size > known.factsMax) this.#sumUp(subject, known);
  }

  /** As {@link note}, of a fact that says all there is to know of its subject, and has no Map in it: those before it go. */
  replace(subject: string, fact: Fact): void {
    const known = this.#bySubject.get(subject) ?? { facts: new Map(), last: 0, factsMax: factsPerSubjectMax };
    known.last += 1;
    known.facts = new Map([[known.last, { fact, sum: true }]]);
    this.#bySubject.set(subject, known);
    this.#append(encodeEntry({ of: subject, n: known.last, fact, sum: true }, 'none'));
  }

  /** Resolves when a power cut can no longer take what was written. */
  async durable(): Promise<void> {
    // After a sync that failed the present segment is another one, and is to hold all that is needed.
    for (let attempt = 1; ; attempt += 1) {
      if (this.#isDoubtful) this.#repeat();
      try {
        return await this.#journal.durable();
      } catch (error) {
        if (attempt === durableAttempts) throw error;
      }
    }
  }

  forget(subject: string): void {
    this.#bySubject.delete(subject);
    this.#behind.delete(subject);
    this.#append(encodeEntry({ of: subject, forget: true }));
  }

  /** Repeats in the present segment what is needed of those before it, a little in each turn, and removes them; call it now and then. */
  async compact(): Promise<void> {
    const { folder, writer } = this.#options;
    const files = this.#files;
    for (; this.#behind.size > 0; await nextTurn()) this.#repeat(repeatedAtOnce);
    const current = this.#journal.position.segment;
    const older = segmentsOf({ folder, writer, files }).filter((segment) => segment < current);
    if (older.length === 0) return;
    await this.#journal.durable();
    // Another segment has begun meanwhile: some of what is needed may not be durable in either.
    if (this.#behind.size > 0) return;
    for (const segment of older) await deleteSegment(folder, segment, files);
  }

  async close(): Promise<void> {
    await this.#journal.close();
  }

  /** Writes what is known of subjects that are behind once more: of so many, or of all. */
  #repeat(subjectsMax = Number.POSITIVE_INFINITY): void {
    let left = subjectsMax;
    for (const subject of this.#behind) {
      if (left === 0) return;
      left -= 1;
      // First: where a segment begins in the middle of it, it is behind again.
      this.#behind.delete(subject);
      for (const [n, numbered] of this.#bySubject.get(subject)?.facts ?? [])
        this.#append(encodeEntry({ of: subject, n, ...numbered }));
    }
    this.#isDoubtful = false;
  }

  /** One fact in place of all there are: who lasts for weeks takes no more room than what is known of it. */
  #sumUp(subject: string, known: Known<Fact>): void {
    const { sumUp } = this.#options;
    if (!sumUp) return;
    const numbered = { fact: sumUp(this.of(subject)), sum: true } as const;
    const text = encodeEntry({ of: subject, n: known.last, ...numbered });
    if (Buffer.byteLength(text) > sumBytesMax) {
      known.factsMax *= 2;
      return;
    }
    this.#append(text);
    known.facts.clear();
    known.facts.set(known.last, numbered);
  }

  #append(entry: string): void {
    this.#journal.append('fact', 0, this.#clock.nowMs() * 1000, entry);
  }
}

async function readFacts<Fact>(
  { folder, privateKey, onCut, files = systemFiles }: FactJournalOptions<Fact>,
  segments: readonly string[],
): Promise<Map<string, Known<Fact>>> {
  const entries = new EntryReader<Fact>();
  for (const segment of segments) {
    const reader = await openSegment(join(folder, segment), { privateKey, files });
    if (!reader) {
      onCut({ segment, blocksKept: 0, bytesKept: 0, cutAt: 0, reason: 'header' });
      continue;
    }
    try {
      for (let block = await reader.next(); block; block = await reader.next())
        for (const { bytes } of block.records) entries.add(decodeEntry(bytes.toString()));
      const report = await reader.report();
      if (report.cutAt !== null) onCut(report);
    } finally {
      await reader.close();
    }
  }
  const known = [...entries.known].map(([subject, facts]): [string, Known<Fact>] => {
    return [subject, { facts, last: Math.max(...facts.keys()), factsMax: factsPerSubjectMax }];
  });
  return new Map(known);
}
