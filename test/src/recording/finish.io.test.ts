import { createHash, generateKeyPairSync } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SegmentReader } from '#src/journal';
import { sequenceOf } from '#src/media';
import { finishTakes, type ManifestFacts, manifestHolds, manifestSchema, removeUnfinished } from '#src/recording';
import { CaptureJournal, journalKeys, signingKeys } from './capture-journal.ts';

function manifestIn(folder: string) {
  return manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
}

/** The packets of a recording: for each stream of its manifest the first word of every payload, the stream it was sent in. */
async function packetsIn(folder: string): Promise<Record<string, number[]>> {
  const reader = await SegmentReader.open(join(folder, 'n1.rtp'), { privateKey: journalKeys.privateKey });
  const sequences: Record<string, number[]> = {};
  for (let block = await reader.next(); block; block = await reader.next()) {
    for (const { kind, bytes } of block.records) {
      if (kind !== 'rtp') continue;
      const [stream = ''] = bytes.toString('utf8', 12).split(' ');
      sequences[stream] = [...(sequences[stream] ?? []), sequenceOf(bytes)];
    }
  }
  expect((await reader.report()).reason).toBe('closed');
  await reader.close();
  return sequences;
}

function codesOf({ problems }: Pick<ManifestFacts, 'problems'>): string[] {
  return problems.map((one) => one.code);
}

function openFilesBelow(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return []; // closed since: the descriptor of this very listing, for one
    }
  });
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

describe('finishing recordings', () => {
  it('R-REC-8: a recording is a folder with its packets and a signed manifest, and nothing is left of the making', async () => {
    const capture = new CaptureJournal();
    const take = capture.call('r', { party: '3556', packets: 100 }, { party: '0412', packets: 90 });
    const [finished] = await finishTakes([take], capture.options);
    expect(finished).toMatchObject({ take: 'take-r', folder: join(capture.recordingsDir, '2026-01-01', 'take-r') });
    const { folder } = finished!;
    expect(readdirSync(folder).sort()).toEqual(['manifest.json', 'n1.rtp']);
    expect(readdirSync(join(capture.recordingsDir, '.unfinished'))).toEqual([]);
    expect(await packetsIn(folder)).toEqual({ 'r-3556': upTo(100), 'r-0412': upTo(90) });
    const { facts } = manifestIn(folder);
    expect(facts).toEqual(finished!.facts);
    expect(facts).toMatchObject({
      recordingId: 'r',
      lengthMs: 2_000,
      parties: [
        { number: '3556', channel: 'left' },
        { number: '0412', channel: 'right' },
      ],
      streams: [
        { packets: 100, bytes: 17_200, lost: 0, gaps: [], startMs: 0, lengthMs: 2_000 },
        { packets: 90, lengthMs: 1_800 },
      ],
      problems: [],
    });
  });

  it('R-KEY-1: the manifest holds as it was signed, and no longer when a fact or the packets are changed', async () => {
    const capture = new CaptureJournal();
    const [finished] = await finishTakes([capture.call('r', { party: '3556', packets: 100 })], capture.options);
    const manifest = manifestIn(finished!.folder);
    expect(manifestHolds(manifest, signingKeys.publicKey)).toBe(true);
    const altered = { ...manifest, facts: { ...manifest.facts, endReason: 'operator' } };
    expect(manifestHolds(altered, signingKeys.publicKey)).toBe(false);
    expect(manifestHolds(manifest, generateKeyPairSync('ed25519').publicKey)).toBe(false);
    const packets = readFileSync(join(finished!.folder, 'n1.rtp'));
    const [copy] = manifest.facts.copies;
    expect(copy).toMatchObject({ bytes: packets.length, sha256: createHash('sha256').update(packets).digest('hex') });
  });

  it('R-REC-5: only who has the private key of the node can read the packets of a recording', async () => {
    const capture = new CaptureJournal();
    const [finished] = await finishTakes([capture.call('r', { party: '3556', packets: 50 })], capture.options);
    const path = join(finished!.folder, 'n1.rtp');
    expect(readFileSync(path).includes('r-3556 1;')).toBe(false);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
    await expect(SegmentReader.open(path, { privateKey })).rejects.toMatchObject({ code: 'journal-key-unusable' });
  });

  it('R-REC-8: several takes come out of one pass, each with its own packets, also where calls overlap', async () => {
    const capture = new CaptureJournal();
    const takes = ['p', 'q', 'r'].map((name) =>
      capture.call(name, { party: '1', packets: 60 }, { party: '2', packets: 60 }),
    );
    // Widened to all of the journal, as ranges of calls at the same time are.
    const range = { from: takes[0]!.streams[0]!.from, to: takes[2]!.streams[0]!.to };
    const wide = takes.map((take) => ({ ...take, streams: take.streams.map((one) => ({ ...one, ...range })) }));
    const finished = await finishTakes(wide, capture.options);
    expect(finished.map((one) => one.take)).toEqual(['take-p', 'take-q', 'take-r']);
    for (const [index, name] of ['p', 'q', 'r'].entries()) {
      expect(await packetsIn(finished[index]!.folder)).toEqual({ [`${name}-1`]: upTo(60), [`${name}-2`]: upTo(60) });
    }
  });

  it('R-REC-8: finishing again leaves the recording that is there, and nothing beside it', async () => {
    const capture = new CaptureJournal();
    const take = capture.call('r', { party: '3556', packets: 50 });
    const [first] = await finishTakes([take], capture.options);
    const before = statSync(join(first!.folder, 'manifest.json'));
    const [second] = await finishTakes([take], capture.options);
    expect(second).toEqual({ ...first, facts: expect.objectContaining({ take: 'take-r' }) });
    expect(statSync(join(first!.folder, 'manifest.json')).ino).toBe(before.ino);
    expect(readdirSync(join(capture.recordingsDir, '2026-01-01'))).toEqual(['take-r']);
    expect(readdirSync(join(capture.recordingsDir, '.unfinished'))).toEqual([]);
  });

  it('R-REC-8: what a crash left half done is begun anew, or removed when the recorder starts', async () => {
    const capture = new CaptureJournal();
    const take = capture.call('r', { party: '3556', packets: 50 });
    const halfDone = join(capture.recordingsDir, '.unfinished', 'take-r');
    mkdirSync(halfDone, { recursive: true });
    for (const file of ['n1.rtp', 'manifest.json']) writeFileSync(join(halfDone, file), 'half');
    const [finished] = await finishTakes([take], capture.options);
    expect(await packetsIn(finished!.folder)).toEqual({ 'r-3556': upTo(50) });
    mkdirSync(halfDone, { recursive: true });
    await removeUnfinished(capture.recordingsDir);
    expect(existsSync(halfDone)).toBe(false);
  });

  it('R-REC-8: a take that cannot be finished leaves no file open', async () => {
    const capture = new CaptureJournal();
    const take = capture.call('r', { party: '3556', packets: 50 });
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expect(finishTakes([take], { ...capture.options, privateKey })).rejects.toMatchObject({
        code: 'journal-key-unusable',
      });
    }
    expect(openFilesBelow(capture.recordingsDir)).toEqual([]);
  });
});

