import { describe, expect, it } from 'vitest';
import { g722Decoder, pcmaDecoder, pcmuDecoder } from '#src/media/codec';
import { type Audio, payloadBytes, payloadsOf } from '../../../../ops/lab/msr-source/audio.ts';
import { dominantFrequencyHz, toneLevelDb, toneSamples } from '../../../harness/tone.ts';

const decoders = { PCMU: pcmuDecoder, PCMA: pcmaDecoder, G722: g722Decoder };

function heard(audio: Audio, codec: keyof typeof decoders, slots: number) {
  const payloads = payloadsOf(audio, codec);
  const decoder = decoders[codec]();
  const pieces = Array.from({ length: slots }, (_, slot) => decoder.decode(payloads(slot)!));
  return { samples: Int16Array.from(pieces.flatMap((piece) => [...piece])), rateHz: decoder.sampleRateHz };
}

describe('audio', () => {
  it.each(['PCMU', 'PCMA', 'G722'] as const)(
    'R-REC-1: a tone in %s is that tone, for as long as the call lasts',
    (codec) => {
      const { samples, rateHz } = heard({ kind: 'tone', frequencyHz: 700 }, codec, 120);
      expect(samples.length).toBe((120 * 20 * rateHz) / 1000);
      expect(dominantFrequencyHz(samples, rateHz)).toBe(700);
      expect(toneLevelDb(samples, rateHz, 700)).toBeGreaterThan(-7);
    },
  );

  it('a tone with an end ends', () => {
    const payloads = payloadsOf({ kind: 'tone', frequencyHz: 700, durationMs: 60 }, 'PCMU');
    expect([0, 1, 2, 3].map((slot) => payloads(slot)?.length)).toEqual([160, 160, 160, undefined]);
  });

  it('samples are sent once, the last packet filled up', () => {
    const payloads = payloadsOf({ kind: 'samples', samples: new Int16Array(161), sampleRateHz: 8_000 }, 'PCMA');
    expect([0, 1, 2].map((slot) => payloads(slot)?.length)).toEqual([payloadBytes, payloadBytes, undefined]);
  });

  it('samples of 8 kHz keep pitch and length in G.722', () => {
    const audio: Audio = { kind: 'samples', samples: toneSamples(440, 1_000), sampleRateHz: 8_000 };
    const { samples, rateHz } = heard(audio, 'G722', 50);
    expect(dominantFrequencyHz(samples, rateHz)).toBe(440);
    expect(payloadsOf(audio, 'G722')(50)).toBeUndefined();
  });

  it('counters name their slot, in any codec', () => {
    const payloads = payloadsOf({ kind: 'counters', packets: 3 }, 'G729');
    expect(Buffer.from(payloads(2)!).readBigUInt64BE(0)).toBe(2n);
    expect(payloads(3)).toBeUndefined();
    const tagged = payloadsOf({ kind: 'counters', tag: 0xc0ffee }, 'PCMU');
    expect(Buffer.from(tagged(9)!).subarray(0, 13).toString('hex')).toBe('000000000000000900c0ffeeff');
  });

  it('sound needs an encoder', () => {
    expect(() => payloadsOf({ kind: 'tone', frequencyHz: 440 }, 'G729')).toThrow(/cannot be sent as G729/);
  });
});
