// Which of the DNs that a session names are watched, and on which switch. Pure.

import { dnsOf } from '#actors/call';
import type { SessionNews } from '#src/recording';

/** The DNs that are watched, by switch. */
type Watched = ReadonlyMap<string, ReadonlySet<string>>;

export function watchedOf(watched: Watched, told: SessionNews): string[] {
  return dnsOf(told).filter((number) => [...watched.values()].some((dns) => dns.has(number)));
}

/** The switch on which a DN is watched that a session names; '' for none. */
export function switchOf(watched: Watched, told: SessionNews): string {
  const numbers = dnsOf(told);
  return [...watched].find(([, dns]) => numbers.some((number) => dns.has(number)))?.[0] ?? '';
}

/** The DN that is recorded is not watched here: it may have come since the session was told of. */
export function isAway(watched: Watched, { recordDn }: SessionNews): boolean {
  return recordDn === undefined || ![...watched.values()].some((dns) => dns.has(recordDn));
}
