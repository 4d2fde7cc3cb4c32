// What a core makes of each shard: whether it holds it, still holds it until others do, or has nothing to do with it. Pure.

import { type Candidate, holdersOf, type Shard, siteName } from '#src/shards';
import type { Member } from './members.ts';

/** `hands-over`: it is for others to hold, who do not yet watch all its DNs. */
export type Part = 'holds' | 'hands-over' | 'none';

export interface PlannedShard {
  readonly shard: Shard;
  /** Names of those who are to hold it; the first is to act. */
  readonly holders: readonly string[];
  readonly part: Part;
}

export interface Surroundings {
  readonly self: Candidate;
  /** The other cores. */
  readonly others: readonly Member[];
  readonly coverage: number;
  /** Whether this core watches any DN of the shard now. */
  readonly isTouched: (shard: Shard) => boolean;
}

/**
 * Nobody lets go of a DN before those who are to hold its shard have said that they watch every DN of it, and that it is they who are to
 * hold it: a word from before they knew that may be older than their own letting go.
 */
export function planned(shards: readonly Shard[], { self, others, coverage, isTouched }: Surroundings): PlannedShard[] {
  return shards.map((shard) => {
    const able = others.filter(({ sites }) => sites.has(siteName(shard)));
    const holders = holdersOf(shard, [self, ...able], coverage);
    if (holders.includes(self.name)) return { shard, holders, part: 'holds' };
    const watches = (name: string) => {
      const claim = able.find((one) => one.name === name)?.registered.get(shard.name);
      return claim?.digest === shard.digest && claim.holders.join() === holders.join();
    };
    const isLeft = holders.every(watches) || !isTouched(shard);
    return { shard, holders, part: isLeft ? 'none' : 'hands-over' };
  });
}

/** The DNs that are to be watched of each site; of what is handed over, those that are watched now. */
export function watchedOf(plan: readonly PlannedShard[], isWatched: (shard: Shard, dn: string) => boolean) {
  const sites = new Map<string, Set<string>>();
  for (const { shard, part } of plan) {
    const site = siteName(shard);
    const dns = sites.get(site) ?? new Set<string>();
    sites.set(site, dns);
    if (part === 'holds') for (const dn of shard.dns) dns.add(dn);
    if (part === 'hands-over') for (const dn of shard.dns) if (isWatched(shard, dn)) dns.add(dn);
  }
  return sites;
}
