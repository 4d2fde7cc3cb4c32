// What can be heard in an exported recording: which tone on which channel, from when to when. Judges samples only; knows
// nothing of packets and manifests.

import { readWav } from '#src/media';
import { toneLevelDb } from '../harness/tone.ts';

/** One channel of a recording. */
export interface Channel {
  readonly sampleRateHz: number;
  /** Where the first and the last loud sample are. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Level of a tone between two moments (default: all that is loud), relative to a full-scale sine. */
  levelDb(frequencyHz: number, fromMs?: number, toMs?: number): number;
  /** The loudest sample between two moments, as a part of full scale. */
  peak(fromMs: number, toMs: number): number;
}

/** A WAV file with two parties in it. */
export interface Heard {
  readonly lengthMs: number;
  readonly left: Channel;
  readonly right: Channel;
}

/** Listens to a WAV file. Throws unless it is stereo. */
export function hear(wav: Buffer): Heard {
  const { samples, sampleRateHz, frames } = readWav(wav);
  if (samples.length !== 2) throw new Error(`${samples.length} channels, 2 were expected`);
  const [left, right] = samples as [Int16Array, Int16Array];
  return {
    lengthMs: (frames * 1000) / sampleRateHz,
    left: channelOf(left, sampleRateHz),
    right: channelOf(right, sampleRateHz),
  };
}

const fullScale = 32_768;
/** A tone at -6 dB is above this within its first few samples. */
const loud = fullScale / 10;

function channelOf(samples: Int16Array, sampleRateHz: number): Channel {
  const isLoud = (sample: number) => Math.abs(sample) > loud;
  const msOf = (index: number) => (index * 1000) / sampleRateHz;
  const between = (fromMs: number, toMs: number) =>
    samples.subarray(Math.round((fromMs * sampleRateHz) / 1000), Math.round((toMs * sampleRateHz) / 1000));
  const fromMs = msOf(Math.max(0, samples.findIndex(isLoud)));
  const toMs = msOf(samples.findLastIndex(isLoud) + 1);
  return {
    sampleRateHz,
    fromMs,
    toMs,
    levelDb: (frequencyHz, from = fromMs, to = toMs) => toneLevelDb(between(from, to), sampleRateHz, frequencyHz),
    peak: (from, to) => between(from, to).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) / fullScale,
  };
}
