// The sound of one stream: its packets in the order of their place, decoded, as blocks of samples. Reads the packets once
// more, in the order in which the timeline was built from them, and holds only what reordering needs.

import { ComfortNoise, type Decoder, type DecoderRegistry, decoderFor, isUndecodable, kindOf } from '#src/media/codec';
import { formatOf, misorderPacketsMax, type PayloadMap, parseRtp } from '#src/media/rtp';
import type { ArrivedPacket, Timeline } from '#src/media/timeline';

/** One stream to be heard. `packets` are the very ones the timeline was built from, in the same order. */
export interface VoiceSource {
  readonly timeline: Timeline;
  readonly packets: Iterable<ArrivedPacket> | AsyncIterable<ArrivedPacket>;
  readonly payloads?: PayloadMap;
}

/** Samples from `startMs` of the stream's axis on. Blocks come in order and do not overlap within a run. */
export interface Block {
  readonly startMs: number;
  readonly sampleRateHz: 8000 | 16000;
  readonly samples: Int16Array;
}

/** Decodes the stream block by block. What is undecodable here, lost, paused or no audio gives no block: silence. */
export async function* blocksOf(source: VoiceSource, registry: DecoderRegistry): AsyncGenerator<Block> {
  const runs = new Map<number, RunVoice>();
  let noise: { readonly at: Placed; readonly voice: RunVoice } | undefined;
  for await (const packet of inPlaceOrder(source)) {
    const voice = runs.get(packet.run) ?? new RunVoice(source.payloads, registry);
    runs.set(packet.run, voice);
    if (noise)
      yield* noise.voice.noiseUntil(noise.at.startMs, silenceEndMs(source.timeline, noise.at.startMs, packet.startMs));
    noise = undefined;
    const block = voice.decode(packet);
    if (block === 'comfort-noise') noise = { at: packet, voice };
    else if (block) yield block;
  }
}

interface Placed {
  readonly startMs: number;
  readonly run: number;
  readonly bytes: Buffer;
}

// Late packets come at most this many packets after their place; numberings that overlap may double it.
const heldPacketsMax = 2 * misorderPacketsMax + 2;
// Comfort noise is not made for longer than a sender may be silent.
const noiseMsMax = 60_000;

async function* inPlaceOrder({ timeline, packets }: VoiceSource): AsyncGenerator<Placed> {
  const held: Placed[] = [];
  let ordinal = 0;
  for await (const { bytes } of packets) {
    const startMs = timeline.startMs[ordinal] ?? Number.NaN;
    const run = timeline.runOf[ordinal] ?? -1;
    ordinal++;
    if (Number.isNaN(startMs)) continue;
    let at = held.length;
    while (at > 0 && held[at - 1]!.startMs > startMs) at--;
    held.splice(at, 0, { startMs, run, bytes });
    if (held.length > heldPacketsMax) yield held.shift()!;
  }
  yield* held;
}

/** Decoders and noise of one run; state does not cross into another. */
class RunVoice {
  readonly #payloads: PayloadMap | undefined;
  readonly #registry: DecoderRegistry;
  readonly #decoders = new Map<string, Decoder | undefined>();
  readonly #noise = new ComfortNoise();
  #endMs = 0;

  constructor(payloads: PayloadMap | undefined, registry: DecoderRegistry) {
    this.#payloads = payloads;
    this.#registry = registry;
  }

  decode({ startMs, bytes }: Placed): Block | 'comfort-noise' | undefined {
    const packet = parseRtp(bytes);
    if (typeof packet === 'string') return undefined;
    const format = formatOf(packet.payloadType, this.#payloads);
    const kind = kindOf(format);
    if (kind === 'comfort-noise') {
      this.#noise.update(packet.payload);
      return 'comfort-noise';
    }
    if (!format || kind !== 'audio') return undefined;
    if (!this.#decoders.has(format.codec)) {
      const choice = decoderFor(format, this.#registry);
      this.#decoders.set(format.codec, isUndecodable(choice) ? undefined : choice);
    }
    const decoder = this.#decoders.get(format.codec);
    return decoder && this.#block(startMs, decoder.sampleRateHz, decoder.decode(packet.payload));
  }

  *noiseUntil(startMs: number, endMs: number): Generator<Block> {
    const count = Math.round((endMs - startMs) * 8);
    if (count > 0) yield this.#block(startMs, 8000, this.#noise.samples(count));
  }

  // What overlaps the packet before, a repeated timestamp for instance, must not sound twice.
  #block(startMs: number, sampleRateHz: 8000 | 16000, samples: Int16Array): Block {
    const skip = Math.max(0, Math.round(((this.#endMs - startMs) * sampleRateHz) / 1000));
    const endMs = startMs + (samples.length * 1000) / sampleRateHz;
    const from = skip === 0 ? startMs : this.#endMs;
    this.#endMs = Math.max(this.#endMs, endMs);
    return { startMs: from, sampleRateHz, samples: skip === 0 ? samples : samples.subarray(skip) };
  }
}

/** Where noise that begins at `fromMs` ends: at the next packet, unless something is missing before. */
function silenceEndMs({ gaps, pauses }: Timeline, fromMs: number, nextMs: number): number {
  let endMs = Math.min(nextMs, fromMs + noiseMsMax);
  for (const interval of [...gaps, ...pauses]) {
    if (interval.toMs > fromMs && interval.fromMs < endMs) endMs = Math.max(fromMs, interval.fromMs);
  }
  return endMs;
}
