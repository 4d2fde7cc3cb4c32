import { describe, expect, it } from 'vitest';
import {
  actsUnder,
  answered,
  fenced,
  type Lease,
  newLease,
  presumedUnder,
  released,
  unanswered,
} from '../../../cluster/leases/lease.ts';

const leaseMs = 1_000;
const endsMs = 800;
const ours = answered(newLease(), [1, 4], 0, leaseMs);
const theirs = answered(newLease(), [0, 4, 'b/core'], 0, leaseMs);
const presumed = unanswered(ours, endsMs);

describe('a lease while Redis answers nothing', () => {
  it.each<[string, Lease, number | undefined]>([
    ['was ours until it ended: it is presumed to be', unanswered(ours, endsMs), 4],
    ['was ours when Redis was asked: that may have been long ago', unanswered(ours, endsMs - 1), undefined],
    ['is of another one: that one goes on', unanswered(theirs, endsMs), undefined],
    ['was let go of: somebody may have taken it', unanswered(released(ours), endsMs), undefined],
    ['was ours, and a recorder knows a later holder', unanswered(fenced(ours, 4), endsMs), undefined],
    ['nobody has ever told of: who is to act first may', unanswered(newLease(), endsMs), 0],
    ['is presumed to be ours, and stays so', unanswered(presumed, 2 * endsMs), 4],
    ['is presumed to be ours, and a recorder knows a later holder', fenced(presumed, 4), undefined],
    ['is presumed to be ours, and is let go of', released(presumed), undefined],
    ['is presumed to be ours, and Redis answers that it is', answered(presumed, [1, 4], endsMs, leaseMs), undefined],
    ['is presumed to be ours, and Redis names another holder', answered(presumed, [0, 5, 'b/core'], 0, 1), undefined],
  ])('R-SHD-2: one that %s', (_, lease, n) => {
    expect(presumedUnder(lease)).toBe(n);
  });

  it('R-SHD-2: nobody acts under one that is presumed', () => {
    expect([actsUnder(ours, endsMs - 1), actsUnder(ours, endsMs), actsUnder(presumed, 0)]).toEqual([
      4,
      undefined,
      undefined,
    ]);
  });
});
