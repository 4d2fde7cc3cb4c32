// The facts of all recording sessions of this node: in the recorder's journal, and in memory for whoever is restarted
// within the process. What a session needs to go on after a crash is here and nowhere else.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { apply, type SessionFact, type SessionFacts, type SessionState } from '#actors/session';
import { Journal, type JournalAlarm, parseSegmentName, SegmentReader, segmentsOf, systemFiles } from '#src/journal';

export interface SessionFactsOptions {
  readonly folder: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly onAlarm: (alarm: JournalAlarm) => void;
}

type Entry = { readonly take: string; readonly fact: SessionFact } | { readonly take: string; readonly forget: true };

const writer = 'recorder';

export class JournaledFacts implements SessionFacts {
  readonly #folder: string;
  readonly #journal: Journal;
  readonly #byTake: Map<string, SessionFact[]>;

  private constructor(options: SessionFactsOptions, byTake: Map<string, SessionFact[]>) {
    this.#folder = options.folder;
    this.#byTake = byTake;
    // A new segment begins with all that is still needed, so the ones before it can go.
    const onSegment = () => this.#rewrite();
    this.#journal = new Journal({ ...options, writer, onSegment, segmentBytesMax: 16 * 2 ** 20 });
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
    return [...this.#byTake.values()].flatMap(
      (facts) => facts.reduce<SessionState | undefined>(apply, undefined) ?? [],
    );
  }

  write(take: string, facts: readonly SessionFact[]): void {
    if (facts.length === 0) return;
    for (const fact of facts) this.#journal.fact(0, { take, fact } satisfies Entry);
    this.#journal.flush();
    const known = this.#byTake.get(take);
    if (known) known.push(...facts);
    else this.#byTake.set(take, [...facts]);
  }

  forget(take: string): void {
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

async function readFacts(
  options: SessionFactsOptions,
  segments: readonly string[],
): Promise<Map<string, SessionFact[]>> {
  // The last segment begins with a copy of all that came before it and was still needed: reading from its start on is
  // reading everything, unless it was cut short, so each segment replaces what it repeats.
  const byTake = new Map<string, SessionFact[]>();
  for (const segment of segments) {
    const reader = await SegmentReader.open(join(options.folder, segment), { privateKey: options.privateKey });
    try {
      for (let block = await reader.next(); block; block = await reader.next()) {
        for (const record of block.records) note(byTake, JSON.parse(record.bytes.toString()) as Entry);
      }
    } finally {
      await reader.close();
    }
  }
  return byTake;
}

/** Facts that a later segment repeats are recognised: same take, same place, same words. */
function note(byTake: Map<string, SessionFact[]>, entry: Entry): void {
  if ('forget' in entry) {
    byTake.delete(entry.take);
    return;
  }
  const facts = byTake.get(entry.take) ?? [];
  const words = JSON.stringify(entry.fact);
  if (facts.some((fact) => JSON.stringify(fact) === words)) return;
  byTake.set(entry.take, [...facts, entry.fact]);
}
