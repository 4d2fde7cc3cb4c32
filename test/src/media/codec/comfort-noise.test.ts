import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ComfortNoise } from '#src/media/codec';

const isThere = spawnSync('ffmpeg', ['-version']).error === undefined;

function ffmpeg(options: readonly string[], input?: Buffer): Buffer {
  return execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...options], { input, maxBuffer: 1 << 24 });
}
const pcm = ['-f', 's16le', '-ar', '8000', '-ac', '1'];
const samplesOf = (bytes: Buffer) =>
  Int16Array.from({ length: bytes.length >> 1 }, (_, index) => bytes.readInt16LE(2 * index));
const bytesOf = (samples: Int16Array) => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
const decibels = (power: number) => 10 * Math.log10(power);
const power = (samples: ArrayLike<number>) =>
  Array.from(samples).reduce((sum, one) => sum + one * one, 0) / samples.length;
const levelOf = (samples: ArrayLike<number>) => decibels(power(samples) / 32_767 ** 2);
/** Power of the differences over that of the samples: high for bright noise, low for dull. */
const brightnessOf = (samples: Int16Array) =>
  decibels(power(Array.from(samples.subarray(1), (one, index) => one - samples[index]!)) / power(samples));

function noiseOf(payloads: readonly Uint8Array[], count: number): Int16Array {
  const noise = new ComfortNoise();
  const parts = payloads.map((payload) => {
    noise.update(payload);
    return noise.samples(count);
  });
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

describe('comfort noise', () => {
  // ffmpeg has no raw form of it: NUT carries the packets, 11 bytes each, 640 samples apart. ffmpeg's own decoder makes
  // its noise 6 dB softer than what it measured (RFC 3389 asks for the level named), so the level is held to the source.
  const colors = ['white', 'pink', 'brown', 'blue'];
  it.skipIf(!isThere).each(colors)(
    'R-REC-1: %s noise as ffmpeg described it: level of the source within 1 dB, colour within 2 dB',
    (color) => {
      const source = `anoisesrc=r=8000:a=0.05:d=4:c=${color}:seed=7`;
      const described = samplesOf(ffmpeg(['-f', 'lavfi', '-i', source, '-ac', '1', '-f', 's16le', 'pipe:1']));
      const nut = ffmpeg([...pcm, '-i', 'pipe:0', '-c:a', 'comfortnoise', '-f', 'nut', 'pipe:1'], bytesOf(described));
      const payloads = ffmpeg(['-i', 'pipe:0', '-map', '0:a', '-c', 'copy', '-f', 'data', 'pipe:1'], nut);
      const theirs = samplesOf(ffmpeg(['-i', 'pipe:0', '-f', 's16le', 'pipe:1'], nut));
      expect(payloads.length % 11).toBe(0);
      const parts = Array.from({ length: payloads.length / 11 }, (_, at) => payloads.subarray(11 * at, 11 * at + 11));
      const ours = noiseOf(parts, 640);
      expect(Math.abs(levelOf(ours) - levelOf(described))).toBeLessThan(1);
      expect(Math.abs(brightnessOf(ours) - brightnessOf(theirs))).toBeLessThan(2);
    },
  );

  it('R-REC-1: the level is that of the payload, in dB below overload, and the noise is always the same', () => {
    for (const level of [20, 40, 60]) {
      expect(levelOf(noiseOf([Buffer.from([level])], 8000))).toBeCloseTo(-level, 0);
    }
    expect(noiseOf([Buffer.from([40, 100])], 800)).toEqual(noiseOf([Buffer.from([40, 100])], 800));
    expect(noiseOf([Buffer.alloc(0)], 80)).toEqual(new Int16Array(80));
    expect(noiseOf([Buffer.from([0, ...Array(30).fill(255)])], 800)).toHaveLength(800);
  });
});
