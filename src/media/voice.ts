// The sound of one stream: its packets in the order of their place, decoded, as blocks of samples. Reads the packets once
// more, in the order in which the timeline was built from them, and holds only what reordering needs.

import {
  ComfortNoise,
  type Decoder,
  type DecoderRegistry,
  decoderFor,
  durationTicksOf,
  isUndecodable,
  kindOf,
  type StreamDecoder,
} from '#src/media/codec';
import { formatOf, misorderPacketsMax, type PayloadFormat, type PayloadMap, parseRtp } from '#src/media/rtp';
import type { ArrivedPacket, Timeline } from '#src/media/timeline';

/** One stream to be heard. `packets` are the very ones the timeline was built from, in the same order. */
export interface VoiceSource {
  readonly timeline: Timeline;
  readonly packets: Iterable<ArrivedPacket> | AsyncIterable<readonly ArrivedPacket[]>;
  readonly payloads?: PayloadMap;
}

/** Samples from `startMs` of the stream's axis on. Blocks come in order and do not overlap within a run. */
export interface Block {
  readonly startMs: number;
  readonly sampleRateHz: 8000 | 16000;
  readonly samples: Int16Array;
}

// To wait for a promise costs as much as to decode a packet: packets and blocks go from hand to hand some at a time.
const togetherMax = 64;

/** Decodes the stream, some blocks at a time. What is undecodable here, lost, paused or no audio gives no block: silence. */
export async function* blocksOf(source: VoiceSource, registry: DecoderRegistry): AsyncGenerator<readonly Block[]> {
  const runs = new Map<number, RunVoice>();
  let noise: { readonly fromMs: number; readonly voice: RunVoice } | undefined;
  try {
    for await (const packets of inPlaceOrder(source)) {
      let blocks: Block[] = [];
      let spoken: Spoken | undefined;
      const decode = () => {
        if (spoken) blocks.push(spoken.voice.decode(spoken));
        spoken = undefined;
      };
      for (const packet of packets) {
        const voice = runs.get(packet.run) ?? new RunVoice(source, packet.run, registry);
        runs.set(packet.run, voice);
        if (noise) {
          const endMs = silenceEndMs(source.timeline, noise.fromMs, packet.startMs);
          blocks.push(...noise.voice.noiseUntil(noise.fromMs, endMs));
          // A minute of it is much.
          yield blocks;
          blocks = [];
        }
        noise = undefined;
        const heard = voice.heardIn(packet);
        if (spoken && heard?.what === 'spoken' && goesOn(spoken, heard)) {
          spoken.payloads.push(...heard.payloads);
          spoken.endMs = heard.endMs;
          continue;
        }
        decode();
        if (heard?.what === 'spoken') spoken = heard;
        if (heard?.what === 'streamed') blocks.push(await heard.block);
        if (heard?.what === 'comfort-noise') noise = { fromMs: packet.startMs, voice };
      }
      decode();
      yield blocks;
    }
  } finally {
    for (const voice of runs.values()) await voice.close();
  }
}

