// Whose voice is in a channel: of the tones that are said in a scenario, those that sound for a while. Judges samples only.

import { toneLevelDb } from '#ops/lab/hearing';

const windowMs = 100;
/** Tones are said at -6 dB; where one begins or ends, its neighbours seem to sound for one window, and far below this. */
const levelDbMin = -20;
const windowsMin = 2;

/** The voices that sound for two tenths of a second at least, in the order of `voices` (name to Hz). */
export function voicesIn(samples: Int16Array, sampleRateHz: number, voices: ReadonlyMap<string, number>): string[] {
  const size = Math.round((sampleRateHz * windowMs) / 1000);
  const windows = Array.from({ length: Math.floor(samples.length / size) }, (_, index) =>
    samples.subarray(index * size, (index + 1) * size),
  );
  const sounds = (hz: number) =>
    windows.filter((window) => toneLevelDb(window, sampleRateHz, hz) > levelDbMin).length >= windowsMin;
  return [...voices].filter(([, hz]) => sounds(hz)).map(([voice]) => voice);
}
