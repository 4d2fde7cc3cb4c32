import { describe, expect, it } from 'vitest';
import { type Outcome, PendingRequests } from '#src/wire';

describe('pending requests', () => {
  it('R-CTI-1: an answer settles the request of its reference id, once', () => {
    const pending = new PendingRequests<string>({ requestMsMax: 100, countMax: 2 });
    const heard: Outcome<string>[] = [];
    const first = pending.begin(0, (outcome) => heard.push(outcome))!;
    const second = pending.begin(0, (outcome) => heard.push(outcome))!;
    expect(first).not.toBe(second);
    expect(pending.begin(0, () => {})).toBeUndefined();
    expect(pending.answered(second, 'yes')).toBe(true);
    expect(pending.answered(second, 'again')).toBe(false);
    expect(heard).toEqual([{ outcome: 'answered', answer: 'yes' }]);
  });

  it('R-CTI-1: who is not answered in time hears that, and the next deadline is told', () => {
    const pending = new PendingRequests<string>({ requestMsMax: 100, countMax: 9 });
    const heard: string[] = [];
    pending.begin(0, ({ outcome }) => heard.push(`a ${outcome}`));
    pending.begin(50, ({ outcome }) => heard.push(`b ${outcome}`));
    expect(pending.expire(99)).toBe(100);
    expect(pending.expire(100)).toBe(150);
    expect(heard).toEqual(['a timed-out']);
    pending.loseAll();
    expect(heard).toEqual(['a timed-out', 'b lost']);
    expect(pending.count).toBe(0);
  });
});
