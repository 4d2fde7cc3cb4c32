// Doubles the sample rate, 8 to 16 kHz: a half-band filter, so that every second sample is the old one untouched.

import { clip16 } from '#src/media/codec';

/** Samples the filter looks at on each side: the caller gives that many more at both ends. */
export const upsampleMargin = 16;

/**
 * Doubles `samples`, whose first and last {@link upsampleMargin} are context only: of n samples come 2 × (n − 32).
 */
export function upsample(samples: Int16Array): Int16Array {
  const count = Math.max(0, samples.length - 2 * upsampleMargin);
  const doubled = new Int16Array(2 * count);
  for (let index = 0; index < count; index++) {
    const at = index + upsampleMargin;
    let between = 0;
    for (let tap = 0; tap < upsampleMargin; tap++)
      between += taps[tap]! * (samples[at - tap]! + samples[at + 1 + tap]!);
    doubled[2 * index] = samples[at]!;
    doubled[2 * index + 1] = clip16(Math.round(between));
  }
  return doubled;
}

// A sinc at the half-way points under a Hann window, scaled to unit gain at 0 Hz.
const taps = ((): Float64Array => {
  const raw = Float64Array.from({ length: upsampleMargin }, (_, tap) => {
    const x = tap + 0.5;
    return (Math.sin(Math.PI * x) / (Math.PI * x)) * Math.cos((Math.PI * x) / (2 * upsampleMargin)) ** 2;
  });
  const gain = 2 * raw.reduce((sum, tap) => sum + tap, 0);
  return raw.map((tap) => tap / gain);
})();
