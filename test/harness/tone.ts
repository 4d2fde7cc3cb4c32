// The judge of tones, for tests: the lab's phones judge what they hear by the same one.

export { dominantFrequencyHz, toneLevelDb, toneSamples } from '#ops/lab/hearing';
