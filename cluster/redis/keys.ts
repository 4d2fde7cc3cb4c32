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
