// What `twinreel shards` and `twinreel nodes` make of the beats of a cluster.

import { expect, it } from 'vitest';
import type { Beat } from '#cluster/presence';
import { nodesOf, shardsOf } from '#ops/cli';

const beat = (node: string, process: string, more: Partial<Beat> = {}): Beat => ({
  ...{ node, process, pid: 1, startedMs: 0, atMs: 9_000, figures: {} },
  ...more,
});
const shard = { name: 'acme/sip-1/2', digest: '5-a', dns: 5, holders: ['b/core', 'a/core'], part: 'holds' as const };
const beats = [
  beat('b', 'core', {
    phase: 'draining',
    share: { sites: ['acme/sip-1'], shards: [{ ...shard, phase: 'registered', n: 7 }] },
  }),
  beat('a', 'core', { share: { sites: ['acme/sip-1'], shards: [{ ...shard, phase: 'registering', n: null }] } }),
  beat('a', 'recorder', { atMs: 9_500 }),
];

it('R-SHD-1: a shard is shown with who is to act, who does, and who watches it', () => {
  expect(shardsOf(beats)).toEqual([
    {
      name: 'acme/sip-1/2',
      dns: 5,
      first: 'b/core',
      holders: [
        { process: 'b/core', part: 'holds', phase: 'registered', n: 7 },
        { process: 'a/core', part: 'holds', phase: 'registering', n: null },
      ],
    },
  ]);
});

it("R-SHD-1, R-HA-5: a core's share is shown by node, and whether the node is drained", () => {
  expect(nodesOf(beats, 10_000)).toEqual([
    { node: 'a', phase: 'open', processes: ['core', 'recorder'], shards: 1, dns: 5, acts: 0, silentMs: 500 },
    { node: 'b', phase: 'draining', processes: ['core'], shards: 1, dns: 5, acts: 1, silentMs: 1_000 },
  ]);
});
