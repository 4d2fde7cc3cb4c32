// What the edge's journal says of calls, as JSON. Messages and descriptions are bytes, one character each (latin1).

import { z } from 'zod';

const bytes = z.string().transform((text) => Buffer.from(text, 'latin1'));

const dialogSchema = z.object({
  id: z.string(),
  callId: z.string(),
  localTag: z.string(),
  remoteTag: z.string(),
  local: z.string(),
  remote: z.string(),
  localSequence: z.int(),
  // JSON has no undefined: a call we placed and have not been asked anything in.
  remoteSequence: z.int().optional(),
  routeSet: z.array(z.string()),
  remoteTarget: z.string(),
});

const factSchema = z.discriminatedUnion('fact', [
  z.object({
    fact: z.literal('dialog'),
    dialog: dialogSchema,
    tags: z.array(z.string()),
    accepted: z.object({ key: z.string(), sentAtMs: z.number() }).optional(),
    answer: z
      .object({
        sequence: z.int(),
        transactionId: z.string(),
        sentAtMs: z.number(),
        bytes,
        protocol: z.enum(['udp', 'tcp', 'tls']),
        remote: z.object({ address: z.string(), port: z.int() }),
      })
      .optional(),
    session: z
      .object({ intervalSeconds: z.int(), refresher: z.enum(['us', 'them']), refreshedAtMs: z.number() })
      .optional(),
    peerUpdates: z.boolean(),
    description: bytes.optional(),
  }),
  z.object({ fact: z.literal('dialog-acknowledged'), id: z.string() }),
  z.object({ fact: z.literal('dialog-ended'), id: z.string() }),
  z.object({ fact: z.literal('answered'), key: z.string(), sentAtMs: z.number(), bytes }),
]);

export type DialogFact = z.output<typeof factSchema>;

/** The fact, or undefined when it is none of ours, perhaps of another version. */
export function parseDialogFact(text: string): DialogFact | undefined {
  return factSchema.safeParse(JSON.parse(text)).data;
}
