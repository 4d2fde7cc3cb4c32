import { expect, it } from 'vitest';
import { giveBack } from '../../../src/journal/given-back.io.ts';

it('R-REC-5: what is given back is gone at once, and what shares its memory stays', () => {
  const own = Buffer.from(new ArrayBuffer(200_000));
  const shared = Buffer.from(new ArrayBuffer(100)).subarray(0, 50).fill(7);
  for (const bytes of [own, shared]) giveBack(bytes);
  expect(own.length).toBe(0);
  expect(shared.every((byte) => byte === 7)).toBe(true);
  expect(shared).toHaveLength(50);
});
