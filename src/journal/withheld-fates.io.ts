// What became of withheld records: the keys that let them be read, and the facts by which they are shredded, stand behind
// them in the journal. All that is looked at is read when the first of them is missed; nothing is, where nothing was withheld.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type { JournalFiles } from './files.ts';
import { isReached, type Position } from './position.ts';
import type { JournalRecord } from './record.ts';
import { openSegment } from './segment-reader.io.ts';
import { bind } from './stream-binding.ts';
import { systemFiles } from './system-files.io.ts';
import { keyIdOf, openWithheld, type WithheldKey, type WithheldRelease } from './withheld.ts';

/** Where a record stands. */
export interface RecordPlace {
  readonly segment: string;
  readonly block: number;
  readonly index: number;
}

export interface WithheldFatesOptions {
  readonly folder: string;
  readonly privateKey: KeyObject;
  /** Segments that may be looked at. */
  readonly segments: readonly string[];
  /** Where to stop; without it at the end of what is there. */
  readonly range?: { readonly to: Position };
  readonly keysTo?: Position;
  readonly files?: JournalFiles;
}

/** A fact that decides about records before it. */
type Decision = Partial<WithheldRelease> | { readonly fact: 'stream-shredded' };

export class WithheldFates {
  readonly #options: WithheldFatesOptions;
  readonly #keys = new Map<string, WithheldKey>();
  /** The last place at which a stream was shredded. */
  readonly #shredded = new Map<string, RecordPlace>();
  #phase: 'nothing-read' | 'all-read' = 'nothing-read';

  constructor(options: WithheldFatesOptions) {
    this.#options = options;
  }

  /** The record inside, or undefined when it was not released. */
  open(record: Buffer): ReturnType<typeof openWithheld> {
    const key = this.#keys.get(keyIdOf(record));
    return key && openWithheld(record, key);
  }

  /** Whether what is withheld of the stream at `place` is gone for good, unless it was released before. */
  isShredded(stream: string, place: RecordPlace): boolean {
    const shredded = this.#shredded.get(stream);
    return shredded !== undefined && isBehind(shredded, place);
  }

  /** From this segment on; once. */
  async lookAhead(segment: string): Promise<void> {
    if (this.#phase === 'all-read') return;
    this.#phase = 'all-read';
    for (const name of this.#options.segments) if (name >= segment) await this.#readSegment(name);
  }

  async #readSegment(segment: string): Promise<void> {
    const { folder, range, keysTo, privateKey, files = systemFiles } = this.#options;
    const to = keysTo ?? range?.to;
    const reader = await openSegment(join(folder, segment), { privateKey, files });
    if (!reader) return;
    const ids = new Map<number, string>();
    try {
      while (!to || !isReached(reader.position, to)) {
        const block = await reader.next();
        if (!block) return;
        for (const [index, record] of block.records.entries()) {
          if (record.kind === 'fact' && record.stream > 0)
            this.#note(record, { segment, block: block.sequence, index }, ids);
        }
      }
    } finally {
      await reader.close();
    }
  }

  #note(record: JournalRecord, place: RecordPlace, ids: Map<number, string>): void {
    bind(record, ids);
    const decision = JSON.parse(record.bytes.toString()) as Decision;
    if (decision.fact === 'stream-released') for (const key of decision.keys ?? []) this.#keys.set(key.id, key);
    const stream = ids.get(record.stream);
    if (decision.fact === 'stream-shredded' && stream !== undefined) this.#shredded.set(stream, place);
  }
}

function isBehind(one: RecordPlace, other: RecordPlace): boolean {
  if (one.segment !== other.segment) return one.segment > other.segment;
  return one.block === other.block ? one.index > other.index : one.block > other.block;
}
