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
  /** Figures a person wants to see, by name: sessions, streams, backlog… */
  figures: z.record(z.string(), z.number()),
});

export type Beat = z.output<typeof beatSchema>;
