import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readWav } from '#ops/lab/msr-source';
import { codeOf } from '#src/errors';

const fixtures = new URL('../../../../ops/lab/fixtures/', import.meta.url);

function wav(kind: number, channels: number, bits: number, data: Buffer): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(kind, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(8_000, 24);
  header.writeUInt16LE(bits, 34);
  header.write('data', 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}

describe('wav', () => {
  it('reads 16-bit PCM channel by channel', () => {
    const data = Buffer.from(Int16Array.of(1, -1, 2, -2, 3, -3).buffer);
    const { sampleRateHz, channels } = readWav(wav(1, 2, 16, data));
    expect(sampleRateHz).toBe(8_000);
    expect(channels.map((channel) => [...channel])).toEqual([
      [1, 2, 3],
      [-1, -2, -3],
    ]);
  });

  it('reads A-law and mu-law', () => {
    expect([...readWav(wav(6, 1, 8, Buffer.from([0xd5, 0x55]))).channels[0]!]).toEqual([8, -8]);
    expect([...readWav(wav(7, 1, 8, Buffer.from([0xff, 0x80]))).channels[0]!]).toEqual([0, 32_124]);
  });

  it('the demonstration dialogue: two voices that take turns, equally long, whole packets', () => {
    const [caller, agent] = ['caller.wav', 'agent.wav'].map((name) => readWav(readFileSync(new URL(name, fixtures))));
    const [left, right] = [caller!.channels[0]!, agent!.channels[0]!];
    expect(caller!.sampleRateHz).toBe(8_000);
    expect(left.length).toBe(right.length);
    expect(left.length % 160).toBe(0);
    expect(left.length / 8_000).toBeGreaterThan(12);
    expect(left.length / 8_000).toBeLessThan(15.5);
    const loudAtOnce = left.filter((sample, index) => Math.abs(sample) > 1_000 && Math.abs(right[index]!) > 1_000);
    expect(loudAtOnce).toHaveLength(0);
    for (const voice of [left, right]) expect(voice.some((sample) => Math.abs(sample) > 8_000)).toBe(true);
  });

  it.each([
    ['no WAV file', Buffer.from('this is not sound, not at all, whatever one does')],
    ['no data', wav(1, 1, 16, Buffer.alloc(0)).subarray(0, 36)],
    ['24 bits', wav(1, 1, 24, Buffer.alloc(6))],
  ])('refuses %s by name', (_, bytes) => {
    const read = () => readWav(bytes);
    expect(read).toThrow();
    try {
      read();
    } catch (error) {
      expect(codeOf(error)).toBe('wav-unreadable');
    }
  });
});
