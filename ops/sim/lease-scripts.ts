// What the scripts of cluster/leases decide, on the fields of one hash. They are the ones that count: a test has both answer alike.

import type { Plant } from './plants.ts';

/** The hash of a lease, as far as it is there. */
export interface LeaseHash {
  readonly n: number;
  readonly holder: string;
  /** By the clock of Redis. */
  readonly untilMs: number;
}

export type LeaseReply = readonly [1, number] | readonly [0, number, string];

export interface LeaseOutcome {
  readonly hash: LeaseHash | undefined;
  readonly reply: LeaseReply | 0 | 1;
}

/** Who asks, under which number, and for how long. */
export interface LeaseAsked {
  readonly holder: string;
  readonly leaseMs: number;
  readonly n: number;
}

export type LeaseScript = (
  known: LeaseHash | undefined,
  asked: LeaseAsked,
  nowMs: number,
  isPlanted?: (plant: Plant) => boolean,
) => LeaseOutcome;

const never = () => false;

export const acquireLease: LeaseScript = (known, { holder, leaseMs, n: seenN }, nowMs, isPlanted = never) => {
  const untilMs = Math.min(known?.untilMs ?? 0, nowMs + leaseMs);
  if (known && known.holder !== holder && untilMs > nowMs && !isPlanted('lease-of-two'))
    return { hash: { ...known, untilMs }, reply: [0, known.n, known.holder] };
  const last = Math.max(known?.n ?? 0, seenN);
  const n = isPlanted('epoch-not-raised') ? Math.max(1, last) : last + 1;
  return { hash: { n, holder, untilMs: nowMs + leaseMs }, reply: [1, n] };
};

export const renewLease: LeaseScript = (known, { holder, leaseMs, n }, nowMs) => {
  if (known && (known.holder !== holder || known.n !== n)) return { hash: known, reply: [0, known.n, known.holder] };
  return { hash: { n, holder, untilMs: nowMs + leaseMs }, reply: [1, n] };
};

export const releaseLease: LeaseScript = (known, { holder, n }) => {
  if (known?.n !== n || known.holder !== holder) return { hash: known, reply: 0 };
  return { hash: { ...known, untilMs: 0 }, reply: 1 };
};
