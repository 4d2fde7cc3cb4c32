// What a party says, as payloads of 20 ms: from samples, from a tone, or as counters that name each packet. Everything is
// encoded before the call, so that sending costs nothing but the sending.

import { type Encoder, g722Encoder, pcmaEncoder, pcmuEncoder } from '#src/media/codec';

/** What a party says. */
export type Audio =
  /** Samples, once; the last packet is filled up with silence. */
  | { readonly kind: 'samples'; readonly samples: Int16Array; readonly sampleRateHz: number }
  /** A sine for `durationMs`, or until the call ends. `levelDb` relative to full scale, default -6. */
  | { readonly kind: 'tone'; readonly frequencyHz: number; readonly levelDb?: number; readonly durationMs?: number }
  /**
   * No sound: each payload begins with its slot as 64 bits, big-endian, and `tag` as 32 bits, by which it is told from those of
   * all other streams. For `packets` packets, or until the call ends.
   */
  | { readonly kind: 'counters'; readonly packets?: number; readonly tag?: number };

/** The codecs a party can speak; their payload types are those of RFC 3551. */
export type SpokenCodec = 'PCMU' | 'PCMA' | 'G722';

/** The payload of each slot; undefined when there is nothing more to say. */
export type Payloads = (slot: number) => Uint8Array | undefined;

/** A packet's worth of G.711 or G.722: 160 bytes, 160 units of the timestamp (RFC 3551 §4.5.2 for G.722). */
export const payloadBytes = 160;
export const slotMs = 20;

const encoders: Readonly<Record<SpokenCodec, () => Encoder>> = {
  PCMU: pcmuEncoder,
  PCMA: pcmaEncoder,
  G722: g722Encoder,
};

/** Encodes what a party says. Counters are the same in any codec; sound needs one of {@link SpokenCodec}. */
export function payloadsOf(audio: Audio, codec: string): Payloads {
  if (audio.kind === 'counters') return counters(audio.packets ?? Number.POSITIVE_INFINITY, audio.tag);
  if (!Object.hasOwn(encoders, codec)) throw new Error(`${audio.kind} cannot be sent as ${codec}; counters can`);
  const encoder = encoders[codec as SpokenCodec]();
  if (audio.kind === 'samples') {
    return pieces(
      encoder.encode(wholePackets(atRate(audio.samples, audio.sampleRateHz, encoder.sampleRateHz), encoder)),
    );
  }
  const { frequencyHz, levelDb = -6, durationMs } = audio;
  // A whole second of a whole number of cycles repeats without a seam.
  const spoken = encoder.encode(sine(frequencyHz, durationMs ?? 1_000, encoder.sampleRateHz, levelDb));
  const repeated = pieces(spoken);
  const slots = Math.ceil(spoken.length / payloadBytes);
  return durationMs === undefined ? (slot) => repeated(slot % slots) : repeated;
}

function counters(packets: number, tag: number | undefined): Payloads {
  return (slot) => {
    if (slot >= packets) return undefined;
    const payload = Buffer.alloc(payloadBytes, 0xff);
    payload.writeBigUInt64BE(BigInt(slot), 0);
    if (tag !== undefined) payload.writeUInt32BE(tag, 8);
    return payload;
  };
}

function pieces(encoded: Buffer): Payloads {
  return (slot) => {
    const start = slot * payloadBytes;
    return start < encoded.length ? encoded.subarray(start, start + payloadBytes) : undefined;
  };
}

function wholePackets(samples: Int16Array, encoder: Encoder): Int16Array {
  const perPacket = (encoder.sampleRateHz * slotMs) / 1000;
  const filled = new Int16Array(Math.ceil(samples.length / perPacket) * perPacket);
  filled.set(samples);
  return filled;
}

/** By linear interpolation: enough to tell tones and voices apart, and nothing better is needed here. */
function atRate(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (fromHz === toHz) return samples;
  return Int16Array.from({ length: Math.floor((samples.length * toHz) / fromHz) }, (_, index) => {
    const at = (index * fromHz) / toHz;
    const [before, after] = [samples[Math.floor(at)] ?? 0, samples[Math.ceil(at)] ?? 0];
    return Math.round(before + (after - before) * (at - Math.floor(at)));
  });
}

function sine(frequencyHz: number, durationMs: number, sampleRateHz: number, levelDb: number): Int16Array {
  const amplitude = 32_767 * 10 ** (levelDb / 20);
  const step = (2 * Math.PI * frequencyHz) / sampleRateHz;
  const slots = Math.ceil(durationMs / slotMs);
  const samples = new Int16Array((slots * slotMs * sampleRateHz) / 1000);
  // Calls are prepared while others are sending already: a tone of whole cycles is computed for one second only.
  const computed = Number.isInteger(frequencyHz) ? Math.min(samples.length, sampleRateHz) : samples.length;
  for (let index = 0; index < computed; index += 1) samples[index] = Math.round(amplitude * Math.sin(index * step));
  for (let done = computed; done < samples.length; done *= 2) samples.copyWithin(done, 0, done);
  return samples;
}
