// The node's card: where everything of this node really is, for processes and people that come later. The keeper writes
// it, everybody may read it.

import { z } from 'zod';

const port = z.int().min(1).max(65_535);
const pid = z.int().min(1).nullable();

export const nodeCardSchema = z.object({
  node: z.string(),
  startedAtMs: z.number(),
  /** Null when this node runs no edge of its own. */
  sip: z.object({ transport: z.literal('udp'), address: z.string(), port }).nullable(),
  /** Where drachtio applications connect; null until the edge has said so. */
  application: z.object({ host: z.string(), port }).nullable(),
  rtp: z.object({ address: z.string(), portMin: port, portMax: port }),
  /** Path of capture's control socket; null until capture listens there. */
  controlSocket: z.string().nullable(),
  pids: z.object({ keeper: z.int().min(1), edge: pid, capture: pid }),
  restarts: z.object({ edge: z.int().min(0), capture: z.int().min(0) }),
});

export type NodeCard = z.output<typeof nodeCardSchema>;
