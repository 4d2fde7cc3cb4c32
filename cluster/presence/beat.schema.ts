// A sign of life: which process of which node, since when, and what it holds.

import { z } from 'zod';

export const beatSchema = z.object({
  node: z.string(),
  process: z.string(),
  pid: z.int(),
  startedMs: z.number(),
  atMs: z.number(),
  /** Of a core: where recorders reach it. */
  links: z.object({ host: z.string(), port: z.int() }).optional(),
  /** Of a recorder: where its finished recordings are fetched. */
  offers: z.object({ host: z.string(), port: z.int() }).optional(),
  /** `draining`: whoever can does without this node. Absent: `open`. */
  phase: z.enum(['open', 'draining']).optional(),
  /** Of a core: what it watches, so that others know what is left to them. */
  share: z
    .object({
      /** `tenant/switch` of which it knows DNs. */
      sites: z.array(z.string()),
      shards: z.array(
        z.object({
          name: z.string(),
          digest: z.string(),
          dns: z.int(),
          /** Processes that are to hold it; the first is to act. */
          holders: z.array(z.string()),
          part: z.enum(['holds', 'hands-over']),
          /** `registered`: the telephony server tells of every DN of it. */
          phase: z.enum(['registering', 'registered']),
          /** The number of the epoch under which it acts; null while it stands by. */
          n: z.int().nullable(),
        }),
      ),
    })
    .optional(),
  /** Of who tells facts: under which name, and up to which offset they stand in each stream. */
  facts: z.object({ writer: z.string(), heads: z.array(z.int()) }).optional(),
  /** Figures a person wants to see, by name: sessions, streams, backlog… */
  figures: z.record(z.string(), z.number()),
});

export type Beat = z.output<typeof beatSchema>;
