// Answers that may be asked for again, on a clock that stands still.

import { describe, expect, it } from 'vitest';
import { VirtualClock } from '#src/ports';
import { RememberedAnswers } from '../../../../src/sip/edge/remembered-answers.ts';

describe('R-SIP-3: answers are remembered for 64*T1 (RFC 3261 §17.2.2)', () => {
  it('an answer is there for 32 s, and its memory is given back soon after', () => {
    const { clock, answers } = newAnswers();
    answers.add('BYE a', Buffer.from('200'));
    clock.advance(31_999);
    expect(answers.get('BYE a')?.bytes?.toString()).toBe('200');
    clock.advance(1);
    expect(answers.get('BYE a')).toBeUndefined();
    clock.advance(1_000);
    expect(answers.size).toBe(0);
    expect(clock.pendingCount).toBe(0);
  });

  it('an answer of an earlier life lasts as long as it would have', () => {
    const { clock, answers } = newAnswers();
    answers.add('BYE a', undefined, 30_000);
    clock.advance(1_999);
    expect(answers.get('BYE a')).toEqual({ isAnswered: true, bytes: undefined, untilMs: 2_000 });
    clock.advance(1);
    expect(answers.get('BYE a')).toBeUndefined();
  });

  it('above the bound the oldest go first', () => {
    const { answers } = newAnswers(2);
    for (const key of ['a', 'b', 'c']) answers.add(key, undefined);
    expect([answers.get('a'), answers.get('b')?.isAnswered, answers.get('c')?.isAnswered]).toEqual([
      undefined,
      true,
      true,
    ]);
    expect(answers.size).toBe(2);
  });

  it('closing leaves no timer', () => {
    const { clock, answers } = newAnswers();
    answers.add('a', undefined);
    answers.close();
    expect(clock.pendingCount).toBe(0);
  });
});

function newAnswers(sizeMax = 100) {
  const clock = new VirtualClock();
  return { clock, answers: new RememberedAnswers(clock, sizeMax) };
}
