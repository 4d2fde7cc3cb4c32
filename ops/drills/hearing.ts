// How much of a tone is missing where it should sound without a break. Judges samples of an exported file and knows nothing
// of packets.

const windowMs = 20;
/** A tone at -6 dB is far above this in every window that holds it; half a window of it is not. */
const levelDbMin = -11;
const fullScale = 32_768;

/** Milliseconds, in windows of 20 ms, in which `frequencyHz` does not sound; the first and the last window may be partial. */
export function toneMissingMs(samples: Int16Array, sampleRateHz: number, frequencyHz: number): number {
  const size = (sampleRateHz * windowMs) / 1000;
  const windows = Math.floor(samples.length / size);
  let missing = 0;
  for (let window = 1; window < windows - 1; window += 1) {
    const at = window * size;
    if (toneLevelDb(samples.subarray(at, at + size), sampleRateHz, frequencyHz) < levelDbMin) missing += 1;
  }
  return missing * windowMs;
}

/** Level of one frequency relative to a sine of full scale (Goertzel's algorithm). */
function toneLevelDb(samples: Int16Array, sampleRateHz: number, frequencyHz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRateHz);
  let [last, beforeLast] = [0, 0];
  for (const sample of samples) [last, beforeLast] = [sample + coefficient * last - beforeLast, last];
  const power = last ** 2 + beforeLast ** 2 - coefficient * last * beforeLast;
  return 20 * Math.log10((2 * Math.sqrt(Math.max(power, 1e-9))) / samples.length / fullScale);
}
