// What is asked and answered over HTTP, except lists of conversations, which have a file of their own.

import { z } from 'zod';
import { conversationSchema } from '#src/recording/consolidate';
import { grantsSchema, passwordLengthMax, passwordLengthMin, roles, savedSearchSchema } from './account.schema.ts';
import { auditEntrySchema } from './audit.schema.ts';
import { originalKinds } from './ports.protocol.ts';
import { noteTextSchema, remarksSchema, tagSchema, tagsMax } from './remarks.schema.ts';

const userName = z.string().trim().min(1).max(200);
const newPassword = z.string().min(passwordLengthMin).max(passwordLengthMax);
const anyPassword = z.string().min(1).max(passwordLengthMax);

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string().describe('stable: rely on this'),
  detail: z.string(),
});

export const tenantParamsSchema = z.object({ tenant: z.string().min(1).max(200) });
export const conversationParamsSchema = tenantParamsSchema.extend({ conversation: z.string().min(1).max(500) });
export const shareParamsSchema = conversationParamsSchema.extend({ share: z.string().max(100) });
export const tokenParamsSchema = z.object({ token: z.string().max(100) });
export const userParamsSchema = z.object({ user: userName });

export const signInSchema = z.object({ user: userName, password: anyPassword });
export const sessionSchema = z.object({
  user: z.string(),
  tenants: z.array(z.object({ tenant: z.string(), role: z.enum(roles), may: z.array(z.string()) })),
  isAdmin: z.boolean().describe('of every tenant'),
  expiresMs: z.number(),
});
export const passwordChangeSchema = z.object({ password: anyPassword, newPassword });

export const userSchema = z.object({ user: z.string(), grants: grantsSchema });
export const usersReplySchema = z.object({ users: z.array(userSchema) });
/** Without a password the user keeps the one they have. */
export const userChangeSchema = z.object({ password: newPassword.optional(), grants: grantsSchema });

export const tagsChangeSchema = z.object({ tags: z.array(tagSchema).max(tagsMax) });
export const newNoteSchema = z.object({ text: noteTextSchema });

const original = z.enum(originalKinds);
export const exportQuerySchema = z.object({
  with: z
    .union([original, z.array(original).max(originalKinds.length)])
    .optional()
    .describe(
      'wav: the audio as it was; flac: the same, packed; packets: what was received, as pcap, with the signed manifests',
    ),
});

export const heardSchema = z.enum(['ready', 'preparing', 'undecodable', 'none']);
export const conversationReplySchema = z.object({
  conversation: conversationSchema,
  remarks: remarksSchema,
  audio: z.object({ phase: heardSchema, why: z.string().optional() }),
});
export const couplesReplySchema = z.object({ couples: conversationSchema.shape.couples });

export const peaksSchema = z.object({ perSecond: z.number().positive(), channels: z.array(z.array(z.number())) });

export const shareHoursMax = 720;
export const newShareSchema = z.object({ hours: z.int().min(1).max(shareHoursMax).default(72) });
export const shareSchema = z.object({
  share: z.string(),
  by: z.string(),
  createdMs: z.number(),
  expiresMs: z.number(),
});
export const sharesReplySchema = z.object({ shares: z.array(shareSchema) });
export const newShareReplySchema = shareSchema.extend({ path: z.string().describe('the link; told only now') });
/** What a link shows: what can be heard, and who speaks when; neither couples nor external data. */
export const sharedReplySchema = z.object({
  conversation: conversationSchema.omit({ couples: true, externalData: true, sources: true, aliases: true }),
  audio: z.object({ phase: heardSchema, why: z.string().optional() }),
  expiresMs: z.number(),
});

export const searchesSchema = z.object({ searches: z.array(savedSearchSchema).max(100) });
export const auditReplySchema = z.object({ entries: z.array(auditEntrySchema) });
export const auditQuerySchema = z.object({ limit: z.coerce.number().int().min(1).max(1_000).default(200) });
export const stateSchema = z.object({ state: z.string() });

export type SessionReply = z.output<typeof sessionSchema>;
export type ConversationReply = z.output<typeof conversationReplySchema>;
export type SharedReply = z.output<typeof sharedReplySchema>;
export type SharesReply = z.output<typeof sharesReplySchema>;
export type NewShareReply = z.output<typeof newShareReplySchema>;
export type SearchesReply = z.output<typeof searchesSchema>;
