// The facts of conversations of which nothing was heard for a while: on the disk alone, in sealed segments that only grow, and found by any
// of their names. What is put again under a name takes the place of what stood there; the segment keeps both.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import {
  type Block,
  Journal,
  type JournalAlarm,
  openSegment,
  type Position,
  type RecoveryReport,
  segmentsOf,
  systemFiles,
} from '#src/journal';
import { systemClock } from '#src/ports';
import type { Fact } from '#src/recording/consolidate';
import { type BlockPlace, NameTable } from './name-table.io.ts';

/** What was let go of together. */
export interface SettledGroup {
  readonly names: readonly string[];
  readonly facts: readonly Fact[];
}

export interface SettledFactsOptions {
  readonly folder: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly onAlarm: (alarm: JournalAlarm) => void;
  /** Hears of a segment that cannot be read to its end, and of a group that is not where it should be. */
  readonly onCut: (report: RecoveryReport) => void;
}

const writer = 'settled';
const segmentBytesMax = 32 * 2 ** 20;
const segmentLifeMsMax = 30 * 86_400_000;
/** Of one group, packed: some ten thousand facts. */
const groupBytesMax = 4 * 2 ** 20;

const pack = promisify(deflateRaw);
const unpack = promisify(inflateRaw);

export class SettledFacts {
  readonly #options: SettledFactsOptions;
  readonly #names: NameTable;
  /** Names of files, by beginning and ordinal. */
  readonly #segments = new Map<string, string>();
  #journal: Journal | undefined;

  private constructor(options: SettledFactsOptions) {
    this.#options = options;
    this.#names = new NameTable(options.folder);
    for (const segment of segmentsOf({ ...options, writer, files: systemFiles })) this.#note(segment);
  }

  static async open(options: SettledFactsOptions): Promise<SettledFacts> {
    const settled = new SettledFacts(options);
    if (settled.#names.isNew) await settled.#nameAll();
    return settled;
  }

  /** Those that go by one of these names, each once. */
  async find(names: readonly string[]): Promise<readonly SettledGroup[]> {
    const places = new Map<string, BlockPlace>();
    for (const name of names) {
      const place = this.#names.find(name);
      if (place) places.set(JSON.stringify(place), place);
    }
    const groups: SettledGroup[] = [];
    for (const place of places.values()) groups.push(...(await this.#read(place)));
    return groups;
  }

  /** Resolves when power loss can no longer take them. Rejects with `journal-…` where the disk refuses. */
  async put(groups: readonly SettledGroup[]): Promise<void> {
    const { folder, publicKey, onAlarm } = this.#options;
    if (groups.length === 0) return;
    const packed: Buffer[] = [];
    for (const group of groups) packed.push(await pack(JSON.stringify(group)));
    const limits = { segmentBytesMax, segmentLifeMsMax, blockBytesMax: groupBytesMax };
    this.#journal ??= new Journal({ folder, writer, publicKey, onAlarm, ...limits });
    const places = packed.map((bytes) => this.#append(this.#journal!, bytes));
    await this.#journal.durable();
    for (const [index, place] of places.entries())
      for (const name of groups[index]!.names) this.#names.put(name, place);
    await this.#names.sync();
  }

  /** All of them, one by one, with where each stands; those that stand behind `after`. */
  async *all(after?: Position): AsyncGenerator<SettledGroup & { readonly position: Position }> {
    const segments = [...this.#segments.values()];
    const first = after ? segments.indexOf(after.segment) : 0;
    for (const segment of segments.slice(Math.max(0, first))) {
      const from = segment === after?.segment ? after : undefined;
      for await (const { block, group } of this.#groupsIn(segment, from)) {
        const { position } = block;
        if (position.block !== from?.block && this.isAt(group.names[0]!, position)) yield { ...group, position };
      }
    }
  }

  /** Whether what goes by this name stands there. */
  isAt(name: string, { segment, block }: Position): boolean {
    const place = this.#names.find(name);
    return place?.block === block && keyOf(place) === keyOf(numbersOf(segment));
  }

  has(name: string): boolean {
    return this.#names.find(name) !== undefined;
  }

  async close(): Promise<void> {
    this.#names.close();
    await this.#journal?.close();
  }

  /** Segments are noted in the order of their writing: what was put last is found. */
  async #nameAll(): Promise<void> {
    for (const segment of this.#segments.values()) {
      for await (const { block, group } of this.#groupsIn(segment)) {
        const { offset, block: number } = block.position;
        for (const name of group.names) this.#names.put(name, { ...numbersOf(segment), block: number, offset });
      }
    }
    await this.#names.sync();
  }

  /** A block of its own, so that it is read alone. */
  #append(journal: Journal, bytes: Buffer): BlockPlace {
    journal.flush();
    const before = journal.position;
    journal.append('fact', 0, systemClock.nowMs() * 1000, bytes);
    journal.flush();
    const { segment } = journal.position;
    this.#note(segment);
    // It may have begun a segment.
    const { block, offset } = segment === before.segment ? before : { block: 0, offset: 0 };
    return { ...numbersOf(segment), block, offset };
  }

  async #read(place: BlockPlace): Promise<readonly SettledGroup[]> {
    const segment = this.#segments.get(keyOf(place));
    if (segment !== undefined) {
      const from: Position = { segment, block: place.block, offset: place.offset };
      const found: SettledGroup[] = [];
      for await (const { block, group } of this.#groupsIn(segment, from)) {
        if (block.position.block !== place.block) break;
        found.push(group);
      }
      if (found.length > 0) return found;
    }
    this.#options.onCut({
      segment: segment ?? keyOf(place),
      blocksKept: place.block,
      bytesKept: place.offset,
      cutAt: place.offset,
      reason: 'digest',
    });
    return [];
  }

  async *#groupsIn(
    segment: string,
    from?: Position,
  ): AsyncGenerator<{ readonly block: Block; readonly group: SettledGroup }> {
    const { folder, privateKey, onCut } = this.#options;
    const reader = await openSegment(join(folder, segment), { privateKey, ...(from && { from }) });
    if (!reader) return;
    try {
      for (let block = await reader.next(); block; block = await reader.next()) {
        for (const { bytes } of block.records) yield { block, group: JSON.parse((await unpack(bytes)).toString()) };
      }
      const report = await reader.report();
      if (report.cutAt !== null) onCut(report);
    } finally {
      await reader.close();
    }
  }

  #note(segment: string): void {
    this.#segments.set(keyOf(numbersOf(segment)), segment);
  }
}

function numbersOf(segment: string): Pick<BlockPlace, 'startedAtMs' | 'ordinal'> {
  const [, startedAtMs, ordinal] = /-(\d{14})-[0-9a-f]{8}-(\d+)\.journal$/.exec(segment)!;
  return { startedAtMs: Number(startedAtMs), ordinal: Number(ordinal) };
}

function keyOf({ startedAtMs, ordinal }: Pick<BlockPlace, 'startedAtMs' | 'ordinal'>): string {
  return `${startedAtMs} ${ordinal}`;
}
