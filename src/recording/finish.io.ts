// Turns ended takes into recordings: their packets out of the capture journal, and out of the parts into which long calls were
// copied while they ran, into a sealed file of their own, a signed
// manifest beside it, and the folder in its place by one rename. A crash at any point leaves nothing or a whole recording;
// finishing again then does everything again. Must never change or delete what capture wrote.

import type { KeyObject } from 'node:crypto';
import { comparePositions, type JournalFiles, type RecoveryReport, readStreams, systemFiles } from '#src/journal';
import { readPart } from './copy-out.io.ts';
import {
  Draft,
  type DraftOptions,
  draftsFolder,
  type FinishedFolder,
  putInPlace,
  type SealedDraft,
} from './draft.io.ts';
import type { Take, TakeStream } from './take.ts';

export interface FinishOptions extends Omit<DraftOptions, 'files'> {
  readonly journalDir: string;
  /** Name of the writer whose segments hold the packets. */
  readonly journalWriter: string;
  /** Opens the journal. */
  readonly privateKey: KeyObject;
  readonly files?: JournalFiles;
}

const sealedAtOnce = 8;

/**
 * Finishes a batch of takes in one pass over the journal, none of them twice in it. A folder that is in place already is
 * left as it is. Rejects when one take cannot be finished; others of the batch may be.
 */
export async function finishTakes(takes: readonly Take[], options: FinishOptions): Promise<FinishedFolder[]> {
  const { files = systemFiles } = options;
  const drafts = await Draft.beginAll(takes, { ...options, files });
  try {
    const byStream = new Map(drafts.flatMap((draft) => draft.take.streams.map((one) => [one.stream, draft] as const)));
    const cuts = new Map<Draft, readonly string[]>();
    for (const draft of drafts) cuts.set(draft, await readParts(draft, { ...options, files }));
    const reports = await readPackets(drafts, byStream, options, files);
    const sealed = await sealAll(drafts, (draft) => draft.seal(reports, cuts.get(draft)!));
    return await putInPlace(sealed, { ...options, files });
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

/** What was copied out while the take ran; returns what could not be read, in words. */
async function readParts(draft: Draft, options: FinishOptions & { files: JournalFiles }): Promise<readonly string[]> {
  const { take, copied } = draft.take;
  const cuts: string[] = [];
  for (const part of copied?.parts ?? []) {
    const reading = readPart(options.recordingsDir, take, part, options);
    let read = await reading.next();
    for (; !read.done; read = await reading.next()) for (const record of read.value) draft.add(record);
    cuts.push(...read.value);
  }
  return cuts;
}

/** Several at once: most of it is waiting for the disk, which syncs them together. */
async function sealAll(
  drafts: readonly Draft[],
  seal: (draft: Draft) => Promise<SealedDraft>,
): Promise<readonly SealedDraft[]> {
  const sealed: SealedDraft[] = [];
  for (let first = 0; first < drafts.length; first += sealedAtOnce) {
    for (const end of await Promise.allSettled(drafts.slice(first, first + sealedAtOnce).map(seal))) {
      if (end.status === 'rejected') throw end.reason;
      sealed.push(end.value);
    }
  }
  return sealed;
}

async function readPackets(
  drafts: readonly Draft[],
  byStream: ReadonlyMap<string, Draft>,
  options: FinishOptions,
  files: JournalFiles,
): Promise<readonly RecoveryReport[]> {
  const streams = drafts.flatMap(({ take }) => take.streams.flatMap((one) => restOf(take, one) ?? []));
  if (streams.length === 0) return [];
  const from = streams.map((one) => one.from).reduce((a, b) => (comparePositions(a, b) <= 0 ? a : b));
  const to = streams.map((one) => one.to).reduce((a, b) => (comparePositions(a, b) >= 0 ? a : b));
  const { journalDir: folder, journalWriter: writer, privateKey } = options;
  // The fact that binds a stream's number stands behind its beginning, and anew in each segment after that.
  const range = { from, to };
  const begins = new Map(streams.map((one) => [one.stream, one.from]));
  const reading = readStreams({ folder, writer, privateKey, streams: new Set(begins.keys()), begins, range, files });
  for (;;) {
    const { done, value } = await reading.next();
    if (done) return value;
    for (const record of value) byStream.get(record.stream)!.add(record);
  }
}

/** The part of the journal that holds what was not copied out; undefined when all of it was. */
function restOf({ copied }: Take, { stream, from, to }: TakeStream) {
  if (!copied || comparePositions(copied.to, from) <= 0) return { stream, from, to };
  return comparePositions(copied.to, to) < 0 ? { stream, from: copied.to, to } : undefined;
}
