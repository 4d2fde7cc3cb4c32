// One line of the audit: who did what with which conversation, and when.

import { z } from 'zod';

export const auditVerbs = [
  'signed-in',
  'sign-in-refused',
  'signed-out',
  'viewed',
  'played',
  'exported',
  'shared',
  'share-ended',
  'tagged',
  'noted',
  'user-changed',
  'user-removed',
  'password-changed',
  'audit-read',
  'discarded',
] as const;

export const auditEntrySchema = z.object({
  atMs: z.number(),
  verb: z.enum(auditVerbs),
  /** Who; `share …` when by a link; `replay` by itself. */
  user: z.string(),
  address: z.string(),
  /** Absent where it is about no tenant. */
  tenant: z.string().optional(),
  conversation: z.string().optional(),
  detail: z.string().optional(),
});

export type AuditEntry = z.output<typeof auditEntrySchema>;
