// G.711 (ITU-T G.711, 1988): mu-law and A-law, one byte a sample, no state.
// Decoding is by table and bit-exact with every other decoder; encoding chooses the interval the recommendation gives.

import type { Decoder, Encoder } from './codec.ts';

/** PCMU: 8 kHz, one sample a byte. */
export const pcmuDecoder = (): Decoder => byTable(pcmuSamples);
/** PCMA: 8 kHz, one sample a byte. */
export const pcmaDecoder = (): Decoder => byTable(pcmaSamples);
export const pcmuEncoder = (): Encoder => bySample(pcmuByte);
export const pcmaEncoder = (): Encoder => bySample(pcmaByte);

// A mu-law byte, inverted on the wire:   | sign | exponent (3) | mantissa (4) |
// An A-law byte, every second bit inverted (0x55), its sign bit set for positive samples.

const pcmuBias = 132;
const pcmuClip = 32767 - pcmuBias;

const pcmuSamples = Int16Array.from({ length: 256 }, (_, byte) => {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + pcmuBias) << ((code >> 4) & 7)) - pcmuBias;
  return code & 0x80 ? -magnitude : magnitude;
});

const pcmaSamples = Int16Array.from({ length: 256 }, (_, byte) => {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const step = ((code & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? step : (step + 0x100) << (exponent - 1);
  return code & 0x80 ? magnitude : -magnitude;
});

function pcmuByte(sample: number): number {
  const biased = Math.min(Math.abs(sample), pcmuClip) + pcmuBias;
  const exponent = 24 - Math.clz32(biased);
  const code = (sample < 0 ? 0x80 : 0) | (exponent << 4) | ((biased >> (exponent + 3)) & 0x0f);
  return ~code & 0xff;
}

function pcmaByte(sample: number): number {
  const magnitude = sample < 0 ? ~sample : sample;
  const exponent = Math.max(0, 24 - Math.clz32(magnitude));
  const mantissa = (magnitude >> Math.max(4, exponent + 3)) & 0x0f;
  return ((sample < 0 ? 0 : 0x80) | (exponent << 4) | mantissa) ^ 0x55;
}

function byTable(table: Int16Array): Decoder {
  return {
    sampleRateHz: 8000,
    decode(payload) {
      const samples = new Int16Array(payload.length);
      for (let index = 0; index < payload.length; index++) samples[index] = table[payload[index]!]!;
      return samples;
    },
  };
}

function bySample(byteOf: (sample: number) => number): Encoder {
  return {
    sampleRateHz: 8000,
    encode(samples) {
      const payload = Buffer.allocUnsafe(samples.length);
      for (let index = 0; index < samples.length; index++) payload[index] = byteOf(samples[index]!);
      return payload;
    },
  };
}
