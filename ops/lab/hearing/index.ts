export { dominantFrequencyHz, toneLevelDb, toneSamples } from './tone.ts';
