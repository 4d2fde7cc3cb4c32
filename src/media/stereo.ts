// Two parties become one stereo recording: the first left, the second right, on one axis; silence where nothing was sent,
// nothing came, or the recording was paused. Works in pieces of some seconds: memory does not grow with the call.

import { builtInDecoders, clip16, type DecoderRegistry, decoderFor, isUndecodable } from '#src/media/codec';
import { formatOf } from '#src/media/rtp';
import { align } from '#src/media/timeline';
import { upsample, upsampleMargin } from './upsample.ts';
import { type Block, blocksOf, type VoiceSource } from './voice.ts';
import { wavHeader } from './wav.ts';

/** The streams of one party: usually one, more when the recording has several segments. */
export interface Party {
  readonly streams: readonly VoiceSource[];
}

/** What will be rendered, known before a packet is decoded. */
export interface StereoPlan {
  /** 8000 when all that can be heard is narrow band, else 16000. */
  readonly sampleRateHz: 8000 | 16000;
  /** Samples of each channel. */
  readonly frames: number;
  readonly lengthMs: number;
  /** Wall clock at the first sample, NaN without packets. */
  readonly originMs: number;
  /** Where each stream begins, party by party. */
  readonly offsetsMs: readonly (readonly number[])[];
  /** Codecs present that cannot be decoded here: silence in the audio, kept in the packets. */
  readonly undecodable: readonly string[];
}

/** What goes from hand to hand at a time: a piece costs some wake-ups, of this process and of an encoder. */
const pieceSeconds = 4;

/** Looks at the timelines only. */
export function planStereo(left: Party, right: Party, registry: DecoderRegistry = builtInDecoders): StereoPlan {
  const streams = [...left.streams, ...right.streams];
  const { offsetsMs, lengthMs, originMs } = align(streams.map(({ timeline }) => timeline));
  const undecodable = new Set<string>();
  let sampleRateHz: 8000 | 16000 = 8000;
  for (const { timeline, payloads } of streams) {
    for (const payloadType of new Set(timeline.spans.map((span) => span.payloadType))) {
      const choice = decoderFor(formatOf(payloadType, payloads)!, registry);
      if (isUndecodable(choice)) undecodable.add(choice.undecodable);
      else if (choice.sampleRateHz === 16000) sampleRateHz = 16000;
    }
  }
  const split = left.streams.length;
  return {
    sampleRateHz,
    frames: Math.round((lengthMs * sampleRateHz) / 1000),
    lengthMs,
    originMs,
    offsetsMs: [offsetsMs.slice(0, split), offsetsMs.slice(split)],
    undecodable: [...undecodable],
  };
}

/** The whole WAV file in pieces: a header that is right from the start, then some seconds of audio at a time. */
export async function* renderWav(left: Party, right: Party, registry = builtInDecoders): AsyncGenerator<Buffer> {
  const plan = planStereo(left, right, registry);
  yield wavHeader({ sampleRateHz: plan.sampleRateHz, channels: 2, frames: plan.frames });
  for await (const samples of renderStereo(left, right, plan, registry)) {
    yield Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  }
}

/** The samples, left and right in turn, {@link pieceSeconds} at a time. */
export async function* renderStereo(
  left: Party,
  right: Party,
  plan: StereoPlan,
  registry: DecoderRegistry = builtInDecoders,
): AsyncGenerator<Int16Array> {
  const lanes = [left, right].map((party, side) => new Lane(party, plan.offsetsMs[side]!, plan.sampleRateHz, registry));
  try {
    const pieceFrames = pieceSeconds * plan.sampleRateHz;
    for (let from = 0; from < plan.frames; from += pieceFrames) {
      const count = Math.min(pieceFrames, plan.frames - from);
      const [leftSamples, rightSamples] = [await lanes[0]!.read(from, count), await lanes[1]!.read(from, count)];
      const samples = new Int16Array(2 * count);
      for (let index = 0; index < count; index++) {
        samples[2 * index] = leftSamples[index]!;
        samples[2 * index + 1] = rightSamples[index]!;
      }
      yield samples;
    }
  } finally {
    for (const lane of lanes) await lane.close();
  }
}

interface Queue {
  readonly blocks: AsyncGenerator<readonly Block[]>;
  readonly offsetMs: number;
  /** Of those that came together, the ones from `at` on are not laid yet. */
  waiting: readonly Block[] | undefined;
  at: number;
}

interface Laid {
  readonly from: number;
  readonly samples: Int16Array;
}

/** One channel: blocks of several streams laid side by side, narrow band brought up to the rate of the recording. */
class Lane {
  readonly #rateHz: 8000 | 16000;
  readonly #queues: Queue[];
  #narrow: Laid[] = [];
  #wide: Laid[] = [];

  constructor(party: Party, offsetsMs: readonly number[], rateHz: 8000 | 16000, registry: DecoderRegistry) {
    this.#rateHz = rateHz;
    this.#queues = party.streams.map((stream, index) => ({
      blocks: blocksOf(stream, registry),
      offsetMs: offsetsMs[index]!,
      waiting: [],
      at: 0,
    }));
  }

  /** `count` samples from `from` on; windows must follow one another. */
  async read(from: number, count: number): Promise<Int16Array> {
    const scale = this.#rateHz / 8000;
    await this.#fetch(((from + count) / this.#rateHz) * 1000 + upsampleMargin);
    const margin = scale === 2 ? upsampleMargin : 0;
    const narrowFrom = Math.floor(from / scale) - margin;
    const narrow = window(this.#narrow, narrowFrom, Math.ceil(count / scale) + 2 * margin);
    this.#narrow = this.#narrow.filter(
      (laid) => laid.from + laid.samples.length > from / scale + count / scale - 2 * margin,
    );
    if (scale === 1) return narrow;
    const wide = window(this.#wide, from, count);
    this.#wide = this.#wide.filter((laid) => laid.from + laid.samples.length > from + count);
    const raised = upsample(narrow);
    for (let index = 0; index < count; index++) wide[index] = clip16(wide[index]! + raised[index]!);
    return wide;
  }

  async close(): Promise<void> {
    for (const { blocks } of this.#queues) await blocks.return(undefined);
  }

  async #fetch(untilMs: number): Promise<void> {
    for (const queue of this.#queues) {
      while (queue.waiting) {
        const block = queue.waiting[queue.at];
        if (!block) {
          queue.waiting = (await queue.blocks.next()).value ?? undefined;
          queue.at = 0;
          continue;
        }
        if (block.startMs + queue.offsetMs >= untilMs) break;
        const from = Math.round(((block.startMs + queue.offsetMs) * block.sampleRateHz) / 1000);
        (block.sampleRateHz === 8000 ? this.#narrow : this.#wide).push({ from, samples: block.samples });
        queue.at += 1;
      }
    }
  }
}

/** The samples of `laid` that fall between `from` and `from + count`, summed. */
function window(laid: readonly Laid[], from: number, count: number): Int16Array {
  const samples = new Int16Array(count);
  /** Behind it there is nothing yet to be added to. */
  let laidUntil = from;
  for (const { from: start, samples: source } of laid) {
    const first = Math.max(from, start);
    const last = Math.min(from + count, start + source.length);
    if (first >= last) continue;
    const alone = Math.min(Math.max(first, laidUntil), last);
    for (let at = first; at < alone; at++) samples[at - from] = clip16(samples[at - from]! + source[at - start]!);
    samples.set(source.subarray(alone - start, last - start), alone - from);
    laidUntil = Math.max(laidUntil, last);
  }
  return samples;
}
