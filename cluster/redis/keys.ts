// Every Redis key of the cluster is built here. Keys that one script touches share a hash tag, the part in braces.

const prefix = 'twinreel';

/** Sorted set: `node/process` by the wall-clock ms of its last sign of life. */
export const presenceIndexKey = `${prefix}:{presence}:index`;

/** String, JSON, expiring: the last sign of life of one process. */
export function presenceKey(node: string, process: string): string {
  return `${prefix}:{presence}:${node}/${process}`;
}
