import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readPeaks } from '#src/media';
import { builtInDecoders } from '#src/media/codec';
import { type AudioOrder, audioFile, destroyMedia, peaksFile, readAudioReport, renderAudio } from '#src/recording';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder } from '../../harness/processes.ts';
import { toneLevelDb } from '../../harness/tone.ts';
import { type ToneRecording, toneRecording, toneStartedMs } from './tone-recording.ts';

function folders() {
  const folder = temporaryFolder('audio');
  onTestFinished(() => folder.remove());
  return { recordingsDir: join(folder.path, 'recordings'), audio: join(folder.path, 'audio', 'one') };
}

async function rendered(
  recordings: readonly (ToneRecording & { clockOffsetMs?: number })[],
  channels: AudioOrder['channels'] = {},
) {
  const { recordingsDir, audio } = folders();
  const takes = [];
  for (const { clockOffsetMs = 0, ...one } of recordings)
    takes.push({ folder: await toneRecording(recordingsDir, one), clockOffsetMs });
  const order = { takes, channels };
  const options = { privateKeys: [journalKeys.privateKey], decoders: builtInDecoders, kbps: 32 };
  return { recordingsDir, audio, order, options, report: await renderAudio(order, audio, options) };
}

/** As a player has it: channels of samples, 8 kHz. */
function played(folder: string): { left: Int16Array; right: Int16Array } {
  const args = ['-v', 'error', '-i', join(folder, audioFile), '-f', 's16le', 'pipe:1'];
  const pcm = execFileSync('ffmpeg', args, { maxBuffer: 2 ** 28 });
  const channel = (side: number) =>
    Int16Array.from({ length: pcm.length / 4 }, (_, at) => pcm.readInt16LE(4 * at + 2 * side));
  return { left: channel(0), right: channel(1) };
}

const levelDb = (samples: Int16Array, hz: number, fromMs: number, toMs: number) =>
  toneLevelDb(samples.subarray(8 * fromMs, 8 * toMs), 8_000, hz);
const loudest = (samples: Int16Array, fromMs: number, toMs: number) =>
  samples.subarray(8 * fromMs, 8 * toMs).reduce((most, one) => Math.max(most, Math.abs(one)), 0);
const onsetMs = (samples: Int16Array) => samples.findIndex((one) => Math.abs(one) > 4_000) / 8;

