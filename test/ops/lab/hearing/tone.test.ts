import { describe, expect, it } from 'vitest';
import { dominantFrequencyHz, toneLevelDb, toneSamples } from '#ops/lab/hearing';

describe('tone', () => {
  it('gives the level of a tone that is there, at 8 and 16 kHz', () => {
    expect(toneLevelDb(toneSamples(440, 1000), 8_000, 440)).toBeCloseTo(-6, 1);
    expect(toneLevelDb(toneSamples(2_345, 1000, 16_000, -20), 16_000, 2_345)).toBeCloseTo(-20, 1);
  });

  it('gives at least 60 dB less for a tone that is not there', () => {
    expect(toneLevelDb(toneSamples(440, 1000), 8_000, 1_000)).toBeLessThan(-66);
  });

  it('gives -120 dB for silence and for nothing', () => {
    expect(toneLevelDb(new Int16Array(8_000), 8_000, 440)).toBe(-120);
    expect(toneLevelDb(new Int16Array(0), 8_000, 440)).toBe(-120);
  });

  it('finds the stronger of two tones', () => {
    const weak = toneSamples(700, 500, 8_000, -20);
    const mixed = toneSamples(1_200, 500, 8_000, -10).map((sample, index) => sample + weak[index]!);
    expect(dominantFrequencyHz(mixed, 8_000)).toBe(1_200);
  });
});
