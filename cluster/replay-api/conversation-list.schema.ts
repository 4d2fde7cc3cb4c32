// What conversations can be searched by, and what a list says of each.

import { z } from 'zod';
import { problemStatuses } from '#src/recording';
import { conversationSchema } from '#src/recording/consolidate';

const words = z.string().trim().min(1).max(200);
const wallClockMs = z.coerce.number().int().min(0).max(8.64e15);
const lengthMs = z.coerce.number().int().min(0).max(31_536_000_000);

const { direction, conversation, phase, startedMs, endedMs, problem, participants, audio } = conversationSchema.shape;

/** As it stands in a URL. All of them must hold. */
export const filtersSchema = z.object({
  fromMs: wallClockMs.optional().describe('begun at or after, ms since 1970'),
  toMs: wallClockMs.optional().describe('begun before, ms since 1970'),
  dn: words.optional().describe('a recorded DN'),
  agent: words.optional().describe('id of an agent'),
  number: words.optional().describe('number of a participant: a part of it from three digits on, its beginning before'),
  direction: direction.optional(),
  lengthMsMin: lengthMs.optional(),
  lengthMsMax: lengthMs.optional(),
  key: words.optional().describe('name of an external datum'),
  value: words.optional().describe('how its value begins; goes with key'),
  tag: words.optional(),
  problem: z
    .enum([...problemStatuses, 'any'])
    .optional()
    .describe('any: whatever is not NO_PROBLEM'),
  text: words.optional().describe('words, or how they begin: numbers, names, external data, tags, notes'),
});

export const searchSchema = filtersSchema.extend({
  after: z.string().max(1_000).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const conversationRowSchema = z.object({
  conversation,
  phase,
  direction,
  startedMs,
  endedMs,
  problem,
  participants,
  audio,
});

export const foundPageSchema = z.object({ conversations: z.array(conversationRowSchema), next: z.string().optional() });

export type Filters = z.output<typeof filtersSchema>;
export type ConversationRow = z.output<typeof conversationRowSchema>;
export type FoundPageReply = z.output<typeof foundPageSchema>;
