// A conversation put together: what all cores and all recorders know of it, once. Everything in it follows from the facts alone, so
// whoever puts the same facts together, in whatever order, gets the same conversation.

import { z } from 'zod';
import { coupleSchema, gapSchema, problemStatuses } from '#src/recording';

const text = z.string();
/** Ms since 1970, in the time of the node whose take is the measure of this conversation. */
const wallClockMs = z.number();
/** Ms from the beginning of the conversation's audio. */
const offsetMs = z.number().min(0);

const participantSchema = z.object({
  /** Number by which it is called in couples and manifests. */
  number: text,
  name: text.optional(),
  agentId: text.optional(),
  role: z.enum(['customer', 'agent']),
  fromMs: wallClockMs,
  toMs: wallClockMs.optional(),
});

/** What happened when, in words that a supervisor knows. */
const eventSchema = z.object({
  kind: z.enum([
    'ringing',
    'talk',
    'hold',
    'pause',
    'transfer',
    'conference',
    'consult',
    'after-call-work',
    'restart',
    'gap',
  ]),
  fromMs: wallClockMs,
  /** Absent while it lasts. */
  toMs: wallClockMs.optional(),
  /** The party it concerns; absent when all of them. */
  party: text.optional(),
  detail: text.optional(),
});

/** A value is never guessed: who said it is part of it. */
const externalDatumSchema = z.object({
  key: text,
  value: text,
  displayName: text.optional(),
  /** The couple that brought it. */
  sid: text,
});

/** A recorder's take, and what became of it here. */
const sourceSchema = z.object({
  take: text,
  node: text,
  state: z.enum(['used', 'synchronised', 'not-used']),
  /** Why it is not used; that it has not arrived yet, for one. */
  why: text.optional(),
  /** What is added to its clock to get this conversation's, and how that was found. */
  clock: z
    .object({
      offsetMs: z.number(),
      plusMinusMs: z.number().min(0),
      by: z.enum(['same-clock', 'packets', 'rtcp', 'told']),
    })
    .optional(),
});

/** The voice of one party, put together of all copies of it. */
const trackSchema = z.object({
  party: text,
  channel: z.enum(['left', 'right', 'both']),
  /** Which copy supplied what; stretches follow one another and do not overlap. */
  supplied: z.array(z.object({ fromMs: offsetMs, toMs: offsetMs, take: text, stream: text })),
  packets: z.int().min(0),
  /** What no copy has. */
  gaps: z.array(gapSchema),
});

export const conversationSchema = z.object({
  /** Smallest name of a call in it: it becomes smaller when facts join it to another one. */
  conversation: text,
  /** Ids by which it has been known, its own among them. Who asks for one of these means this conversation. */
  aliases: z.array(text),
  tenant: text,
  phase: z.enum(['running', 'ended', 'deleted']),
  direction: z.enum(['unknown', 'internal', 'inbound', 'outbound', 'consult']),
  startedMs: wallClockMs,
  endedMs: wallClockMs.optional(),
  /** When its audio begins, and how long that is; absent while there is none. */
  audio: z.object({ startedMs: wallClockMs, lengthMs: z.number().min(0) }).optional(),
  problem: z.enum(problemStatuses),
  participants: z.array(participantSchema),
  timeline: z.array(eventSchema),
  externalData: z.array(externalDatumSchema),
  couples: z.array(coupleSchema),
  tracks: z.array(trackSchema),
  sources: z.array(sourceSchema),
  /** More calls than may be one conversation were joined, and stand for themselves now: somebody should look. */
  isTorn: z.boolean(),
});

export type Conversation = z.output<typeof conversationSchema>;
export type Participant = Conversation['participants'][number];
export type TimelineEvent = Conversation['timeline'][number];
export type Source = Conversation['sources'][number];
export type Track = Conversation['tracks'][number];
