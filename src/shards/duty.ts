// Whether a core acts for a DN, or stands by while its twin does; and in what order those who acted came. Both observe and keep
// couples alike: a duty says only who speaks first.

/** Of the one who acts: the `n`th holder of the lease. Two may believe to be the `n`th; receivers keep the first they hear of. */
export interface Epoch {
  readonly n: number;
  /** Names the process that holds it. */
  readonly holder: string;
}

/** Under which lease a command is given: that of a shard, by its name. */
export interface Mandate {
  readonly shard: string;
  readonly epoch: Epoch;
}

/**
 * `presumed`: no lease stands as Redis is away, and we had it last; recorders know whether another one has followed. `twin`: under which
 * lease the one acts for whom we stand by, where that is known.
 */
export type Duty =
  | ({ readonly phase: 'acts'; readonly presumed?: true } & Mandate)
  | { readonly phase: 'stands-by'; readonly twin?: Mandate };

/** The duty for a DN of a tenant at this moment; it may be another one the next. */
export type DutyOf = (tenant: string, dn: string) => Duty;

/** Where nobody shares DNs out: whoever is asked acts. `holder` names the process. */
export function alwaysActs(holder: string): DutyOf {
  return (tenant) => ({ phase: 'acts', shard: `${tenant}/0`, epoch: { n: 0, holder } });
}

/**
 * What a command to a recorder is given under; who stands in for a twin uses the twin's. Undefined where no lease was ever taken: then
 * nobody can be of yesterday.
 */
export function mandateOf(duty: Duty): Mandate | undefined {
  const mandate = duty.phase === 'acts' ? { shard: duty.shard, epoch: duty.epoch } : duty.twin;
  return mandate && mandate.epoch.n > 0 ? mandate : undefined;
}

/** Below 0 when `claimed` is of yesterday and is to be refused, 0 when it is the one that is `known`, above 0 when it is newer. */
export function compareEpochs(claimed: Epoch, known: Epoch): number {
  if (claimed.n !== known.n) return claimed.n - known.n;
  return claimed.holder === known.holder ? 0 : -1;
}
