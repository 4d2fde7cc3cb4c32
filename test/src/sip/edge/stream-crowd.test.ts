// Who has to go when too many connect, or say too much by halves.

import { describe, expect, it } from 'vitest';
import { type Member, StreamCrowd } from '../../../../src/sip/edge/stream-crowd.ts';

const limits = { streamsMax: 4, streamsPerPeerMax: 2, streamBytesMax: 100 };

function crowd() {
  const [left, refused]: [string[], string[]] = [[], []];
  const all = new StreamCrowd(limits, (reason) => void refused.push(reason));
  const member = (name: string): Member => ({ address: name[0]!, leave: () => void left.push(name) });
  return { all, member, left, refused };
}

describe('R-SIP-3: a crowd of connections', () => {
  it('over the bound of one peer, the first of its silent ones goes, and nobody of another', () => {
    const { all, member, left, refused } = crowd();
    for (const name of ['b1', 'a1', 'a2', 'a3', 'a4']) expect(all.enter(member(name), 'stranger')).toBe(true);
    expect([left, refused]).toEqual([['a1', 'a2'], Array(2).fill('streams-full-of-peer')]);
    expect(all.size).toBe(3);
  });

  it('over the bound of all, the first of all silent ones goes', () => {
    const { all, member, left, refused } = crowd();
    for (const name of ['a1', 'a2', 'b1', 'b2', 'c1']) all.enter(member(name), 'stranger');
    expect([left, refused]).toEqual([['a1'], ['streams-full']]);
  });

  it('who has spoken, and who was called from here, stays; with nobody to go none comes in', () => {
    const { all, member, left } = crowd();
    const [spoken, ours] = [member('a1'), member('a2')];
    all.enter(spoken, 'stranger');
    all.spoke(spoken);
    all.enter(ours, 'ours');
    expect(all.enter(member('a3'), 'stranger')).toBe(false);
    all.left(ours);
    all.left(ours);
    expect(all.enter(member('a4'), 'stranger')).toBe(true);
    expect([left, all.size]).toEqual([[], 2]);
  });

  it('of what lies half said, what was begun first goes, however it grew', () => {
    const { all, member, left, refused } = crowd();
    const [first, second, third] = [member('a1'), member('b1'), member('c1')];
    for (const one of [first, second, third]) all.enter(one, 'stranger');
    all.holds(first, 10);
    all.holds(second, 50);
    all.holds(first, 20);
    all.holds(second, 0);
    all.holds(second, 40);
    all.holds(third, 41);
    expect([left, refused]).toEqual([['a1'], ['streams-half-said']]);
    // Who has left holds nothing, whatever still comes of it.
    all.holds(first, 1_000);
    all.holds(third, 60);
    expect(left).toEqual(['a1']);
  });
});
