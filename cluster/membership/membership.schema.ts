// What is said when a node joins a cluster: the invitation that a person carries, what is asked over the wire, what is given.

import { z } from 'zod';

export const invitationSchema = z.object({
  /** Where the inviting node waits. */
  host: z.string().min(1),
  port: z.int().min(1).max(65_535),
  /** The node that is invited. */
  node: z.string().min(1),
  /** SHA-256 of the certificate the inviting node will show, as hexadecimal pairs with colons. */
  fingerprint: z.string().regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
  /** Shows that whoever comes has read this. */
  secret: z.string().regex(/^[0-9a-f]{64}$/),
});

/** `publicKey`: PEM of the key that is to be certified. */
export const askedSchema = z.object({ secret: z.string(), publicKey: z.string().max(4_096) });

/** Each PEM. */
export const givenSchema = z.object({ certificate: z.string(), authorities: z.string(), journalKey: z.string() });

export type Invitation = z.output<typeof invitationSchema>;
