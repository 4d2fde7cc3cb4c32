import { describe, expect, it } from 'vitest';
import { toneMissingMs } from '../../../ops/drills/hearing.ts';
import { toneSamples } from '../../harness/tone.ts';

const rateHz = 8_000;

describe('hearing a tone', () => {
  it.each([440, 1_000])('R-OPS-5: %s Hz without a break is missing nowhere', (hz) => {
    expect(toneMissingMs(toneSamples(hz, 1_000), rateHz, hz)).toBe(0);
  });

  it.each([
    ['a packet at a window', 4_000, 160, 20],
    ['a packet across two windows', 4_080, 160, 40],
    ['a quarter of a second', 4_000, 2_000, 260],
  ])('R-OPS-5: %s of silence is found', (_, from, samples, missingMsMax) => {
    const heard = toneSamples(440, 1_000).fill(0, from, from + samples);
    const missingMs = toneMissingMs(heard, rateHz, 440);
    expect(missingMs).toBeGreaterThan(0);
    expect(missingMs).toBeLessThanOrEqual(missingMsMax);
  });

  it('R-OPS-5: another tone is no substitute', () => {
    expect(toneMissingMs(toneSamples(1_000, 1_000), rateHz, 440)).toBeGreaterThan(900);
  });
});
