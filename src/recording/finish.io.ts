// Turns ended takes into recordings: their packets out of the capture journal into a sealed file of their own, a signed
// manifest beside it, and the folder in its place by one rename. A crash at any point leaves nothing or a whole recording;
// finishing again then does everything again. Must never change or delete what capture wrote.

import type { KeyObject } from 'node:crypto';
import {
  comparePositions,
  type JournalFiles,
  type Position,
  type RecoveryReport,
  readStreams,
  systemFiles,
} from '#src/journal';
import { Draft, type DraftOptions, draftsFolder, type FinishedFolder } from './draft.io.ts';
import type { Take } from './take.ts';

export interface FinishOptions extends Omit<DraftOptions, 'files'> {
  readonly journalDir: string;
  /** Name of the writer whose segments hold the packets. */
  readonly journalWriter: string;
  /** Opens the journal. */
  readonly privateKey: KeyObject;
  readonly files?: JournalFiles;
}

/**
 * Finishes a batch of takes in one pass over the journal, none of them twice in it. A folder that is in place already is
 * left as it is. Rejects when one take cannot be finished; those before it may be.
 */
export async function finishTakes(takes: readonly Take[], options: FinishOptions): Promise<FinishedFolder[]> {
  const { files = systemFiles } = options;
  const drafts: Draft[] = [];
  try {
    for (const take of takes) drafts.push(await Draft.begin(take, { ...options, files }));
    const byStream = new Map(drafts.flatMap((draft) => draft.take.streams.map((one) => [one.stream, draft] as const)));
    const reports = await readPackets(drafts, byStream, options, files);
    const finished: FinishedFolder[] = [];
    for (const draft of drafts) finished.push(await draft.finish(reports));
    return finished;
  } catch (error) {
    await Promise.allSettled(drafts.map((draft) => draft.abandon()));
    throw error;
  }
}

/** Removes what a crash left half done, and makes the folder of recordings where there is none. */
export async function removeUnfinished(recordingsDir: string, files: JournalFiles = systemFiles): Promise<void> {
  files.makeFolder(recordingsDir);
  await files.removeFolder(draftsFolder(recordingsDir));
}

async function readPackets(
  drafts: readonly Draft[],
  byStream: ReadonlyMap<string, Draft>,
  options: FinishOptions,
  files: JournalFiles,
): Promise<readonly RecoveryReport[]> {
  const streams = drafts.flatMap((draft) => draft.take.streams);
  if (streams.length === 0) return [];
  const from = streams.map((one) => one.from).reduce((a, b) => (comparePositions(a, b) <= 0 ? a : b));
  const to = streams.map((one) => one.to).reduce((a, b) => (comparePositions(a, b) >= 0 ? a : b));
  const { journalDir: folder, journalWriter: writer, privateKey } = options;
  // From the start of the first segment: the facts that bind stream numbers stand there.
  const range = { from: startOf(from), to };
  const reading = readStreams({ folder, writer, privateKey, streams: new Set(byStream.keys()), range, files });
  for (;;) {
    const { done, value } = await reading.next();
    if (done) return value;
    for (const record of value) byStream.get(record.stream)!.add(record);
  }
}

function startOf(position: Position): Position {
  return { segment: position.segment, block: 0, offset: 0 };
}
