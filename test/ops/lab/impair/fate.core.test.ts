import { describe, expect, it } from 'vitest';
import { type Impairment, nextFate, unimpaired } from '#ops/lab/impair';
import { seededRandom } from '#src/ports';

const fates = (impairment: Partial<Impairment>, seed = 1, count = 10_000) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => nextFate({ ...unimpaired, ...impairment }, random));
};

describe('R-LAB-1: fate of a datagram', () => {
  it('is to arrive at once on a good network', () => {
    expect(fates({}, 1, 100)).toEqual(Array(100).fill({ arrivalsMs: [0], isReordered: false }));
  });

  it('is the same for the same seed, and another for another one', () => {
    const bad = { lossRate: 0.1, duplicateRate: 0.1, reorderRate: 0.1, jitterMs: 9 };
    expect(fates(bad, 7)).toEqual(fates(bad, 7));
    expect(fates(bad, 7)).not.toEqual(fates(bad, 8));
  });

  it.each([
    ['lost', { lossRate: 0.02 }, (one: number) => one === 0],
    ['doubled', { duplicateRate: 0.02 }, (one: number) => one === 2],
  ])('is to be %s as often as asked', (_, impairment, wanted) => {
    const share = fates(impairment, 3, 50_000).filter(({ arrivalsMs }) => wanted(arrivalsMs.length)).length / 50_000;
    expect(share).toBeGreaterThan(0.018);
    expect(share).toBeLessThan(0.022);
  });

  it('is to be late within the bounds, and later when it is overtaken', () => {
    const all = fates({ delayMs: 10, jitterMs: 5, reorderRate: 0.5, reorderMs: 100 });
    for (const { arrivalsMs, isReordered } of all) {
      expect(arrivalsMs[0]).toBeGreaterThanOrEqual(isReordered ? 110 : 10);
      expect(arrivalsMs[0]).toBeLessThanOrEqual(isReordered ? 115 : 15);
    }
  });

  it('does not change for what else may happen: more loss takes some away and leaves the others as they were', () => {
    const [few, many] = [fates({ lossRate: 0.01, jitterMs: 9 }), fates({ lossRate: 0.3, jitterMs: 9 })];
    for (const [index, fate] of many.entries()) if (fate.arrivalsMs.length > 0) expect(fate).toEqual(few[index]);
  });
});
