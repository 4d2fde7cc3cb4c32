import { describe, expect, it } from 'vitest';
import { seededRandom } from '#src/ports';
import { planStorm } from '../../../ops/drills/storm.io.ts';

const step = { step: 'storm', everyMs: 100, atOnceMax: 10, spokenMs: [2_000, 3_000] } as const;

describe('a storm', () => {
  it('R-OPS-5: is the same for the same seed, and another one for another seed', () => {
    const [one, same, other] = [1, 1, 2].map((seed) => planStorm(step, 50, 30, seededRandom(seed)));
    expect(one).toEqual(same);
    expect(one).not.toEqual(other);
    expect(one!.spokenMs.every((ms) => ms >= 2_000 && ms < 3_000)).toBe(true);
  });

  it('R-OPS-5: kills each process of both nodes once before it kills one again', () => {
    const { kills } = planStorm(step, 50, 26, seededRandom(1));
    const names = kills.map(({ target, node }) => `${target} ${node}`);
    for (const round of [names.slice(0, 13), names.slice(13)]) expect(new Set(round).size).toBe(13);
  });
});
