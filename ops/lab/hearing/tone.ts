// What a stretch of PCM sounds like: the level of one frequency, and the frequency that dominates (Goertzel's algorithm,
// Hann window so that a neighbouring tone does not leak in). Judges recordings independently of the codecs under test.

const fullScale = 32_768;
const silenceDb = -120;

/** Level of `frequencyHz` in dB relative to a full-scale sine (0 dB); not below -120 dB, which is also what silence gives. */
export function toneLevelDb(samples: Int16Array, sampleRateHz: number, frequencyHz: number): number {
  if (samples.length < 2) return silenceDb;
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRateHz);
  let previous = 0;
  let beforePrevious = 0;
  for (let index = 0; index < samples.length; index += 1) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / (samples.length - 1));
    const next = samples[index]! * window + coefficient * previous - beforePrevious;
    beforePrevious = previous;
    previous = next;
  }
  const power = previous ** 2 + beforePrevious ** 2 - coefficient * previous * beforePrevious;
  // The window halves the amplitude, the sum over N samples of a sine is N/2 times it.
  const amplitude = (4 * Math.sqrt(Math.max(0, power))) / samples.length;
  return Math.max(silenceDb, 20 * Math.log10(amplitude / fullScale || 1e-6));
}

/** The strongest frequency between `fromHz` and `toHz` (default 100 to 3,900) to within `stepHz` (default 5). */
export function dominantFrequencyHz(
  samples: Int16Array,
  sampleRateHz: number,
  { fromHz = 100, toHz = 3_900, stepHz = 5 }: { fromHz?: number; toHz?: number; stepHz?: number } = {},
): number {
  let best = { frequencyHz: fromHz, levelDb: Number.NEGATIVE_INFINITY };
  for (let frequencyHz = fromHz; frequencyHz <= toHz; frequencyHz += stepHz) {
    const levelDb = toneLevelDb(samples, sampleRateHz, frequencyHz);
    if (levelDb > best.levelDb) best = { frequencyHz, levelDb };
  }
  return best.frequencyHz;
}

/** A sine of `durationMs`, at `levelDb` relative to full scale (default -6), as 16-bit PCM. */
export function toneSamples(frequencyHz: number, durationMs: number, sampleRateHz = 8_000, levelDb = -6): Int16Array {
  const amplitude = (fullScale - 1) * 10 ** (levelDb / 20);
  const samples = new Int16Array(Math.round((durationMs * sampleRateHz) / 1000));
  for (let index = 0; index < samples.length; index += 1) {
    samples[index] = Math.round(amplitude * Math.sin((2 * Math.PI * frequencyHz * index) / sampleRateHz));
  }
  return samples;
}
