// The node's card: where everything of this node really is, for processes and people that come later. The keeper writes
// it, everybody may read it.

import { z } from 'zod';

const port = z.int().min(1).max(65_535);
const pid = z.int().min(1).nullable();

const listener = z.object({ transport: z.enum(['udp', 'tcp', 'tls']), address: z.string(), port });

export const nodeCardSchema = z.object({
  node: z.string(),
  startedAtMs: z.number(),
  /** Where INVITEs over UDP go; null when this node runs no edge of its own. */
  sip: listener.nullable(),
  /** Every place where SIP is listened for. */
  sipListeners: z.array(listener),
  /** Where drachtio applications connect; null until the edge has said so. */
  application: z.object({ host: z.string(), port }).nullable(),
  /** What the edge counts, a few seconds old (`src/sip/edge/counters.ts`); null until it has said so. */
  signalling: z
    .looseObject({ dialogs: z.number(), admittedShare: z.number(), refused: z.record(z.string(), z.number()) })
    .nullable(),
  rtp: z.object({ address: z.string(), portMin: port, portMax: port }),
  /** Path of capture's control socket; null until capture listens there. */
  controlSocket: z.string().nullable(),
  pids: z.object({ keeper: z.int().min(1), edge: pid, capture: pid }),
  restarts: z.object({ edge: z.int().min(0), capture: z.int().min(0) }),
});

export type NodeCard = z.output<typeof nodeCardSchema>;
