// Figures and the goals they are held against.

import { describe, expect, it } from 'vitest';
import { type Goal, goalText, missedGoals, percentile } from '../../../ops/bench/bench.ts';

describe('R-SIP-3: figures of a bench', () => {
  it.each([
    [[], 0.5, null],
    [[7], 0.99, 7],
    [[3, 1, 2], 0.5, 2],
    [[4, 3, 2, 1], 0.5, 2],
    [Array.from({ length: 100 }, (_, index) => 100 - index), 0.99, 99],
    [Array.from({ length: 101 }, (_, index) => index + 1), 0.99, 100],
    [[1, 2], 1, 2],
  ])('of %j the share %f lies at or below %j', (values, share, expected) => {
    expect(percentile(values, share)).toBe(expected);
  });

  it('a goal is missed from the first step beyond it; a figure that could not be taken reaches none', () => {
    const [fast, cheap]: Goal[] = [
      { figure: 'callsPerSecond', atLeast: 500 },
      { figure: 'cpuPercent', atMost: 41 },
    ];
    const missed = (callsPerSecond: number, cpuPercent: number | null) =>
      missedGoals([fast!, cheap!], { callsPerSecond, cpuPercent });
    expect(missed(500, 41)).toEqual([]);
    expect(missed(499.9, 41.1)).toEqual([fast, cheap]);
    expect(missed(500, null)).toEqual([cheap]);
    expect(missedGoals([cheap!], {})).toEqual([cheap]);
    expect([fast!, cheap!].map(goalText)).toEqual(['at least 500', 'at most 41']);
  });
});
