// What people say of a conversation.

import { z } from 'zod';

export const tagSchema = z.string().trim().min(1).max(64);
export const tagsMax = 32;
export const noteTextSchema = z.string().trim().min(1).max(4_000);

export const remarksSchema = z.object({
  tags: z.array(z.string()),
  /** Oldest first. */
  notes: z.array(z.object({ note: z.number(), by: z.string(), atMs: z.number(), text: z.string() })),
});

export type Remarks = z.output<typeof remarksSchema>;
