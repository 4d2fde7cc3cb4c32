// Who holds a shard: rendezvous hashing. Each core has a number for each shard, and the highest hold it. So one that comes takes only
// what it is to hold, and one that goes leaves only what it held: no other shard moves. Pure.

import type { Shard } from './shard.ts';
import { spread } from './spread.ts';

/** A core that can hold shards. `draining`: it is to hold nothing as long as there is another. */
export interface Candidate {
  readonly name: string;
  readonly node: string;
  readonly phase: 'open' | 'draining';
}

/**
 * The holders of a shard by name, on different nodes, the one who is to act first at the head: at most `coverage`, or every node that a hand
 * has set. When none of those is there, whoever is: better watched elsewhere than not at all.
 */
export function holdersOf(
  { name, nodes }: Pick<Shard, 'name' | 'nodes'>,
  candidates: readonly Candidate[],
  coverage: number,
): string[] {
  const named = candidates.filter(({ node }) => nodes.includes(node));
  const able = named.length > 0 ? named : candidates;
  const open = able.filter(({ phase }) => phase === 'open');
  const most = named.length > 0 ? named.length : coverage;
  const ranked = (open.length > 0 ? open : able)
    .map((one) => ({ ...one, score: spread(`${name} ${one.name}`) }))
    .sort((one, other) => other.score - one.score || (one.name < other.name ? -1 : 1));
  const places = new Map(ranked.toReversed().map((one) => [one.node, one.name]));
  const isFirstOfNode = (one: Candidate) => places.get(one.node) === one.name;
  return ranked
    .filter(isFirstOfNode)
    .map((one) => one.name)
    .slice(0, most);
}
