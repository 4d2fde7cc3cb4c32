// What a phone hears: every packet, for the ledger of who sent it, and the sound of the last seconds. Bounded; judges tones,
// not quality.

import { dominantFrequencyHz, toneLevelDb } from '#ops/lab/hearing';
import type { ReceivedPacket } from '#ops/lab/msr-source';
import { parseRtp } from '#src/media';
import { type Decoder, g722Decoder, pcmaDecoder, pcmuDecoder } from '#src/media/codec';

/** Half an hour. */
const packetsMax = 90_000;
const soundPacketsMax = 500;

/** By payload type: those of RFC 3551, which the lab's phones speak. */
const decoders: ReadonlyMap<number, () => Decoder> = new Map([
  [0, pcmuDecoder],
  [8, pcmaDecoder],
  [9, g722Decoder],
]);

export class Heard {
  /** In the order they came, the first half hour of them. */
  readonly packets: ReceivedPacket[] = [];
  /** What was no RTP. */
  strangers = 0;
  readonly #decoders = new Map<number, Decoder>();
  #sound: { readonly samples: Int16Array; readonly sampleRateHz: number }[] = [];

  hear(datagram: Buffer): void {
    const packet = parseRtp(datagram);
    if (typeof packet === 'string') {
      this.strangers += 1;
      return;
    }
    if (this.packets.length < packetsMax) this.packets.push(packet);
    const decoder = this.#decoderOf(packet.payloadType);
    if (!decoder) return;
    const { sampleRateHz } = decoder;
    this.#sound.push({ samples: decoder.decode(packet.payload), sampleRateHz });
    if (this.#sound.length > soundPacketsMax) this.#sound.shift();
  }

  /** Forgets the sound, not the packets: what is judged from now on comes from now on. */
  listenAnew(): void {
    this.#sound = [];
  }

  /** How much sound there is to judge, at most ten seconds of packets of 20 ms. */
  get soundMs(): number {
    return this.#sound.reduce((ms, { samples, sampleRateHz }) => ms + (samples.length * 1000) / sampleRateHz, 0);
  }

  /** Level of a frequency in the last `lastMs`, dB relative to full scale; -120 is silence. */
  toneLevelDb(frequencyHz: number, lastMs = 500): number {
    const { samples, sampleRateHz } = this.#last(lastMs);
    return toneLevelDb(samples, sampleRateHz, frequencyHz);
  }

  /** The strongest frequency in the last `lastMs`, to within 5 Hz. */
  frequencyHz(lastMs = 500): number {
    const { samples, sampleRateHz } = this.#last(lastMs);
    return dominantFrequencyHz(samples, sampleRateHz);
  }

  /** Of one sample rate: that of the latest packet. */
  #last(lastMs: number): { samples: Int16Array; sampleRateHz: number } {
    const sampleRateHz = this.#sound.at(-1)?.sampleRateHz ?? 8_000;
    const pieces = this.#sound.filter((one) => one.sampleRateHz === sampleRateHz).map(({ samples }) => samples);
    const all = new Int16Array(pieces.reduce((length, { length: more }) => length + more, 0));
    let at = 0;
    for (const piece of pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return {
      samples: all.subarray(Math.max(0, all.length - Math.round((lastMs * sampleRateHz) / 1000))),
      sampleRateHz,
    };
  }

  #decoderOf(payloadType: number): Decoder | undefined {
    const known = this.#decoders.get(payloadType) ?? decoders.get(payloadType)?.();
    if (known) this.#decoders.set(payloadType, known);
    return known;
  }
}