/** The packets of a voice, one by one. */
export async function* eachPacketOf({ packets }: VoiceSource): AsyncGenerator<ArrivedPacket> {
  for await (const some of Symbol.asyncIterator in packets ? packets : [packets]) yield* some;
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

async function* inPlaceOrder({ timeline, packets }: VoiceSource): AsyncGenerator<readonly Placed[]> {
  const held: Placed[] = [];
  let ordinal = 0;
  for await (const some of Symbol.asyncIterator in packets ? packets : [packets]) {
    for (const { bytes } of some) {
      const startMs = timeline.startMs[ordinal] ?? Number.NaN;
      const run = timeline.runOf[ordinal] ?? -1;
      ordinal++;
      if (Number.isNaN(startMs)) continue;
      let at = held.length;
      while (at > 0 && held[at - 1]!.startMs > startMs) at--;
      held.splice(at, 0, { startMs, run, bytes });
      if (held.length >= heldPacketsMax + togetherMax) yield held.splice(0, togetherMax);
    }
  }
  yield held;
}

/** Payloads of one decoder that follow one another without a hole: they are decoded as one, as a packet costs more than its samples. */
interface Spoken {
  readonly what: 'spoken';
  readonly voice: RunVoice;
  readonly decoder: Decoder;
  readonly startMs: number;
  endMs: number;
  readonly payloads: Buffer[];
}

type Heard =
  | Spoken
  | { readonly what: 'streamed'; readonly block: Promise<Block> }
  | { readonly what: 'comfort-noise' }
  | undefined;

function goesOn(before: Spoken, next: Spoken): boolean {
  return before.decoder === next.decoder && before.endMs === next.startMs;
}

/** Decoders and noise of one run; state does not cross into another. */
class RunVoice {
  readonly #source: VoiceSource;
  readonly #run: number;
  readonly #registry: DecoderRegistry;
  readonly #decoders = new Map<string, Decoder | StreamedSamples | undefined>();
  readonly #noise = new ComfortNoise();
  #endMs = 0;

  constructor(source: VoiceSource, run: number, registry: DecoderRegistry) {
    this.#source = source;
    this.#run = run;
    this.#registry = registry;
  }

  heardIn({ startMs, bytes }: Placed): Heard {
    const packet = parseRtp(bytes);
    if (typeof packet === 'string') return undefined;
    const { payloadType, payload } = packet;
    const format = formatOf(payloadType, this.#source.payloads);
    const kind = kindOf(format);
    if (kind === 'comfort-noise') {
      this.#noise.update(payload);
      return { what: 'comfort-noise' };
    }
    if (!format || kind !== 'audio') return undefined;
    if (!this.#decoders.has(format.codec)) this.#decoders.set(format.codec, this.#decoderOf(format));
    const decoder = this.#decoders.get(format.codec);
    if (!decoder) return undefined;
    const ms = (durationTicksOf(format, payload) * 1000) / format.clockRateHz;
    if ('decode' in decoder) {
      return { what: 'spoken', voice: this, decoder, startMs, endMs: startMs + ms, payloads: [payload] };
    }
    const { sampleRateHz } = decoder;
    const samples = decoder.next((ms * sampleRateHz) / 1000);
    return { what: 'streamed', block: samples.then((ready) => this.#block(startMs, sampleRateHz, ready)) };
  }

  decode({ decoder, startMs, payloads }: Spoken): Block {
    const payload = payloads.length === 1 ? payloads[0]! : Buffer.concat(payloads);
    return this.#block(startMs, decoder.sampleRateHz, decoder.decode(payload));
  }

  async close(): Promise<void> {
    for (const decoder of this.#decoders.values()) if (decoder instanceof StreamedSamples) await decoder.close();
  }

  #decoderOf(format: PayloadFormat): Decoder | StreamedSamples | undefined {
    const choice = decoderFor(format, this.#registry);
    if (isUndecodable(choice)) return undefined;
    return 'decode' in choice ? choice : new StreamedSamples(choice, payloadsOf(this.#source, this.#run, format.codec));
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

/** Payloads of one codec in one run, in the order of their place: what a decoder that works by itself reads ahead. */
async function* payloadsOf(source: VoiceSource, run: number, codec: string): AsyncGenerator<Uint8Array> {
  for await (const some of inPlaceOrder(source)) {
    for (const placed of some) {
      const packet = placed.run === run ? parseRtp(placed.bytes) : 'of another run';
      if (typeof packet === 'string' || formatOf(packet.payloadType, source.payloads)?.codec !== codec) continue;
      // A copy: the decoder is ahead of whoever reads the packets.
      yield Uint8Array.from(packet.payload);
    }
  }
}

/** Samples of a decoder that works by itself, taken packet by packet. */
class StreamedSamples {
  readonly sampleRateHz: 8000 | 16000;
  readonly #pieces: AsyncGenerator<Int16Array>;
  #left: Int16Array = new Int16Array();

  constructor(decoder: StreamDecoder, payloads: AsyncIterable<Uint8Array>) {
    this.sampleRateHz = decoder.sampleRateHz;
    this.#pieces = decoder.decodeAll(payloads);
  }

  /** The next `count`; fewer when there are no more. */
  async next(count: number): Promise<Int16Array> {
    const samples = new Int16Array(count);
    let filled = 0;
    while (filled < count) {
      if (this.#left.length === 0) {
        const { done, value } = await this.#pieces.next();
        if (done) break;
        this.#left = value;
      }
      const part = this.#left.subarray(0, count - filled);
      samples.set(part, filled);
      filled += part.length;
      this.#left = this.#left.subarray(part.length);
    }
    return samples.subarray(0, filled);
  }

  async close(): Promise<void> {
    await this.#pieces.return(undefined);
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
