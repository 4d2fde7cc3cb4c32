import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameOf, segmentId, takeId, unnamedRecordingId } from '#src/ids';

describe('names that never change', () => {
  const segment = { recordingId: 'r', node: 'n', callId: 'c', fromTag: 't' };

  it('R-HA-1: the same facts give the same name, on any node at any time', () => {
    expect(nameOf('a', 'b')).toBe('7lg546v7d2wfwmasoovs4kbppg');
    expect(segmentId(segment)).toBe(segmentId({ ...segment }));
    expect(unnamedRecordingId('c', 't')).toBe(unnamedRecordingId('c', 't'));
  });

  it('R-CFG-3: equal ids of two tenants never meet', () => {
    expect(takeId('one', segment)).not.toBe(takeId('two', segment));
  });

  it('R-HA-1: words cannot be shifted into one another, and a name fits a file and a URL', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (left, right) => {
        fc.pre(JSON.stringify(left) !== JSON.stringify(right));
        expect(nameOf(...left)).not.toBe(nameOf(...right));
        expect(nameOf(...left)).toMatch(/^[a-z2-7]{26}$/);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
