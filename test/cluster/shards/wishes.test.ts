import { describe, expect, it } from 'vitest';
import type { Beat } from '#cluster/presence';
import { type Member, Members } from '../../../cluster/shards/members.ts';
import type { PlannedShard } from '../../../cluster/shards/plan.ts';
import { Wishes } from '../../../cluster/shards/wishes.ts';

const name = 'acme/sip-1/1';
const shard = { name, tenant: 'acme', switch: 'sip-1', dns: ['7001'], nodes: [], digest: '1-a' };
const settings = { self: 'a/core', settleMs: 1_000, leaseMs: 100 };

function planned(holders: string[], part: PlannedShard['part'] = 'holds'): PlannedShard {
  return { shard, holders, part };
}

/** Another core, which watches every DN of the shard. */
const b: Member = {
  ...{ name: 'b/core', node: 'b', phase: 'open', sites: new Set(['acme/sip-1']) },
  registered: new Map([[name, { digest: '1-a', holders: ['b/core', 'a/core'] }]]),
};

/** What is wished at `nowMs`, while this core acts or not. */
function wish(
  wishes: Wishes,
  one: PlannedShard,
  nowMs: number,
  more: { acts?: boolean; others?: Member[]; is?: boolean } = {},
) {
  const { acts = true, others = [b], is = true } = more;
  return wishes.of([one], { isRegistered: () => is, acts: () => acts, others, nowMs }).get(name);
}

describe('what is wished of a lease', () => {
  it('R-SHD-2: whoever watches every DN of the shard wants it; who does not lets it go', () => {
    const wishes = new Wishes(settings);
    expect(wish(wishes, planned(['a/core', 'b/core']), 0)).toBe('take');
    expect(wish(wishes, planned(['a/core', 'b/core']), 0, { is: false })).toBe('leave');
    expect(wish(wishes, planned(['b/core'], 'none'), 0)).toBe('leave');
    expect(wish(wishes, planned(['b/core'], 'hands-over'), 0, { others: [] })).toBe('take');
  });

  it('R-SHD-1: who is to act first is given it after a while, and has time to take it', () => {
    const wishes = new Wishes(settings);
    const one = planned(['b/core', 'a/core']);
    expect(wish(wishes, one, 0)).toBe('take');
    expect(wish(wishes, one, 999)).toBe('take');
    expect(wish(wishes, one, 1_000)).toBe('leave');
    expect(wish(wishes, one, 1_099, { acts: false })).toBe('keep');
    expect(wish(wishes, one, 1_100, { acts: false })).toBe('take');
  });

  it('R-SHD-1: who goes meanwhile begins anew; somebody may be impatient for all', () => {
    const wishes = new Wishes(settings);
    const one = planned(['b/core', 'a/core']);
    wish(wishes, one, 0);
    expect(wish(wishes, one, 900, { others: [] })).toBe('take');
    expect(wish(wishes, one, 1_000)).toBe('take');
    wishes.rebalance(1_001);
    expect(wish(wishes, one, 1_001)).toBe('leave');
  });
});

describe('members', () => {
  const beat = (atMs: number): Beat => ({
    ...{ node: 'b', process: 'core', pid: 1, startedMs: 0, atMs, figures: {} },
    share: {
      sites: ['acme/sip-1'],
      shards: [{ name, digest: '1-a', dns: 1, holders: ['b/core'], part: 'holds', phase: 'registered', n: null }],
    },
  });
  const seen = (members: Members, nowMs: number) =>
    members.at(nowMs).map(({ name: one, registered }) => `${one} ${registered.size === 0 ? 'silent' : 'heard'}`);

  it('R-SHD-2: who is silent is not relied upon, and is a member no more after a while', () => {
    const members = new Members({ beatMs: 100, goneMs: 1_000 });
    members.heard([beat(1)], 0);
    expect(seen(members, 250)).toEqual(['b/core heard']);
    for (let nowMs = 100; nowMs <= 1_000; nowMs += 100) members.heard([], nowMs);
    expect(seen(members, 1_000)).toEqual(['b/core silent']);
    members.heard([], 1_001);
    expect(seen(members, 1_001)).toEqual([]);
  });

  it('R-SHD-2: a beat that is the one before says nothing new', () => {
    const members = new Members({ beatMs: 100, goneMs: 1_000 });
    for (let nowMs = 0; nowMs <= 300; nowMs += 100) members.heard([beat(1)], nowMs);
    expect(seen(members, 300)).toEqual(['b/core silent']);
  });

  it('R-SHD-2: time without Redis is nobody’s silence', () => {
    const members = new Members({ beatMs: 100, goneMs: 1_000 });
    members.heard([beat(1)], 0);
    members.heard([], 60_000);
    expect(seen(members, 60_000)).toEqual(['b/core heard']);
  });
});
