import { describe, expect, it } from 'vitest';
import { divide, effectiveAfterMs } from '../../../ops/drills/paused-stretch.ts';

/** A packet each 20 ms; a pause asked for 5 ms after the hundredth, and to be ended after the two hundredth. */
const stream = Array.from({ length: 300 }, (_, index) => ({ index, atMs: 20 * index }));
const pause = { askedAtMs: 20 * 99 + 5, askedAt: 100, resumeAskedAt: 200, resumedAt: 203 };

describe('a pause as the sender saw it', () => {
  it('R-REC-6: is effective when the last packet leaves that is recorded nevertheless', () => {
    const effective = (recorded: readonly number[]) =>
      effectiveAfterMs(stream, pause, (index) => recorded.includes(index));
    expect(effective([98, 99, 200, 201])).toBe(0);
    expect(effective([99, 100, 102])).toBe(55);
    expect(effective([100, 199])).toBe(1_995);
  });

  it('R-REC-6: until the end of the call, when nobody ends it', () => {
    const lasting = { ...pause, resumeAskedAt: Infinity, resumedAt: Infinity };
    expect(effectiveAfterMs(stream, lasting, (index) => index === 299)).toBe(20 * 200 - 5);
  });

  it('R-REC-6: tells what must be recorded from what must not, and leaves 100 ms at its borders open', () => {
    const { spoken, border, paused } = divide(stream, [pause]);
    expect([spoken.length, border.length, paused.length]).toEqual([95 + 96, 5 + 5 + 4, 95]);
    expect([paused[0]!.index, paused.at(-1)!.index]).toEqual([105, 199]);
  });
});
