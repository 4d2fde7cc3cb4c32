// Picks the records of some streams out of a range of a journal, in one pass, so that a batch of recordings costs one
// reading. Holds one block at a time.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { codeOf } from '#src/errors';
import type { JournalFiles } from './files.ts';
import { type Position, type PositionRange, parseSegmentName } from './position.ts';
import type { JournalRecord, RecordKind } from './record.ts';
import { type RecoveryReport, SegmentReader, type SegmentReaderOptions } from './segment-reader.io.ts';
import { systemFiles } from './system-files.io.ts';

/** The fact that binds a stream's number to its id, for the segment it stands in. It precedes the stream's records there. */
export interface StreamBinding {
  readonly fact: 'stream-opened';
  readonly stream: string;
}

export interface StreamRecord {
  /** Id of the stream, as its `stream-opened` fact names it. */
  readonly stream: string;
  readonly kind: RecordKind;
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
  for (const segment of segmentsOf(options)) {
    const report = yield* readSegment(options, segment);
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
): AsyncGenerator<readonly StreamRecord[], RecoveryReport | undefined> {
  const { range, files = systemFiles, privateKey } = options;
  const from = range?.from.segment === segment ? range.from : undefined;
  const path = join(options.folder, segment);
  const reader = await openSegment(path, { privateKey, files, ...(from && { from }) });
  if (!reader) return { segment, blocksKept: 0, bytesKept: 0, cutAt: 0, reason: 'header' };
  const ids = new Map<number, string>();
  try {
    for (;;) {
      if (range && isReached(reader.position, range.to)) return undefined;
      const block = await reader.next();
      if (!block) return await reader.report();
      const wanted = block.records.flatMap((record) => toStreamRecord(record, ids, options.streams) ?? []);
      if (wanted.length > 0) yield wanted;
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
  record: JournalRecord,
  ids: Map<number, string>,
  wanted: ReadonlySet<string>,
): StreamRecord | undefined {
  if (record.kind === 'fact' && record.stream > 0) bind(record, ids);
  const stream = ids.get(record.stream);
  if (stream === undefined || !wanted.has(stream)) return undefined;
  return { stream, kind: record.kind, atUs: record.atUs, bytes: record.bytes };
}

function bind(record: JournalRecord, ids: Map<number, string>): void {
  const fact = JSON.parse(record.bytes.toString()) as Partial<StreamBinding>;
  if (fact.fact === 'stream-opened' && typeof fact.stream === 'string') ids.set(record.stream, fact.stream);
}