describe('what is wrong with a recording', () => {
  it.each<[string, Parameters<CaptureJournal['call']>[1][], string[]]>([
    [
      'nothing',
      [
        { party: '1', packets: 50 },
        { party: '2', packets: 40 },
      ],
      [],
    ],
    ['one party only', [{ party: '1', packets: 50 }], ['one-party']],
    [
      'a stream below the minimum',
      [
        { party: '1', packets: 50 },
        { party: '2', packets: 39 },
      ],
      ['stream-short'],
    ],
    [
      'a stream nobody sent',
      [
        { party: '1', packets: 50 },
        { party: '2', packets: 0 },
      ],
      ['stream-empty', 'one-party'],
    ],
    [
      'packets that never came',
      [
        { party: '1', packets: 50, lost: [7, 8, 20] },
        { party: '2', packets: 50 },
      ],
      ['packets-lost'],
    ],
  ])('R-REC-2: %s', async (_, voices, codes) => {
    const capture = new CaptureJournal();
    const [finished] = await finishTakes([capture.call('r', ...voices)], capture.options);
    expect(codesOf(finished!.facts)).toEqual(codes);
  });

  it('R-REC-3: what was lost is listed gap by gap, and the length stays true', async () => {
    const capture = new CaptureJournal();
    const voices = [
      { party: '1', packets: 50, lost: [7, 8, 20] },
      { party: '2', packets: 50 },
    ];
    const [finished] = await finishTakes([capture.call('r', ...voices)], capture.options);
    const { streams, problems } = finished!.facts;
    expect(streams[0]).toMatchObject({ packets: 47, lost: 3, lengthMs: 1_000 });
    expect(streams[0]!.gaps).toMatchObject([
      { fromMs: 140, toMs: 180, packets: 2, certainty: 'exact' },
      { fromMs: 400, toMs: 420, packets: 1, certainty: 'exact' },
    ]);
    expect(problems).toEqual([{ code: 'packets-lost', stream: 'r-1', detail: '3 packets of 1 in 2 gaps' }]);
  });

  it('R-REC-5: a torn journal costs what was torn, says so, and only to the recordings that it touches', async () => {
    const capture = new CaptureJournal();
    const torn = capture.call('torn', { party: '1', packets: 100 }, { party: '2', packets: 100 });
    const { segment } = await capture.killed();
    const whole = capture.call('whole', { party: '1', packets: 100 }, { party: '2', packets: 100 });
    // The blocks of the killed capture end where its next one would stand: ten bytes are missing from the last.
    truncateSync(join(capture.journalDir, segment), torn.streams[0]!.to.offset - 10);
    const [first, second] = await finishTakes([torn, whole], capture.options);
    expect(codesOf(first!.facts)).toContain('journal-cut');
    expect(first!.facts.problems.at(-1)!.detail).toMatch(
      new RegExp(`^${segment} was cut at byte \\d+: (short|digest)$`),
    );
    expect(codesOf(second!.facts)).toEqual([]);
  });
});
