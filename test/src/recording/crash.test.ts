// Finishing, ended after every single thing it does to the disk. There is a whole recording or none; and doing it again, as
// a recorder does when it starts, makes it whole.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SegmentReader } from '#src/journal';
import { sequenceOf } from '#src/media';
import { seededRandom } from '#src/ports';
import { finishTakes, manifestHolds, manifestSchema, removeUnfinished, type Take } from '#src/recording';
import { Killed, MemoryFiles } from '../journal/memory-files.ts';
import { CaptureJournal, journalKeys, signingKeys } from './capture-journal.ts';

const packets = 60;
const elsewhere = [20, 21, 22];
const random = seededRandom(23);

/** A disk with the journal of three calls, of which one has packets in quarantine. */
async function captured() {
  const files = new MemoryFiles();
  const capture = new CaptureJournal(files);
  const voices = [
    { party: '1', packets },
    { party: '2', packets },
  ];
  const takes = [capture.call('a', ...voices), capture.foreign('b', elsewhere), capture.call('c', ...voices)];
  await capture.killed();
  await files.syncFolder(capture.journalDir);
  for (const name of files.list(capture.journalDir)) await (await files.open(join(capture.journalDir, name))).sync();
  await removeUnfinished(capture.recordingsDir, files);
  return { capture, files, takes };
}

type Captured = Awaited<ReturnType<typeof captured>>;

function folderOf({ capture }: Captured, { take }: Take): string {
  return join(capture.recordingsDir, '2026-01-01', take);
}

/** Whether there is a recording; fails when it is not whole. */
async function isThere(all: Captured, files: MemoryFiles, take: Take): Promise<boolean> {
  const folder = folderOf(all, take);
  const names = await namesIn(files, folder);
  if (names === undefined) return false;
  const manifest = manifestSchema.parse(JSON.parse(files.bytes(join(folder, 'manifest.json')).toString()));
  expect(manifestHolds(manifest, signingKeys.publicKey)).toBe(true);
  const { copies, quarantine, streams } = manifest.facts;
  const sealed = [...copies, ...(quarantine ? [quarantine] : [])];
  expect(names).toEqual(['manifest.json', ...sealed.map(({ file }) => file)].sort());
  for (const { file, sha256 } of sealed)
    expect(
      createHash('sha256')
        .update(files.bytes(join(folder, file)))
        .digest('hex'),
    ).toBe(sha256);
  const reader = await SegmentReader.open(join(folder, 'n1.rtp'), { privateKey: journalKeys.privateKey, files });
  const sequences: number[] = [];
  for (let block = await reader.next(); block; block = await reader.next())
    sequences.push(...block.records.filter(({ kind }) => kind === 'rtp').map(({ bytes }) => sequenceOf(bytes)));
  expect((await reader.report()).reason).toBe('closed');
  const sent = streams.length === 2 ? 2 * packets : 100 - elsewhere.length;
  expect(sequences).toHaveLength(sent);
  return true;
}

async function namesIn(files: MemoryFiles, folder: string): Promise<string[] | undefined> {
  try {
    return files.list(folder);
  } catch {
    return undefined;
  }
}

const fates = [
  ['a kill', () => {}],
  ['power loss', (files: MemoryFiles) => files.losePower()],
  ['power loss that lets a part through', (files: MemoryFiles) => files.losePower(random)],
] as const;

describe('finishing that is ended at any point', () => {
  it.each(fates)(
    'R-REC-8: %s leaves nothing or a whole recording, and it is made whole afterwards',
    async (_, strike) => {
      const all = await captured();
      const { capture, takes } = all;
      const whole = all.files.copy();
      whole.operations = 0;
      await finishTakes(takes, { ...capture.options, files: whole });
      expect(whole.operations).toBeGreaterThan(30);
      for (let point = 0; point <= whole.operations; point += 1) {
        const files = all.files.copy();
        files.operationsMax = point;
        const options = { ...capture.options, files };
        const finished = await finishTakes(takes, options).catch((error: unknown) => {
          expect(error).toBeInstanceOf(Killed);
          return [];
        });
        files.operationsMax = Number.POSITIVE_INFINITY;
        strike(files);
        for (const take of takes) {
          const there = await isThere(all, files, take);
          if (finished.length > 0) expect(there).toBe(true);
        }
        await removeUnfinished(capture.recordingsDir, files);
        await finishTakes(takes, options);
        for (const take of takes) expect(await isThere(all, files, take)).toBe(true);
        expect(files.list(join(capture.recordingsDir, '.unfinished'))).toEqual([]);
      }
    },
  );
});
