import { describe, expect, it } from 'vitest';
import { alwaysActs, compareEpochs } from '#src/shards';

const known = { n: 4, holder: 'a/core/1' };

describe('duty', () => {
  it.each([
    ['a later holder is newer', { n: 5, holder: 'b/core/2' }, 1],
    ['the same one is the same', { n: 4, holder: 'a/core/1' }, 0],
    ['another one of the same number came second', { n: 4, holder: 'b/core/2' }, -1],
    ['an earlier holder is of yesterday', { n: 3, holder: 'a/core/1' }, -1],
  ])('R-SHD-2: of two epochs %s', (_, claimed, order) => {
    expect(Math.sign(compareEpochs(claimed, known))).toBe(order);
  });

  it('R-SHD-1: where nobody shares DNs out, whoever is asked acts', () => {
    expect(alwaysActs('a/core/1')('acme', '7001')).toEqual({
      phase: 'acts',
      shard: 'acme/0',
      epoch: { n: 0, holder: 'a/core/1' },
    });
  });
});
