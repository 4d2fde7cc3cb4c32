import { describe, expect, it } from 'vitest';
import { toneSamples } from '#ops/lab/hearing';
import { scenarios, voicesIn, voicesOf } from '#ops/lab/scenarios';

const voices = new Map([
  ['7001', 400],
  ['5550101', 550],
  ['card number', 700],
]);

function joined(...pieces: readonly Int16Array[]): Int16Array {
  return Int16Array.from(pieces.flatMap((piece) => [...piece]));
}

describe('whose voice is heard', () => {
  it('R-LAB-1: finds each tone that sounds for a while, wherever it is, and no other', () => {
    const silence = new Int16Array(4_000);
    const sound = joined(silence, toneSamples(550, 400), silence, toneSamples(700, 300));
    expect(voicesIn(sound, 8_000, voices)).toEqual(['5550101', 'card number']);
  });

  it('R-LAB-1: hears nobody in silence, in noise far below, and in a click', () => {
    expect(voicesIn(new Int16Array(8_000), 8_000, voices)).toEqual([]);
    expect(voicesIn(toneSamples(550, 1_000, 8_000, -40), 8_000, voices)).toEqual([]);
    expect(voicesIn(joined(new Int16Array(4_000), toneSamples(550, 40)), 8_000, voices)).toEqual([]);
  });

  it('R-LAB-1: every scenario has a frequency of its own for each voice', () => {
    for (const scenario of scenarios) {
      const frequencies = [...voicesOf(scenario).values()];
      expect(new Set(frequencies).size).toBe(frequencies.length);
    }
  });

  it('R-LAB-1: a scenario of more voices than can be told apart is refused', () => {
    const steps = Array.from(
      { length: 16 },
      (_, index) => ({ do: 'call', from: `1${index}`, to: `2${index}` }) as const,
    );
    expect(() => voicesOf({ name: 'crowd', about: '', steps, couples: [] })).toThrow('32 voices');
  });
});
