// Settings of a cluster of many nodes: how cores share DNs out, and what runs where.

import { z } from 'zod';
import { dnRange } from './tenant.schema.ts';
import { address, milliseconds, name } from './values.schema.ts';

const fixedRange = z.strictObject({
  node: name.describe('node whose core holds them'),
  tenant: z.string().min(1).max(128).optional().describe('only of this tenant'),
  switch: z.string().min(1).max(255).optional().describe('only of this switch'),
  dns: z
    .array(dnRange)
    .max(1_000)
    .default([])
    .describe('DNs, ranges, expressions; empty: all (guide: Include DN range)'),
});

/** How cores share DNs out. */
export const shardsSchema = z.strictObject({
  dnsPerShardMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_200)
    .describe('DNs of one switch that cores share out as one shard'),
  coverage: z.int().min(1).max(16).default(2).describe('cores on different nodes that watch each DN'),
  ranges: z
    .array(fixedRange)
    .max(10_000)
    .default([])
    .describe('which node holds which DNs, set by hand; what is in none of them is shared out'),
  leaseMs: milliseconds(60_000)
    .default(1_200)
    .describe('milliseconds after which another core is the one who acts, when the one before is gone'),
  goneMs: milliseconds(3_600_000)
    .default(10_000)
    .describe('milliseconds after which the shards of a core that is not heard of are held by others'),
  settleMs: milliseconds(3_600_000)
    .default(30_000)
    .describe('milliseconds a core that has come back is there before it is again the one who acts'),
});

/** What runs on a node. */
export const nodeSchema = z.strictObject({
  address: address.optional().describe('address of the machine: SIP, RTP, links and the resource manager are there'),
  roles: z
    .array(z.enum(['recorder', 'core', 'resource-manager', 'replay']))
    .describe('what runs there: recorder (with its keeper), core, resource-manager, replay'),
});
