import { describe, expect, it } from 'vitest';
import { mayOwn } from '../../../../src/media/capture/ownership.ts';

describe('ownership', () => {
  it.each([
    ['nobody before', undefined, 1, 'a', true],
    ['a newer epoch', { epoch: 1, holder: 'a' }, 2, 'b', true],
    ['the same owner again', { epoch: 1, holder: 'a' }, 1, 'a', true],
    ['another holder of the same epoch', { epoch: 1, holder: 'a' }, 1, 'b', false],
    ['an older epoch', { epoch: 2, holder: 'a' }, 1, 'a', false],
  ] as const)('R-SHD-2: %s', (_, owner, epoch, holder, allowed) => {
    expect(mayOwn({ epoch, holder }, owner)).toBe(allowed);
  });
});
