import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mp3EncoderWith, readPeaks, wasmMp3 } from '#src/media';
import { builtInDecoders } from '#src/media/codec';
import { audioFile, peaksFile, readAudioReport, readRecording, renderAudio } from '#src/recording';
import { readMerged } from '#src/recording/merge';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder } from '../../harness/processes.ts';
import { toneLevelDb } from '../../harness/tone.ts';
import { type ToneRecording, toneRecording } from './tone-recording.ts';

function folders() {
  const folder = temporaryFolder('audio');
  onTestFinished(() => folder.remove());
  return { recordingsDir: join(folder.path, 'recordings'), audio: join(folder.path, 'audio', 'one') };
}

/** Merged, and rendered: who is not in `channels` is heard on the left. */
async function rendered(
  recordings: readonly ToneRecording[],
  channels: Record<string, 'left' | 'right'> = {},
  more = {},
) {
  const { recordingsDir, audio } = folders();
  const stored = [];
  for (const one of recordings) stored.push(await readRecording(await toneRecording(recordingsDir, one)));
  const { merged, voices } = (await readMerged(stored, { privateKeys: [journalKeys.privateKey], ...more }))!;
  const heard = (side: 'left' | 'right') => ({
    streams: voices.filter((_, index) => (channels[merged.tracks[index]!.party] ?? 'left') === side),
  });
  const make = (folder: string, mp3 = wasmMp3) =>
    renderAudio(heard('left'), heard('right'), folder, { decoders: builtInDecoders, mp3, kbps: 32 }, { merged });
  return { stored, audio, merged, make, report: await make(audio) };
}

const sides = { 1: 'left', 2: 'right' } as const;

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
    const { audio, report } = await rendered(
      [
        {
          take: 'a',
          tones: [
            { party: '1', hz: 440, fromMs: 0, toMs: 3_000 },
            { party: '2', hz: 1_000, fromMs: 1_000, toMs: 4_000 },
          ],
          pauses: [{ fromMs: 2_000, toMs: 2_500 }],
        },
      ],
      sides,
    );
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

  it('R-RPL-3: lame gives as many bytes as the encoder in WASM, and the same tones in the same places', async () => {
    const tones = [
      { party: '1', hz: 440, fromMs: 0, toMs: 2_000 },
      { party: '2', hz: 1_000, fromMs: 1_000, toMs: 3_300 },
    ];
    const { audio, make } = await rendered([{ take: 'a', tones }], sides);
    const { name, encode } = await mp3EncoderWith('lame');
    expect(name).toBe('lame');
    await make(`${audio}-lame`, encode);
    const bytes = (folder: string) => readFileSync(join(folder, audioFile)).length;
    expect(bytes(`${audio}-lame`)).toBe(bytes(audio));
    const [wasm, lame] = [played(audio), played(`${audio}-lame`)];
    expect(lame.left.length).toBe(wasm.left.length);
    expect(Math.abs(onsetMs(lame.right) - onsetMs(wasm.right))).toBeLessThan(1);
    for (const [side, hz, other, fromMs, toMs] of [
      ['left', 440, 'right', 200, 900],
      ['right', 1_000, 'left', 2_200, 3_200],
    ] as const) {
      expect(Math.abs(levelDb(lame[side], hz, fromMs, toMs) - levelDb(wasm[side], hz, fromMs, toMs))).toBeLessThan(0.5);
      expect(loudest(lame[other], fromMs, toMs)).toBeLessThan(200);
    }
  });

  it('R-RPL-3: where lame cannot be started WASM encodes; one that fails fails the making, and leaves nothing', async () => {
    expect(await mp3EncoderWith('/nowhere/lame')).toEqual({ name: 'wasm', encode: wasmMp3 });
    const { audio, make } = await rendered([{ take: 'a', tones: [{ party: '1', hz: 440, fromMs: 0, toMs: 500 }] }]);
    const broken = join(dirname(audio), 'lame');
    writeFileSync(broken, '#!/bin/sh\n[ "$1" = --version ] || { echo no memory >&2; exit 3; }\n', { mode: 0o755 });
    const { encode } = await mp3EncoderWith(broken);
    await expect(make(`${audio}-broken`, encode)).rejects.toMatchObject({
      code: 'encoder-failed',
      message: expect.stringContaining('exit 3 no memory'),
    });
    expect(existsSync(`${audio}-broken`)).toBe(false);
  });

  it('R-RPL-3: peaks stand where the sound is, on its channel', async () => {
    const { audio } = await rendered(
      [
        {
          take: 'a',
          tones: [
            { party: '1', hz: 440, fromMs: 0, toMs: 1_000 },
            { party: '2', hz: 1_000, fromMs: 1_000, toMs: 2_000 },
          ],
        },
      ],
      sides,
    );
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

  it('R-RPL-2, R-RPL-3: what two nodes have of a call is one, by clocks that were measured, on the side where its party belongs', async () => {
    const tone = { fromMs: 0, toMs: 1_000 };
    const clocks = [{ take: 'b', against: 'a', offsetMs: -28_000, plusMinusMs: 5 }];
    const { audio, report } = await rendered(
      [
        { take: 'a', tones: [{ party: '1', hz: 440, ...tone }] },
        { take: 'b', node: 'n2', clockMs: 30_000, tones: [{ party: '2', hz: 1_000, ...tone }] },
      ],
      { 1: 'right', 2: 'left' },
      { clocks },
    );
    expect(report.lengthMs).toBe(3_000);
    const { left, right } = played(audio);
    expect(levelDb(right, 440, 100, 900)).toBeGreaterThan(-9);
    expect(levelDb(left, 1_000, 2_100, 2_900)).toBeGreaterThan(-9);
    expect(levelDb(left, 440, 0, 1_900)).toBeLessThan(-25);
  });

  it('R-RPL-3: what cannot be decoded is marked and kept, and keeps nothing else from being heard', async () => {
    const tone = (party: string, codec?: string) => ({
      party,
      hz: 440,
      fromMs: 0,
      toMs: 1_000,
      ...(codec && { codec }),
    });
    const half = await rendered([{ take: 'a', tones: [tone('1'), tone('2', 'G729')] }], sides);
    expect(half.report).toMatchObject({ phase: 'ready', undecodable: ['G729'] });
    const none = await rendered([{ take: 'a', tones: [tone('1', 'G729')] }]);
    expect(none.report).toMatchObject({ phase: 'undecodable', undecodable: ['G729'] });
    expect(readdirSync(none.audio).sort()).toEqual(['audio.json', 'merged.json']);
    expect(existsSync(join(none.stored[0]!.folder, 'n1.rtp'))).toBe(true);
  });

  it('R-RPL-3: made twice, also at once, or again after a crash, it is one; what began is not there before it is whole', async () => {
    const { audio, make, report } = await rendered([
      { take: 'a', tones: [{ party: '1', hz: 440, fromMs: 0, toMs: 500 }] },
    ]);
    const before = readFileSync(join(audio, audioFile));
    expect(await make(audio)).toEqual(report);
    const again = `${audio}-again`;
    mkdirSync(`${again}.${process.pid}.new`);
    writeFileSync(join(`${again}.${process.pid}.new`, audioFile), 'half');
    expect(await readAudioReport(again)).toBeUndefined();
    await make(again);
    expect(readFileSync(join(again, audioFile))).toEqual(before);
    expect(readdirSync(join(audio, '..')).sort()).toEqual(['one', 'one-again']);
  });
});
