import { describe, expect, it } from 'vitest';
import { exitCodeOf, isAsItShouldBe, type Outcome, summaryText } from '../../../ops/drills/summary.ts';

const common = { seed: 1, seconds: 12 };
const reached: Outcome = { ...common, drill: 'pause', planted: false, phase: 'performed', figures: {}, missed: [] };
const missed: Outcome = { ...reached, drill: 'edge-kill', missed: ['recordings', 'packetsTwice'] };
const found: Outcome = { ...missed, planted: true };
const notFound: Outcome = { ...reached, planted: true };
const impossible: Outcome = { ...common, drill: 'disk-full', planted: false, phase: 'impossible', why: 'no root' };

describe('several drills', () => {
  it('R-OPS-5: are as they should be when every goal is reached, or every planted fault found', () => {
    expect([reached, missed, found, notFound, impossible].map(exitCodeOf)).toEqual([0, 1, 1, 0, 2]);
    expect([reached, missed, found, notFound, impossible].map(isAsItShouldBe)).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
    expect(isAsItShouldBe({ ...impossible, planted: true })).toBe(false);
  });

  it('R-OPS-5: have a line each, and one for all', () => {
    expect(summaryText([reached, missed, impossible])).toBe(
      [
        'ok   pause        12 s  every goal is reached',
        'BAD  edge-kill    12 s  missed: recordings, packetsTwice',
        'BAD  disk-full    12 s  no root',
        '',
        '2 of 3 are not',
      ].join('\n'),
    );
    expect(summaryText([found])).toContain('found by recordings, packetsTwice');
    expect(summaryText([notFound])).toContain('the planted fault was not found');
    expect(summaryText([reached])).toContain('all 1 are as they should be');
  });
});
