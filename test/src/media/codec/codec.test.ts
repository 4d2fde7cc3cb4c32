import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  type Decoder,
  decoderFor,
  durationTicksOf,
  g722Decoder,
  g722Encoder,
  isUndecodable,
  kindOf,
  pcmaDecoder,
  pcmaEncoder,
  pcmuDecoder,
  pcmuEncoder,
} from '#src/media/codec';
import { seededRandom } from '#src/ports';

const megabyte = 1 << 20;
const areThere = ['ffmpeg', 'sox'].every((program) => spawnSync(program, ['--version']).error === undefined);

/** What ffmpeg makes of raw bytes: its own decoders are the yardstick. */
function ffmpeg(input: Buffer, from: readonly string[], to: readonly string[]): Buffer {
  const options = ['-hide_banner', '-loglevel', 'error', '-nostdin', ...from, '-i', 'pipe:0', ...to, 'pipe:1'];
  return execFileSync('ffmpeg', options, { input, maxBuffer: 64 * megabyte });
}
function sox(input: Buffer, from: readonly string[], to: readonly string[]): Buffer {
  return execFileSync('sox', ['-D', ...from, '-', ...to, '-'], { input, maxBuffer: 64 * megabyte });
}
const samplesOf = (bytes: Buffer) =>
  Int16Array.from({ length: bytes.length >> 1 }, (_, index) => bytes.readInt16LE(2 * index));
const bytesOf = (samples: Int16Array) => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
const pcm = (rateHz: number) => ['-f', 's16le', '-ar', String(rateHz), '-ac', '1'];
const rms = (samples: Int16Array) => Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);

/** Two tones and noise, loud and soft parts: what exercises an adaptive codec. */
function speechLike(count: number, rateHz: number): Int16Array {
  const random = seededRandom(11);
  return Int16Array.from({ length: count }, (_, index) => {
    const loudness = 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / (rateHz * 0.7));
    const tones =
      9000 * Math.sin((2 * Math.PI * 440 * index) / rateHz) + 5000 * Math.sin((2 * Math.PI * 2900 * index) / rateHz);
    return Math.round(loudness * (tones + 3000 * (random.fraction() - 0.5)));
  });
}

const allBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const allSamples = Int16Array.from({ length: 65536 }, (_, index) => index - 32768);

describe.skipIf(!areThere)('G.711 (skipped where ffmpeg or sox is not on the PATH)', () => {
  const laws = [
    { law: 'mulaw', sox: 'mu-law', decoder: pcmuDecoder(), encoder: pcmuEncoder() },
    { law: 'alaw', sox: 'a-law', decoder: pcmaDecoder(), encoder: pcmaEncoder() },
  ];
  it.each(laws)(
    'R-REC-1: $law decodes every byte to the bit as ffmpeg and sox do',
    ({ law, sox: encoding, decoder }) => {
      const ours = decoder.decode(allBytes);
      expect(ours).toEqual(samplesOf(ffmpeg(allBytes, ['-f', law, '-ar', '8000', '-ac', '1'], pcm(8000))));
      const raw = ['-t', 'raw', '-r', '8000', '-c', '1'];
      expect(ours).toEqual(
        samplesOf(sox(allBytes, [...raw, '-e', encoding, '-b', '8'], [...raw, '-e', 'signed', '-b', '16'])),
      );
    },
  );

  it.each(laws)('R-REC-1: $law encodes as ffmpeg does, but on the edge of two levels', ({ law, decoder, encoder }) => {
    const ours = decoder.decode(encoder.encode(allSamples));
    const theirs = decoder.decode(ffmpeg(bytesOf(allSamples), pcm(8000), ['-f', law]));
    const levels = [...new Set(decoder.decode(allBytes))].sort((a, b) => a - b);
    const apart = ours.map((level, index) => Math.abs(levels.indexOf(level) - levels.indexOf(theirs[index]!)));
    expect(apart.reduce((most, count) => Math.max(most, count), 0)).toBe(1);
    expect(apart.filter((count) => count > 0).length / apart.length).toBeLessThan(0.015);
    expect(decoder.decode(encoder.encode(Int16Array.from(levels)))).toEqual(Int16Array.from(levels));
  });
});

