// What a core knows of the lease of a shard. It counts its own time from before it asked, and stops acting under it while Redis still
// keeps it: so no other can have it meanwhile, however slow the answer was. While Redis answers nothing, it is presumed that nobody has
// followed. Pure.

export type Lease =
  | { readonly phase: 'unknown'; readonly seenN: number }
  /** We act until `untilMs` of the monotonic clock. */
  | { readonly phase: 'ours'; readonly seenN: number; readonly n: number; readonly untilMs: number }
  /** It was ours, and Redis has not answered since it ended; 0: it has never answered, and nobody has told of a holder. */
  | { readonly phase: 'presumed'; readonly seenN: number; readonly n: number }
  | { readonly phase: 'theirs'; readonly seenN: number; readonly n: number; readonly holder: string };

/** What Redis answers: `[1, n]`, ours under that number, or `[0, n, holder]`. */
export type LeaseAnswer = readonly [1, number] | readonly [0, number, string];

/** Share of a lease's life for which its holder acts: what is left is for clocks that run a little apart. */
const actedShare = 0.8;

export function newLease(): Lease {
  return { phase: 'unknown', seenN: 0 };
}

/** After Redis has answered a request that was sent at `sentMs` of the monotonic clock. */
export function answered(lease: Lease, answer: LeaseAnswer, sentMs: number, leaseMs: number): Lease {
  const [isOurs, n, holder] = answer;
  const seenN = Math.max(lease.seenN, n);
  return isOurs === 1
    ? { phase: 'ours', seenN, n, untilMs: sentMs + leaseMs * actedShare }
    : { phase: 'theirs', seenN, n, holder };
}

/** Redis has not answered what was asked at `sentMs`. What was asked while the lease stood says nothing of the time after. */
export function unanswered(lease: Lease, sentMs: number): Lease {
  const { phase, seenN } = lease;
  if (phase === 'ours' && sentMs >= lease.untilMs) return { phase: 'presumed', seenN, n: lease.n };
  return phase === 'unknown' && seenN === 0 ? { phase: 'presumed', seenN, n: 0 } : lease;
}

/** Somebody has told of a number under which a lease was held. */
export function withSeen(lease: Lease, n: number): Lease {
  return n > lease.seenN ? { ...lease, seenN: n } : lease;
}

/** Its holder has let it go. */
export function released({ seenN }: Lease): Lease {
  return { phase: 'unknown', seenN };
}

/** A recorder has refused what was ordered under `n`: it knows a later holder, of whom Redis has forgotten everything. */
export function fenced(lease: Lease, n: number): Lease {
  const seenN = Math.max(lease.seenN, 2 * n);
  const wasOurs = lease.phase === 'ours' || lease.phase === 'presumed';
  return wasOurs && lease.n === n ? { phase: 'unknown', seenN } : { ...lease, seenN };
}

/** The number under which we act at `nowMs` of the monotonic clock; undefined while we do not. */
export function actsUnder(lease: Lease | undefined, nowMs: number): number | undefined {
  return lease?.phase === 'ours' && nowMs < lease.untilMs ? lease.n : undefined;
}

/** The number under which we go on as the one who acts, as nobody is known to have followed; undefined when there is no reason to. */
export function presumedUnder(lease: Lease | undefined): number | undefined {
  return lease?.phase === 'presumed' ? lease.n : undefined;
}
