import { describe, expect, it } from 'vitest';
import { type AnswerState, startAnswer, stepAnswer } from '../../../../src/sip/edge/answer.core.ts';

const timing = { t1Ms: 500, t2Ms: 4_000 };

describe('R-SIP-3: a 2xx on its way (RFC 3261 §13.3.1.4)', () => {
  it('is repeated at 0.5, 1.5, 3.5, 7.5, then every 4 s, and given up after 32 s', () => {
    let [state, effects] = startAnswer(timing.t1Ms);
    let atMs = 0;
    const done: string[] = [];
    for (;;) {
      for (const effect of effects) {
        if (effect.type === 'wait') atMs += effect.delayMs;
        else done.push(`${atMs} ${effect.type}`);
      }
      if (state.phase !== 'unacknowledged') break;
      [state, effects] = stepAnswer(state, { type: 'timer' }, timing);
    }
    const repeats = [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    expect(done).toEqual([...repeats.map((at) => `${at} repeat`), '32000 give-up']);
  });

  it.each<[AnswerState, 'ack' | 'timer', string]>([
    [{ phase: 'unacknowledged', intervalMs: 500, waitedMs: 0 }, 'ack', 'acknowledged'],
    [{ phase: 'acknowledged' }, 'timer', 'acknowledged'],
    [{ phase: 'acknowledged' }, 'ack', 'acknowledged'],
    [{ phase: 'abandoned' }, 'ack', 'abandoned'],
  ])('%o on %s is %s, and nothing is done', (state, type, phase) => {
    const [next, effects] = stepAnswer(state, { type }, timing);
    expect(next.phase).toBe(phase);
    expect(effects).toEqual([]);
  });
});
