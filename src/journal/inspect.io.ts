// Looks at the segments of a folder from outside, without any key: headers, chain and digests.

import { join } from 'node:path';
import { messageOf } from '#src/errors';
import type { JournalFiles } from './files.ts';
import { parseSegmentName } from './position.ts';
import { type RecoveryReport, SegmentReader } from './segment-reader.io.ts';
import { systemFiles } from './system-files.io.ts';

/** What one segment shows. `unreadable` segments have a damaged or foreign header. */
export type SegmentInspection =
  | {
      readonly state: 'readable';
      readonly segment: string;
      readonly writer: string;
      readonly incarnation: string;
      readonly ordinal: number;
      readonly startedAtMs: number;
      readonly records: number;
      /** Times of the first record and of the last seal, µs since 1970; null without blocks. */
      readonly firstAtUs: number | null;
      readonly lastAtUs: number | null;
      /** Whether this segment names the digest of its predecessor's last records; `missing`: that one is not in the folder. */
      readonly chain: 'first' | 'linked' | 'missing' | 'broken';
      readonly report: RecoveryReport;
    }
  | { readonly state: 'unreadable'; readonly segment: string; readonly message: string };

export interface JournalInspection {
  readonly folder: string;
  /** False when anything is torn, altered, unreadable or broken in its chain. */
  readonly intact: boolean;
  readonly segments: readonly SegmentInspection[];
}

/** Reads every segment of a folder without keys. Throws what listing the folder throws. */
export async function inspectJournal(folder: string, files: JournalFiles = systemFiles): Promise<JournalInspection> {
  const segments: SegmentInspection[] = [];
  const endings = new Map<string, string>();
  for (const name of files.list(folder).filter(parseSegmentName)) {
    segments.push(await inspectSegment(folder, name, files, endings));
  }
  return { folder, intact: segments.every(isIntact), segments };
}

function isIntact(segment: SegmentInspection): boolean {
  return segment.state === 'readable' && segment.report.cutAt === null && segment.chain !== 'broken';
}

async function inspectSegment(
  folder: string,
  segment: string,
  files: JournalFiles,
  endings: Map<string, string>,
): Promise<SegmentInspection> {
  let reader: SegmentReader;
  try {
    reader = await SegmentReader.open(join(folder, segment), { files });
  } catch (error) {
    return { state: 'unreadable', segment, message: messageOf(error) };
  }
  try {
    let records = 0;
    let firstAtUs: number | null = null;
    let lastAtUs: number | null = null;
    for (let block = await reader.next(); block; block = await reader.next()) {
      records += block.recordCount;
      firstAtUs ??= block.openedAtUs;
      lastAtUs = block.sealedAtUs;
      if (!block.last) endings.set(segment, block.digest.toString('hex'));
    }
    const { writer, incarnation, ordinal, startedAtMs } = reader.header;
    const chain = chainOf(reader, endings);
    const report = await reader.report();
    const readable = { state: 'readable', segment, writer, incarnation, ordinal, startedAtMs } as const;
    return { ...readable, records, firstAtUs, lastAtUs, chain, report };
  } finally {
    await reader.close();
  }
}

function chainOf(reader: SegmentReader, endings: ReadonlyMap<string, string>) {
  const { previous } = reader.header;
  if (!previous) return 'first';
  const ending = endings.get(previous.segment);
  if (ending === undefined) return 'missing';
  return ending === previous.digest ? 'linked' : 'broken';
}
