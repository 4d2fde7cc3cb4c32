// Picks the records of some streams out of a range of a journal, in one pass, so that a batch of recordings costs one
// reading; a second one looks ahead for keys when records were withheld. Holds one block at a time.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type { JournalFiles } from './files.ts';
import { comparePositions, isReached, type Position, type PositionRange, parseSegmentName } from './position.ts';
import type { JournalRecord, RecordKind } from './record.ts';
import { openSegment, type RecoveryReport } from './segment-reader.io.ts';
import { bind } from './stream-binding.ts';
import { systemFiles } from './system-files.io.ts';
import { type RecordPlace, WithheldFates } from './withheld-fates.io.ts';

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
  /** Streams that begin later than the range: what stands before is left out. */
  readonly begins?: ReadonlyMap<string, Position>;
  /** Up to where keys of withheld records are looked for; default: the end of the range. */
  readonly keysTo?: Position;
  /**
   * Told of a stream with a withheld record that is neither released nor shredded as far as keys are looked for: it is left out,
   * and may be there when it is read again later.
   */
  readonly onUndecided?: (stream: string) => void;
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
  const fates = new WithheldFates({ ...options, segments: segmentsOf(withKeys(options)) });
  for (const segment of segmentsOf(options)) {
    const report = yield* readSegment(options, segment, fates);
    if (report) reports.push(report);
  }
  return reports;
}

function withKeys(options: ReadStreamsOptions): ReadStreamsOptions {
  const { range, keysTo } = options;
  return range && keysTo ? { ...options, range: { ...range, to: keysTo } } : options;
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
  fates: WithheldFates,
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
      for (const [index, record] of block.records.entries()) {
        if (record.kind === 'fact' && record.stream > 0) bind(record, ids, options.streams);
        const stream = ids.get(record.stream);
        if (stream === undefined || isBefore(block.position, options.begins?.get(stream))) continue;
        if (record.kind === 'withheld') await fates.lookAhead(segment);
        const place = { segment, block: block.sequence, index };
        const one = toStreamRecord(stream, record, place, fates, options);
        if (one) read.push(one);
      }
      if (read.length > 0) yield read;
    }
  } finally {
    await reader.close();
  }
}

function toStreamRecord(
  stream: string,
  { kind, atUs, bytes }: JournalRecord,
  place: RecordPlace,
  fates: WithheldFates,
  { onUndecided }: ReadStreamsOptions,
): StreamRecord | undefined {
  if (kind !== 'withheld') return { stream, kind, atUs, bytes };
  const opened = fates.open(bytes);
  if (!opened && !fates.isShredded(stream, place)) onUndecided?.(stream);
  if (!opened || opened.kind === 'withheld') return undefined;
  return { stream, kind: opened.kind, atUs, bytes: opened.bytes };
}

function isBefore(position: Position, begin: Position | undefined): boolean {
  return begin !== undefined && comparePositions(position, begin) < 0;
}