describe.skipIf(!areThere)('G.722 (skipped where ffmpeg or sox is not on the PATH)', () => {
  it('R-REC-1: decodes any bytes to the bit as ffmpeg does', () => {
    const random = seededRandom(3).bytes(200_000);
    expect(bytesOf(g722Decoder().decode(random)).equals(ffmpeg(random, ['-f', 'g722'], pcm(16000)))).toBe(true);
  });

  it('R-REC-1: decodes what ffmpeg encoded to the bit, packet by packet', () => {
    const encoded = ffmpeg(bytesOf(speechLike(80_000, 16000)), pcm(16000), ['-c:a', 'g722', '-f', 'g722']);
    const decoder = g722Decoder();
    const packets = Array.from({ length: Math.ceil(encoded.length / 160) }, (_, at) =>
      encoded.subarray(at * 160, at * 160 + 160),
    );
    const decoded = Buffer.concat(packets.map((packet) => bytesOf(decoder.decode(packet))));
    expect(decoded.equals(ffmpeg(encoded, ['-f', 'g722'], pcm(16000)))).toBe(true);
  });

  it('R-REC-1: encodes so that ffmpeg hears the same: signal at least 20 dB above the error', () => {
    const sent = speechLike(80_000, 16000);
    const heard = samplesOf(ffmpeg(g722Encoder().encode(sent), ['-f', 'g722'], pcm(16000)));
    // The two filters delay the signal by 22 samples in all.
    const error = sent.subarray(1000, 79_000).map((sample, index) => sample - heard[index + 1000 + 22]!);
    expect(20 * Math.log10(rms(sent) / rms(error))).toBeGreaterThan(20);
  });
});

describe('registry', () => {
  it('R-REC-1: G.729 and Opus are undecodable here, as a value', () => {
    for (const codec of ['G729', 'OPUS', 'SPEEX']) {
      expect(decoderFor({ codec, clockRateHz: 8000 })).toEqual({ undecodable: codec });
    }
    const silence: Decoder = { sampleRateHz: 8000, decode: () => new Int16Array(80) };
    const choice = decoderFor({ codec: 'G729', clockRateHz: 8000 }, new Map([['G729', () => silence]]));
    expect(isUndecodable(choice)).toBe(false);
    expect((decoderFor({ codec: 'PCMU', clockRateHz: 8000 }) as Decoder).sampleRateHz).toBe(8000);
  });

  it('R-REC-1: the length of a payload is read from its bytes', () => {
    const table: readonly [string, number, readonly number[] | number, number][] = [
      ['PCMU', 8000, 160, 160],
      ['PCMA', 8000, 240, 240],
      ['G722', 8000, 160, 160],
      ['G729', 8000, 20, 160],
      ['G729', 8000, 22, 240],
      ['G729', 8000, 2, 80],
      ['CN', 8000, 1, 0],
      ['OPUS', 48000, [0x78, 1, 2], 960],
      ['OPUS', 48000, [0x08, 1, 2], 960],
      ['OPUS', 48000, [0x1b, 3], 8640 - 2880],
      ['OPUS', 48000, [], 0],
    ];
    for (const [codec, clockRateHz, payload, ticks] of table) {
      const bytes = typeof payload === 'number' ? Buffer.alloc(payload) : Buffer.from(payload);
      expect([codec, durationTicksOf({ codec, clockRateHz }, bytes)]).toEqual([codec, ticks]);
    }
    expect(kindOf({ codec: 'TELEPHONE-EVENT', clockRateHz: 8000 })).toBe('telephone-event');
    expect(kindOf(undefined)).toBe('unknown');
  });
});
