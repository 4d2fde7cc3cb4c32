// Every Redis key of the cluster is built here. Keys that one script touches share a hash tag, the part in braces.

const prefix = 'twinreel';

/** Sorted set: `node/process` by the wall-clock ms of its last sign of life. */
export const presenceIndexKey = `${prefix}:{presence}:index`;

/** String, JSON, expiring: the last sign of life of one process. */
export function presenceKey(node: string, process: string): string {
  return `${prefix}:{presence}:${node}/${process}`;
}

/** String, JSON, expiring: the last word on a couple. */
export function coupleKey(tenant: string, sid: string): string {
  return `${prefix}:{couple}:${tenant}/${sid}`;
}

/** Stream, capped: every word on every couple, with the node of the core that says it. */
export const couplesStreamKey = `${prefix}:{couple}:stream`;

/** String: which batch of couples was the last that Redis took from the core of a node. Not there: Redis has forgotten it. */
export function couplesToldKey(node: string): string {
  return `${prefix}:{couple}:told:${node}`;
}

/** Hash: `n` and `holder` of the lease of a shard, and `untilMs`, by the clock of Redis, when it runs out. */
export function leaseKey(shard: string): string {
  return `${prefix}:{shard:${shard}}:lease`;
}

/** Hash, node by `draining` or `open`: what was said of a node. */
export const drainingKey = `${prefix}:{presence}:draining`;

/** String: changes whenever somebody wants every lease to go back to who is to act first. */
export const rebalanceKey = `${prefix}:{presence}:rebalance`;
