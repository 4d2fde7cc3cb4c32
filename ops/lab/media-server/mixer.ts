// Mixes what several legs say: each hears all others. Holds a little of each leg against jitter; computes only, is told when
// 20 ms have passed.

import { buildRtp } from '#src/media';
import {
  clip16,
  type Decoder,
  type Encoder,
  pcmaDecoder,
  pcmaEncoder,
  pcmuDecoder,
  pcmuEncoder,
} from '#src/media/codec';
import type { Random } from '#src/ports';
import type { PayloadFormat } from '#src/sip';

/** Samples of a tick of 20 ms at 8 kHz. */
const tickSamples = 160;
/** What has to be there before a leg is heard, and again after it ran dry. */
const fillSamples = 3 * tickSamples;
/** More than this waits for nobody: the oldest goes. */
const heldSamplesMax = 10 * tickSamples;

interface Voice {
  readonly payloadType: number;
  readonly decoder: Decoder;
  readonly encoder: Encoder;
  readonly ssrc: number;
  sequence: number;
  timestamp: number;
  held: Int16Array;
  phase: 'filling' | 'flowing';
}

/** Mixes for legs named by any value. */
export class Mixer<Leg> {
  readonly #random: Random;
  readonly #voices = new Map<Leg, Voice>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** These legs and no others speak and hear from now on; their codecs are PCMU or PCMA. Who was here keeps its stream. */
  seat(legs: ReadonlyMap<Leg, PayloadFormat>): void {
    for (const leg of this.#voices.keys()) if (!legs.has(leg)) this.#voices.delete(leg);
    for (const [leg, { codec, payloadType }] of legs) {
      if (this.#voices.get(leg)?.payloadType === payloadType) continue;
      const isALaw = codec === 'PCMA';
      this.#voices.set(leg, {
        payloadType,
        decoder: isALaw ? pcmaDecoder() : pcmuDecoder(),
        encoder: isALaw ? pcmaEncoder() : pcmuEncoder(),
        ssrc: this.#random.bytes(4).readUInt32BE(0),
        sequence: this.#random.bytes(2).readUInt16BE(0),
        timestamp: this.#random.bytes(4).readUInt32BE(0),
        held: new Int16Array(0),
        phase: 'filling',
      });
    }
  }

  /** A payload of that leg; of a payload type that is not its audio's it says nothing. */
  hear(leg: Leg, payloadType: number, payload: Uint8Array): void {
    const voice = this.#voices.get(leg);
    if (!voice || payloadType !== voice.payloadType) return;
    const heard = voice.decoder.decode(payload);
    const held = new Int16Array(voice.held.length + heard.length);
    held.set(voice.held);
    held.set(heard, voice.held.length);
    voice.held = held.length > heldSamplesMax ? held.slice(held.length - heldSamplesMax) : held;
    if (voice.held.length >= fillSamples) voice.phase = 'flowing';
  }

  /** The packet that each leg is to hear for the next 20 ms. */
  tick(): Map<Leg, Buffer> {
    const said = new Map([...this.#voices].map(([leg, voice]) => [leg, take(voice)]));
    const sum = new Int32Array(tickSamples);
    for (const samples of said.values()) for (const [index, sample] of samples.entries()) sum[index]! += sample;
    return new Map([...this.#voices].map(([leg, voice]) => [leg, packetOf(voice, sum, said.get(leg)!)]));
  }
}

function take(voice: Voice): Int16Array {
  if (voice.held.length < tickSamples) voice.phase = 'filling';
  if (voice.phase === 'filling') return new Int16Array(tickSamples);
  const taken = voice.held.slice(0, tickSamples);
  voice.held = voice.held.slice(tickSamples);
  return taken;
}

function packetOf(voice: Voice, sum: Int32Array, own: Int16Array): Buffer {
  const { payloadType, sequence, timestamp, ssrc } = voice;
  voice.sequence = (sequence + 1) & 0xffff;
  voice.timestamp = (timestamp + tickSamples) >>> 0;
  const others = Int16Array.from(sum, (sample, index) => clip16(sample - own[index]!));
  return buildRtp({ payloadType, sequence, timestamp, ssrc }, voice.encoder.encode(others));
}
