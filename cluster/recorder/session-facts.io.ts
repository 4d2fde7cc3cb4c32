// The facts of all recording sessions of this node: in the recorder's journal, and in memory for whoever is restarted
// within the process. What a session needs to go on after a crash is here and nowhere else.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { apply, type SessionFact, type SessionFacts, type SessionState } from '#actors/session';
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

export interface SessionFactsOptions {
  readonly folder: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** Several times what the facts of all running sessions take: each new segment begins with a copy of them. */
  readonly segmentBytesMax: number;
  readonly onAlarm: (alarm: JournalAlarm) => void;
  /** Hears what of an earlier segment could not be read: a torn tail after a crash, or damage. */
  readonly onCut: (report: RecoveryReport) => void;
  /** The facts of a take have grown. */
  readonly onChanged?: (take: string) => void;
  /** A take is about to be forgotten. */
  readonly onForgotten?: (last: SessionState) => void;
}

type Entry = { readonly take: string; readonly fact: SessionFact } | { readonly take: string; readonly forget: true };

const writer = 'recorder';
const durableAttempts = 3;

export class JournaledFacts implements SessionFacts {
  readonly #folder: string;
  readonly #journal: Journal;
  readonly #byTake: Map<string, SessionFact[]>;
  readonly #onChanged: (take: string) => void;
  readonly #onForgotten: (last: SessionState) => void;

  private constructor(options: SessionFactsOptions, byTake: Map<string, SessionFact[]>) {
    this.#folder = options.folder;
    this.#byTake = byTake;
    this.#onChanged = options.onChanged ?? (() => {});
    this.#onForgotten = options.onForgotten ?? (() => {});
    // A new segment begins with all that is still needed, so the ones before it can go.
    const onSegment = () => this.#rewrite();
    this.#journal = new Journal({ ...options, writer, onSegment });
  }

  /** Reads what earlier incarnations left, and begins a new one that holds all that is still needed. */
  static async open(options: SessionFactsOptions): Promise<JournaledFacts> {
    systemFiles.makeFolder(options.folder);
    const earlier = segmentsOf({ folder: options.folder, writer });
    const facts = new JournaledFacts(options, await readFacts(options, earlier));
    facts.#rewrite();
    await facts.#journal.durable();
    for (const segment of earlier) await systemFiles.remove(join(options.folder, segment));
    return facts;
  }

  /** Later incarnations have higher ones, whatever the clock says. */
  get epoch(): number {
    return parseSegmentName(this.#journal.position.segment)!.startedAtMs;
  }

  of(take: string): readonly SessionFact[] {
    return this.#byTake.get(take) ?? [];
  }

  takes(): readonly string[] {
    return [...this.#byTake.keys()];
  }

  /** The sessions of all takes that are not forgotten, as their facts tell of them. */
  states(): readonly SessionState[] {
    return this.takes().flatMap((take) => this.state(take) ?? []);
  }

  /** The session of a take, as its facts tell of it; undefined when it is forgotten, or never was. */
  state(take: string): SessionState | undefined {
    return this.of(take).reduce<SessionState | undefined>(apply, undefined);
  }

  write(take: string, facts: readonly SessionFact[]): void {
    if (facts.length === 0) return;
    for (const fact of facts) this.#journal.fact(0, { take, fact } satisfies Entry);
    this.#journal.flush();
    const known = this.#byTake.get(take);
    if (known) known.push(...facts);
    else this.#byTake.set(take, [...facts]);
    this.#onChanged(take);
  }

  async durable(): Promise<void> {
    // After a sync that failed the journal has begun a segment, and that with a copy of all that is needed.
    for (let attempt = 1; attempt < durableAttempts; attempt += 1) {
      try {
        return await this.#journal.durable();
      } catch {}
    }
    return this.#journal.durable();
  }

  forget(take: string): void {
    const last = this.state(take);
    if (last) this.#onForgotten(last);
    this.#byTake.delete(take);
    this.#journal.fact(0, { take, forget: true } satisfies Entry);
  }

  /** Removes segments that nothing needs any more; call it now and then. */
  async compact(): Promise<void> {
    const current = this.#journal.position.segment;
    const older = segmentsOf({ folder: this.#folder, writer }).filter((segment) => segment < current);
    if (older.length === 0) return;
    await this.#journal.durable();
    for (const segment of older) await systemFiles.remove(join(this.#folder, segment));
  }

  async close(): Promise<void> {
    await this.#journal.close();
  }

  #rewrite(): void {
    for (const [take, facts] of this.#byTake) {
      for (const fact of facts) this.#journal.fact(0, { take, fact } satisfies Entry);
    }
  }
}

/** Each segment begins with a copy of what was still needed of those before it: what is repeated is taken once. */
async function readFacts(
  options: SessionFactsOptions,
  segments: readonly string[],
): Promise<Map<string, SessionFact[]>> {
  const byTake: Repeated = new Map();
  for (const segment of segments) {
    const reader = await openSegment(options, segment);
    if (!reader) continue;
    try {
      for (let block = await reader.next(); block; block = await reader.next()) {
        for (const record of block.records) note(byTake, JSON.parse(record.bytes.toString()) as Entry);
      }
      const report = await reader.report();
      if (report.cutAt !== null) options.onCut(report);
    } finally {
      await reader.close();
    }
  }
  return new Map([...byTake].map(([take, facts]) => [take, [...facts.values()]]));
}

// Power loss right after a segment was begun may leave a name without a header: nothing stood behind it.
async function openSegment(options: SessionFactsOptions, segment: string): Promise<SegmentReader | undefined> {
  const { folder, privateKey, onCut } = options;
  try {
    return await SegmentReader.open(join(folder, segment), { privateKey });
  } catch (error) {
    if (codeOf(error) !== 'journal-unreadable') throw error;
    onCut({ segment, blocksKept: 0, bytesKept: 0, cutAt: 0, reason: 'header' });
    return undefined;
  }
}

/** Facts of each take by their words, in the order of their first writing: one that is repeated keeps its place. */
type Repeated = Map<string, Map<string, SessionFact>>;

function note(byTake: Repeated, entry: Entry): void {
  if ('forget' in entry) {
    byTake.delete(entry.take);
    return;
  }
  const facts = byTake.get(entry.take) ?? new Map<string, SessionFact>();
  byTake.set(entry.take, facts.set(JSON.stringify(entry.fact), entry.fact));
}
