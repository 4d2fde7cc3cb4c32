// What the journal's tests share: one key pair, a journal on files in memory, and reading it back.

import { join } from 'node:path';
import {
  type Block,
  Journal,
  type JournalAlarm,
  type JournalFiles,
  type JournalOptions,
  type JournalRecord,
  parseSegmentName,
  type RecoveryReport,
  SegmentReader,
} from '#src/journal';
import { VirtualClock } from '#src/ports';
import { journalKeys as keys } from '../../harness/journal-keys.ts';
import { MemoryFiles } from './memory-files.ts';

export { keys };
export const folder = '/journal';
export const writer = 'capture';

/** A journal on a virtual clock and files in memory. */
export function memoryJournal(options: Partial<JournalOptions> = {}, files = new MemoryFiles()) {
  const clock = new VirtualClock();
  const alarms: JournalAlarm[] = [];
  const onAlarm = (alarm: JournalAlarm) => void alarms.push(alarm);
  const fixed = { folder, writer, publicKey: keys.publicKey, clock, files, onAlarm, blockBytesMax: 65_536 };
  const journal = new Journal({ ...fixed, ...options });
  return { journal, files, clock, alarms };
}

/** Lets the work of promises that need no timer run to its end. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export interface SegmentContent {
  readonly blocks: readonly Block[];
  readonly records: readonly JournalRecord[];
  readonly report: RecoveryReport;
}

export async function readSegment(files: JournalFiles, name: string, inFolder = folder): Promise<SegmentContent> {
  const reader = await SegmentReader.open(join(inFolder, name), { privateKey: keys.privateKey, files });
  const blocks: Block[] = [];
  for (let block = await reader.next(); block; block = await reader.next()) blocks.push(block);
  const report = await reader.report();
  await reader.close();
  return { blocks, records: blocks.flatMap((block) => block.records), report };
}

/** All records of a folder as text, oldest segment first. */
export async function readTexts(files: JournalFiles, inFolder = folder): Promise<string[]> {
  const texts: string[] = [];
  for (const name of files.list(inFolder).filter(parseSegmentName)) {
    const { records } = await readSegment(files, name, inFolder);
    texts.push(...records.map((record) => record.bytes.toString()));
  }
  return texts;
}
