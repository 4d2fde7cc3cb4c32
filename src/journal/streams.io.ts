// Picks the records of some streams out of a range of a journal, in one pass, so that a batch of recordings costs one
// reading; a second one looks ahead for keys when records were withheld. Holds one block at a time.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { codeOf } from '#src/errors';
import type { JournalFiles } from './files.ts';
import { type Position, type PositionRange, parseSegmentName } from './position.ts';
import type { JournalRecord, RecordKind } from './record.ts';
import { type RecoveryReport, SegmentReader, type SegmentReaderOptions } from './segment-reader.io.ts';
import { systemFiles } from './system-files.io.ts';
import { keyIdOf, openWithheld, type WithheldKey, type WithheldRelease } from './withheld.ts';

/** The fact that binds a stream's number to its id, for the segment it stands in. It precedes the stream's records there. */
export interface StreamBinding {
  readonly fact: 'stream-opened';
  readonly stream: string;
}

export interface StreamRecord {
  /** Id of the stream, as its `stream-opened` fact names it. */
  readonly stream: string;
  /** What was withheld comes as what it is once it was released, and not at all before. */
  readonly kind: Exclude<RecordKind, 'withheld'>;
  readonly atUs: number;
  /** Stays valid as long as it is held, but keeps its whole block in memory: copy what is kept. */
  readonly bytes: Buffer;
}

export interface ReadStreamsOptions {
  readonly folder: string;
  readonly writer: string;
  readonly privateKey: KeyObject;
  /** Ids of the streams wanted. */
  readonly streams: ReadonlySet<string>;
  /** The widest range of the wanted streams; without it everything the writer left is read. */
  readonly range?: PositionRange;
  readonly files?: JournalFiles;
}

/**
 * The records of the wanted streams in the order they were written, a batch per block that holds any. Returns a report
 * per segment that was read to its end. Throws TwinreelError `journal-key-unusable` for a segment of another key.
 */
export async function* readStreams(
  options: ReadStreamsOptions,
): AsyncGenerator<readonly StreamRecord[], readonly RecoveryReport[]> {
  const reports: RecoveryReport[] = [];
  const keys = new ReleasedKeys(options);
  for (const segment of segmentsOf(options)) {
    const report = yield* readSegment(options, segment, keys);
    if (report) reports.push(report);
  }
  return reports;
}

/** Names of a writer's segments in the order of writing, only those that touch the range when one is given. */
export function segmentsOf(options: Pick<ReadStreamsOptions, 'folder' | 'writer' | 'range' | 'files'>): string[] {
  const { range, writer } = options;
  return (options.files ?? systemFiles)
    .list(options.folder)
    .filter((name) => parseSegmentName(name)?.writer === writer)
    .filter((name) => !range || (name >= range.from.segment && name <= range.to.segment));
}

async function* readSegment(
  options: ReadStreamsOptions,
  segment: string,
  keys: ReleasedKeys,
): AsyncGenerator<readonly StreamRecord[], RecoveryReport | undefined> {
  const { range, files = systemFiles, privateKey } = options;
  const from = range?.from.segment === segment ? range.from : undefined;
  const reader = await openSegment(join(options.folder, segment), { privateKey, files, ...(from && { from }) });
  if (!reader) return { segment, blocksKept: 0, bytesKept: 0, cutAt: 0, reason: 'header' };
  /** Of the wanted streams, by number. */
  const ids = new Map<number, string>();
  try {
    for (;;) {
      if (range && isReached(reader.position, range.to)) return undefined;
      const block = await reader.next();
      if (!block) return await reader.report();
      const read: StreamRecord[] = [];
      for (const record of block.records) {
        if (record.kind === 'fact' && record.stream > 0) bind(record, options.streams, ids);
        const stream = ids.get(record.stream);
        if (stream === undefined) continue;
        if (record.kind === 'withheld') await keys.lookAhead(segment);
        const one = toStreamRecord(stream, record, keys);
        if (one) read.push(one);
      }
      if (read.length > 0) yield read;
    }
  } finally {
    await reader.close();
  }
}

// Power loss right after a segment was begun may leave a name without a header: nothing to read, no reason to stop.
async function openSegment(path: string, options: SegmentReaderOptions): Promise<SegmentReader | undefined> {
  try {
    return await SegmentReader.open(path, options);
  } catch (error) {
    if (codeOf(error) === 'journal-unreadable') return undefined;
    throw error;
  }
}

function isReached(position: Position, to: Position): boolean {
  return position.segment === to.segment && position.block >= to.block;
}

function toStreamRecord(
  stream: string,
  { kind, atUs, bytes }: JournalRecord,
  keys: ReleasedKeys,
): StreamRecord | undefined {
  if (kind !== 'withheld') return { stream, kind, atUs, bytes };
  const opened = keys.open(bytes);
  if (!opened || opened.kind === 'withheld') return undefined;
  return { stream, kind: opened.kind, atUs, bytes: opened.bytes };
}

function bind(record: JournalRecord, wanted: ReadonlySet<string>, ids: Map<number, string>): void {
  const fact = JSON.parse(record.bytes.toString()) as Partial<StreamBinding>;
  if (fact.fact !== 'stream-opened' || typeof fact.stream !== 'string') return;
  if (wanted.has(fact.stream)) ids.set(record.stream, fact.stream);
  else ids.delete(record.stream);
}

/** The keys of withheld records, which stand behind the records: all that the range holds are read when the first is missed. */
class ReleasedKeys {
  readonly #options: ReadStreamsOptions;
  readonly #keys = new Map<string, WithheldKey>();
  #phase: 'nothing-read' | 'all-read' = 'nothing-read';

  constructor(options: ReadStreamsOptions) {
    this.#options = options;
  }

  open(record: Buffer): ReturnType<typeof openWithheld> {
    const key = this.#keys.get(keyIdOf(record));
    return key && openWithheld(record, key);
  }

  /** From this segment to the end of the range; once. */
  async lookAhead(segment: string): Promise<void> {
    if (this.#phase === 'all-read') return;
    this.#phase = 'all-read';
    for (const name of segmentsOf(this.#options)) if (name >= segment) await this.#readSegment(name);
  }

  async #readSegment(segment: string): Promise<void> {
    const { folder, range, privateKey, files = systemFiles } = this.#options;
    const reader = await openSegment(join(folder, segment), { privateKey, files });
    if (!reader) return;
    try {
      while (!range || !isReached(reader.position, range.to)) {
        const block = await reader.next();
        if (!block) return;
        for (const { kind, stream, bytes } of block.records)
          if (kind === 'fact' && stream > 0) this.#note(JSON.parse(bytes.toString()) as Partial<WithheldRelease>);
      }
    } finally {
      await reader.close();
    }
  }

  #note(fact: Partial<WithheldRelease>): void {
    if (fact.fact === 'stream-released') for (const key of fact.keys ?? []) this.#keys.set(key.id, key);
  }
}
