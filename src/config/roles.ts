// What runs on a node. Pure.

import type { Config } from './config.schema.ts';

/** `recorder`: keeper with edge and capture, and the recorder. */
export type Role = Config['nodes'][string]['roles'][number];

export function rolesOf({ node, nodes }: Pick<Config, 'node' | 'nodes'>): readonly Role[] {
  return nodes[node]?.roles ?? ['recorder', 'core', 'resource-manager', 'replay'];
}