describe('audio of recordings', () => {
  it('R-RPL-3: a tone that went in comes out of the MP3 on its channel and in its place, silence where a pause was', async () => {
    const { audio, report } = await rendered([
      {
        take: 'a',
        tones: [
          { party: '1', hz: 440, fromMs: 0, toMs: 3_000 },
          { party: '2', hz: 1_000, fromMs: 1_000, toMs: 4_000 },
        ],
        pauses: [{ fromMs: 2_000, toMs: 2_500 }],
      },
    ]);
    expect(report).toMatchObject({ phase: 'ready', lengthMs: 4_000, sampleRateHz: 8_000, undecodable: [] });
    const { left, right } = played(audio);
    expect(left.length / 8).toBeCloseTo(4_000, -1);
    expect(levelDb(left, 440, 200, 1_900)).toBeGreaterThan(-9);
    expect(levelDb(right, 1_000, 1_100, 1_900)).toBeGreaterThan(-9);
    expect(levelDb(right, 1_000, 2_600, 3_900)).toBeGreaterThan(-9);
    expect(levelDb(left, 1_000, 200, 1_900)).toBeLessThan(-25);
    expect(levelDb(right, 440, 1_100, 1_900)).toBeLessThan(-25);
    expect(Math.abs(onsetMs(right) - 1_000)).toBeLessThan(5);
    for (const channel of [left, right]) expect(loudest(channel, 2_100, 2_400)).toBeLessThan(200);
    expect(loudest(left, 3_100, 4_000)).toBeLessThan(200);
  });

  it('R-RPL-3: peaks stand where the sound is, on its channel', async () => {
    const { audio } = await rendered([
      {
        take: 'a',
        tones: [
          { party: '1', hz: 440, fromMs: 0, toMs: 1_000 },
          { party: '2', hz: 1_000, fromMs: 1_000, toMs: 2_000 },
        ],
      },
    ]);
    const file = readFileSync(join(audio, peaksFile));
    const peaks = readPeaks(file);
    expect([peaks.windowMs, peaks.left.length, peaks.right.length]).toEqual([20, 200, 200]);
    expect(Math.max(...peaks.left.slice(0, 100))).toBeGreaterThan(0.2);
    expect(Math.min(...peaks.left.slice(0, 100))).toBeLessThan(-0.2);
    expect(peaks.left.slice(100).every((one) => one === 0)).toBe(true);
    expect(peaks.right.slice(0, 100).every((one) => one === 0)).toBe(true);
    const few = readPeaks(file, 30);
    expect([few.windowMs, few.left.length]).toEqual([80, 50]);
    expect(() => readPeaks(file.subarray(0, 100))).toThrow('peaks');
  });

  it('R-RPL-3: takes of several nodes are one, by clocks that were measured; who is placed elsewhere is heard there', async () => {
    const { audio, report } = await rendered(
      [
        { take: 'a', tones: [{ party: '1', hz: 440, fromMs: 0, toMs: 1_000 }] },
        {
          take: 'b',
          node: 'n2',
          clockMs: 30_000,
          clockOffsetMs: -28_000,
          tones: [{ party: '2', hz: 1_000, fromMs: 0, toMs: 1_000 }],
        },
      ],
      { 1: 'right', 2: 'left' },
    );
    expect(report).toMatchObject({ lengthMs: 3_000, startedMs: toneStartedMs });
    const { left, right } = played(audio);
    expect(levelDb(right, 440, 100, 900)).toBeGreaterThan(-9);
    expect(levelDb(left, 1_000, 2_100, 2_900)).toBeGreaterThan(-9);
    expect(levelDb(left, 440, 0, 1_900)).toBeLessThan(-25);
  });

  it('R-RPL-3, R-REC-6: what was paused at one node is silence in what another one has of it', async () => {
    const tones = [{ party: '1', hz: 440, fromMs: 0, toMs: 2_000 }];
    const { audio } = await rendered([
      { take: 'a', tones: [{ ...tones[0]!, toMs: 20 }], pauses: [{ fromMs: 1_000, toMs: 1_500 }] },
      { take: 'b', node: 'n2', clockMs: 5_000, clockOffsetMs: -5_000, tones },
    ]);
    const { left } = played(audio);
    expect(loudest(left, 1_100, 1_400)).toBeLessThan(200);
    expect(levelDb(left, 440, 100, 900)).toBeGreaterThan(-9);
  });

  it('R-RPL-3: what cannot be decoded is marked and kept, and keeps nothing else from being heard', async () => {
    const tone = (party: string, codec?: string) => ({
      party,
      hz: 440,
      fromMs: 0,
      toMs: 1_000,
      ...(codec && { codec }),
    });
    const half = await rendered([{ take: 'a', tones: [tone('1'), tone('2', 'G729')] }]);
    expect(half.report).toMatchObject({ phase: 'ready', undecodable: ['G729'] });
    const none = await rendered([{ take: 'a', tones: [tone('1', 'G729')] }]);
    expect(none.report).toMatchObject({ phase: 'undecodable', undecodable: ['G729'] });
    expect(readdirSync(none.audio)).toEqual(['audio.json']);
    expect(existsSync(join(none.order.takes[0]!.folder, 'n1.rtp'))).toBe(true);
  });

  it('R-RPL-3: made twice, also at once, or again after a crash, it is one; what began is not there before it is whole', async () => {
    const { audio, order, options, report } = await rendered([
      { take: 'a', tones: [{ party: '1', hz: 440, fromMs: 0, toMs: 500 }] },
    ]);
    const before = readFileSync(join(audio, audioFile));
    expect(await renderAudio(order, audio, options)).toEqual(report);
    const again = `${audio}-again`;
    mkdirSync(`${again}.${process.pid}.new`);
    writeFileSync(join(`${again}.${process.pid}.new`, audioFile), 'half');
    expect(await readAudioReport(again)).toBeUndefined();
    await renderAudio(order, again, options);
    expect(readFileSync(join(again, audioFile))).toEqual(before);
    expect(readdirSync(join(audio, '..')).sort()).toEqual(['one', 'one-again']);
  });

  it('R-RPL-3, R-KEY-1: without the key of its node, or with its media destroyed, there is none, and it says why', async () => {
    const { recordingsDir, audio } = folders();
    const tones = [{ party: '1', hz: 440, fromMs: 0, toMs: 500 }];
    const folder = await toneRecording(recordingsDir, { take: 'a', tones });
    const order = { takes: [{ folder, clockOffsetMs: 0 }], channels: {} };
    const other = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
    const options = { privateKeys: [other], decoders: builtInDecoders, kbps: 32 };
    await expect(renderAudio(order, audio, options)).rejects.toMatchObject({ code: 'journal-key-unusable' });
    await destroyMedia(recordingsDir, 'a', { by: 'rule', atMs: 1 });
    await expect(renderAudio(order, audio, options)).rejects.toMatchObject({ code: 'recording-destroyed' });
    expect(existsSync(audio)).toBe(false);
  });
});
