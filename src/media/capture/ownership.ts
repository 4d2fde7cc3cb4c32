// Who may command capture. A newer owner fences the older one, so that two recorders never work on the same streams.

/** An owner: of one epoch the first holder counts, and it may come back. */
export interface Owner {
  readonly epoch: number;
  readonly holder: string;
}

/** True when `claim` may take over from `owner`. */
export function mayOwn(claim: Owner, owner: Owner | undefined): boolean {
  if (!owner || claim.epoch > owner.epoch) return true;
  return claim.epoch === owner.epoch && claim.holder === owner.holder;
}
