// What a media server says to a leg by itself: a sound from beginning to end and over again, as packets of 20 ms. Computes only, is told
// when 20 ms have passed.

import { toneSamples } from '#ops/lab/hearing';
import { type Payloads, payloadBytes, payloadsOf } from '#ops/lab/msr-source';
import { buildRtp } from '#src/media';
import type { Random } from '#src/ports';
import type { PayloadFormat } from '#src/sip';

const sampleRateHz = 8_000;

/** Ringing tone as much of Europe has it (ITU-T E.180): a second of 425 Hz, four of silence. */
export const ringTone = { frequencyHz: 425, soundMs: 1_000, silenceMs: 4_000 } as const;
const ringToneLevelDb = -10;

/** What can be played, by the URI of its file: names that the vendor's media servers have, and no files here. */
const sounds: ReadonlyMap<string, () => Int16Array> = new Map([['file://music/ring_back', ringing]]);

export class Player {
  readonly #payloadType: number;
  readonly #payloads: Payloads;
  readonly #ssrc: number;
  #sequence: number;
  #timestamp: number;
  #slot = 0;

  private constructor(format: PayloadFormat, payloads: Payloads, random: Random) {
    this.#payloadType = format.payloadType;
    this.#payloads = payloads;
    this.#ssrc = random.bytes(4).readUInt32BE(0);
    this.#sequence = random.bytes(2).readUInt16BE(0);
    this.#timestamp = random.bytes(4).readUInt32BE(0);
  }

  /** Plays `uri` to who speaks `format`; says why it cannot. */
  static of(uri: string, format: PayloadFormat, random: Random): Player | { readonly refused: string } {
    const sound = sounds.get(uri);
    if (!sound) return { refused: `${uri} is not here; ${[...sounds.keys()].join(', ')} can be played` };
    if (!speakable.has(format.codec)) return { refused: `nothing can be said in ${format.codec}` };
    const payloads = payloadsOf({ kind: 'samples', samples: sound(), sampleRateHz }, format.codec);
    return new Player(format, payloads, random);
  }

  /** The packet of the next 20 ms. */
  tick(): Buffer {
    if (this.#payloads(this.#slot) === undefined) this.#slot = 0;
    const payload = this.#payloads(this.#slot)!;
    const packet = buildRtp(
      { payloadType: this.#payloadType, sequence: this.#sequence, timestamp: this.#timestamp, ssrc: this.#ssrc },
      payload,
    );
    this.#slot += 1;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + payloadBytes) >>> 0;
    return packet;
  }
}

const speakable: ReadonlySet<string> = new Set(['PCMU', 'PCMA', 'G722']);

function ringing(): Int16Array {
  const { frequencyHz, soundMs, silenceMs } = ringTone;
  const samples = new Int16Array(((soundMs + silenceMs) * sampleRateHz) / 1_000);
  samples.set(toneSamples(frequencyHz, soundMs, sampleRateHz, ringToneLevelDb));
  return samples;
}
