import { describe, expect, it } from 'vitest';
import type { Claim, Member } from '../../../cluster/shards/members.ts';
import { planned } from '../../../cluster/shards/plan.ts';

const shard = { name: 'acme/sip-1/1', tenant: 'acme', switch: 'sip-1', dns: ['7001'], nodes: [], digest: '1-a' };
const self = { name: 'a/core', node: 'a', phase: 'draining' } as const;

function other(node: string, claim?: Claim): Member {
  const registered = new Map(claim && [[shard.name, claim] as const]);
  return { name: `${node}/core`, node, phase: 'open', sites: new Set(['acme/sip-1']), registered };
}

function plan(others: readonly Member[]) {
  return planned([shard], { self, others, coverage: 2, isTouched: () => true })[0]!;
}

describe('what a core makes of a shard that is for others to hold', () => {
  const { holders } = plan([other('b'), other('c')]);
  const claim = { digest: shard.digest, holders };

  it('R-SHD-2: it is let go of when all who are to hold it say that they watch it', () => {
    expect(plan([other('b'), other('c', claim)]).part).toBe('hands-over');
    expect(plan([other('b', { ...claim, digest: '1-b' }), other('c', claim)]).part).toBe('hands-over');
    expect(plan([other('b', claim), other('c', claim)]).part).toBe('none');
  });

  it('R-SHD-2: who said so before it knew that it is to hold it may have let go since', () => {
    const before = { ...claim, holders: ['a/core', 'b/core'] };
    expect(plan([other('b', before), other('c', claim)]).part).toBe('hands-over');
  });
});
