// A long call that is copied out of the capture journal while it runs, and finished: ended after every single thing that is
// done to the disk. Afterwards another recorder makes it whole, with no packet missing and none twice.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decide, takeOf } from '#actors/session';
import { reclaimSegments } from '#cluster/recorder';
import { SegmentReader, segmentsOf } from '#src/journal';
import { sequenceOf } from '#src/media';
import { seededRandom, VirtualClock } from '#src/ports';
import { finishTakes, removeParts, removeUnfinished, type Take } from '#src/recording';
import { Copying } from '../../../cluster/recorder/copying.io.ts';
import { JournaledFacts } from '../../../cluster/recorder/session-facts.io.ts';
import { MemoryFiles } from '../../src/journal/memory-files.ts';
import { CaptureJournal, journalKeys } from '../../src/recording/capture-journal.ts';
import { ended, running } from './session-of.ts';

const packets = 60;
const settings = { tenant: 'acme', node: 'n1', codecs: ['PCMU'], lingerMs: 500, silenceMsMax: 1, retryAfterSeconds: 5 };
const factsFolder = '/node/facts';
const log = { info: () => {}, warn: () => {} };

/** A disk with the journal of two long calls, of which the last segment is being written, and what the recorder knows of them. */
async function captured() {
  const files = new MemoryFiles();
  const capture = new CaptureJournal(files);
  capture.segmentPackets = 20;
  const voices = [
    { party: '1', packets },
    { party: '2', packets },
  ];
  const takes = [capture.call('a', ...voices), capture.call('b', ...voices)];
  await removeUnfinished(capture.recordingsDir, files);
  await removeParts(capture.recordingsDir, new Map(), files);
  const facts = await openFacts(files, 0);
  for (const take of takes) facts.write(take.take, running(take));
  await facts.durable();
  await files.syncFolder(capture.journalDir);
  for (const name of files.list(capture.journalDir)) await (await files.open(join(capture.journalDir, name))).sync();
  return { capture, files, takes };
}

type Captured = Awaited<ReturnType<typeof captured>>;

function openFacts(files: MemoryFiles, life: number): Promise<JournaledFacts> {
  return JournaledFacts.open({
    folder: factsFolder,
    ...journalKeys,
    segmentBytesMax: 2 ** 20,
    files,
    clock: new VirtualClock(Date.UTC(2026, 0, 2) + 1_000 * life),
    random: seededRandom(100 + life),
    onAlarm: () => {},
    onCut: () => {},
  });
}

/** A recorder from its start until both calls are finished; rejects when it was ended before. */
async function recorded({ capture, takes }: Captured, files: MemoryFiles, life: number): Promise<void> {
  const { recordingsDir, journalDir: folder, journalWriter: writer } = { ...capture, ...capture.options };
  const facts = await openFacts(files, life);
  const options = { ...capture.options, files, random: seededRandom(life) };
  const { position } = capture;
  const positions = async () => ({ position, begins: new Map() });
  const housekeeping = async (kept: ReadonlyMap<string, 'all'>) => {
    await facts.durable();
    await facts.compact();
    await removeParts(recordingsDir, kept, files);
    await reclaimSegments({ folder, writer, captured: positions, unfinished: () => facts.states(), files });
  };
  const all = () => new Map(facts.takes().map((take) => [take, 'all'] as const));

  await removeUnfinished(recordingsDir, files);
  const parts = facts.states().map(({ take, copied }) => [take, new Set(copied?.parts)] as const);
  await removeParts(recordingsDir, new Map(parts), files);
  const copying = new Copying({
    ...options,
    lifeMsMax: 1,
    batchMax: 10,
    position: async () => position,
    takes: () => facts.takes(),
    state: (take) => facts.state(take),
    tell: async (take, copied) => {
      facts.write(take, decide(facts.state(take), { type: 'copied', ...copied }, 1, settings).facts);
      await facts.durable();
    },
    log,
  });
  await copying.run();
  await housekeeping(all());
  for (const take of takes) await finished(facts, take, options);
  await housekeeping(all());
}

async function finished(facts: JournaledFacts, take: Take, options: CaptureJournal['options']): Promise<void> {
  const before = facts.state(take.take);
  if (!before) return;
  if (before.phase === 'recording') facts.write(take.take, ended(take));
  await facts.durable();
  await finishTakes([takeOf(facts.state(take.take)!)], options);
  facts.forget(take.take);
  await facts.durable();
}

async function sequencesIn(files: MemoryFiles, folder: string): Promise<Record<string, number[]>> {
  const { privateKey } = journalKeys;
  const reader = await SegmentReader.open(join(folder, 'n1.rtp'), { privateKey, files });
  const sequences: Record<string, number[]> = {};
  for (let block = await reader.next(); block; block = await reader.next())
    for (const { kind, bytes } of block.records) {
      if (kind !== 'rtp') continue;
      const [stream = ''] = bytes.toString('utf8', 12).split(' ');
      sequences[stream] = [...(sequences[stream] ?? []), sequenceOf(bytes)];
    }
  expect((await reader.report()).reason).toBe('closed');
  return sequences;
}

async function expectWhole({ capture }: Captured, files: MemoryFiles): Promise<void> {
  const all = Array.from({ length: packets }, (_, index) => index);
  const day = join(capture.recordingsDir, '2026-01-01');
  for (const name of ['a', 'b'])
    expect(await sequencesIn(files, join(day, `take-${name}`))).toEqual({ [`${name}-1`]: all, [`${name}-2`]: all });
  const manifests = ['a', 'b'].map((name) => files.bytes(join(day, `take-${name}`, 'manifest.json')).toString());
  for (const manifest of manifests) expect(JSON.parse(manifest)).toMatchObject({ facts: { problems: [] } });
  expect(files.list(join(capture.recordingsDir, '.parts'))).toEqual([]);
  // Without the folder for drafts nothing was left to finish.
  const drafts = files.list(capture.recordingsDir).includes('.unfinished');
  expect(drafts ? files.list(join(capture.recordingsDir, '.unfinished')) : []).toEqual([]);
  expect(segmentsOf({ folder: capture.journalDir, writer: 'capture', files })).toEqual([capture.position.segment]);
}

const random = seededRandom(29);
const fates = [
  ['a kill', () => {}],
  ['power loss', (files: MemoryFiles) => files.losePower()],
  ['power loss that lets a part through', (files: MemoryFiles) => files.losePower(random)],
] as const;
/** Every point with each fate when there is time; else each with one of them. */
const step = process.env['TWINREEL_FULL'] ? 1 : fates.length;

describe('a long call, copied out and finished by a recorder that is ended at any point', () => {
  it.each(fates.map(([fate, strike], index) => ({ fate, strike, first: step === 1 ? 0 : index })))(
    'R-REC-5, R-REC-8: $fate costs no packet, leaves none twice and nothing behind',
    async ({ strike, first }) => {
      const all = await captured();
      const whole = all.files.copy();
      whole.operations = 0;
      await recorded(all, whole, 1);
      await expectWhole(all, whole);
      expect(whole.operations).toBeGreaterThan(100);
      for (let point = first; point <= whole.operations; point += step) {
        const ended = all.files.copy();
        ended.operationsMax = point;
        await recorded(all, ended, 1).catch(() => {});
        // What is left of the first one has a disk of its own, and can do nothing to this one.
        const files = ended.copy();
        strike(files);
        await recorded(all, files, 2);
        await expectWhole(all, files);
      }
    },
  );
});
