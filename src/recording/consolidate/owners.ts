// Whose recordings are. A recorder may not know whose a call is, and writes down the tenant of what nothing assigns to one; cores know.
// Follows from the facts alone, in whatever order they came. Pure.

import type { Fact } from './fact.ts';

/**
 * The same facts, each manifest in the tenant of the couples that name its take: its own where one of these is of it or there is none,
 * else the smallest. In the tenant it was written down in it is gone then.
 */
export function withOwners(facts: readonly Fact[]): readonly Fact[] {
  const claims = new Map<string, string[]>();
  for (const fact of facts) {
    if (fact.type !== 'couple') continue;
    for (const { take } of fact.couple.takes)
      claims.set(take, [...(claims.get(take) ?? []), fact.couple.tenant].sort());
  }
  return facts.flatMap((fact): readonly Fact[] => {
    if (fact.type !== 'manifest') return [fact];
    const { take, tenant: told } = fact.manifest;
    const claimed = claims.get(take) ?? [];
    const [owner = told] = claimed;
    if (owner === told || claimed.includes(told)) return [fact];
    const why = 'it is of another tenant';
    return [
      fact,
      { type: 'tombstone', tenant: told, sids: [], takes: [take], atMs: 0, why },
      { type: 'manifest', manifest: { ...fact.manifest, tenant: owner } },
    ];
  });
}
