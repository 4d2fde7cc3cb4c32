import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readWav, wavHeader } from '#src/media';

const soxWav = (...options: readonly string[]) =>
  execFileSync('sox', [
    '-D',
    '-n',
    '-r',
    '8000',
    '-c',
    '2',
    ...options,
    '-t',
    'wav',
    '-',
    'synth',
    '1',
    'sine',
    '440',
    'sine',
    '880',
  ]);

const folder = mkdtempSync(join(tmpdir(), 'wav-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('WAV', () => {
  it('R-REC-8: the header says what ffprobe reads out of it', () => {
    const file = join(folder, 'silence.wav');
    const header = wavHeader({ sampleRateHz: 16_000, channels: 2, frames: 24_000 });
    writeFileSync(file, Buffer.concat([header, Buffer.alloc(96_000)]));
    const fields = 'stream=codec_name,sample_rate,channels,duration';
    const options = ['-v', 'error', '-show_entries', fields, '-of', 'csv=p=0', file];
    expect(execFileSync('ffprobe', options, { encoding: 'utf8' }).trim()).toBe('pcm_s16le,16000,2,1.500000');
  });

  it('R-REC-8: a recording beyond the 32-bit sizes is refused with the length that fits', () => {
    const frames = 16_000 * 3600 * 19;
    expect(() => wavHeader({ sampleRateHz: 16_000, channels: 2, frames })).toThrow(
      /68400 s is too long: at most 67108 s/,
    );
  });

  it('R-REC-1: PCM, A-law and mu-law written by sox are read with the same sound', () => {
    const pcm = readWav(soxWav('-b', '16'));
    expect(pcm).toMatchObject({ sampleRateHz: 8000, channels: 2, frames: 8000 });
    for (const law of ['a-law', 'mu-law']) {
      const read = readWav(soxWav('-e', law));
      expect(read).toMatchObject({ sampleRateHz: 8000, channels: 2, frames: 8000 });
      const worst = read.samples[1]!.reduce((most, one, at) => Math.max(most, Math.abs(one - pcm.samples[1]![at]!)), 0);
      expect(worst).toBeLessThanOrEqual(516);
    }
  });

  it('R-REC-8: what is no WAV is refused with what was found', () => {
    expect(() => readWav(Buffer.from('hello, I am no sound'))).toThrow(/no RIFF/);
    expect(() => readWav(soxWav('-b', '24'))).toThrow(/with 24 bits; PCM \(1\) with 16 bits/);
    expect(() => readWav(wavHeader({ sampleRateHz: 8000, channels: 1, frames: 0 }).subarray(0, 36))).toThrow(
      /no data chunk/,
    );
  });
});
