// A couple: one recorded conversation between two parties, as a core knows it. The later of two words on a couple replaces the
// earlier one whole; what several cores know of one couple carries the same `sid`.

import { z } from 'zod';
import { measuredClockSchema } from './session-news.schema.ts';

const text = z.string();
const wallClockMs = z.number();

/** Why a couple is not what it should be; the names are those of the guide's recorder. */
export const problemStatuses = [
  'NO_PROBLEM',
  'STILL_SAVING_STREAM',
  'NO_STREAMS',
  'ONLY_ONE_STREAM',
  'ONE_STREAM_INCOMPLETE',
  'STREAM_IS_NULL',
  'NO_REPLY_FROM_RECORDER',
  'ALL_STREAM_DELETED',
] as const;

/** Whether it is being recorded, as others are told (guide ch. 4, Notification of Recording). */
export const recordingStates = [
  'recording',
  'not-recording',
  'no-longer-recording',
  'prerecording',
  'undefined',
] as const;

const recordingState = z.enum(recordingStates);

const stretch = z.object({ fromMs: wallClockMs, toMs: wallClockMs.optional() });

/** What one recorder has of a couple. */
const takeSchema = z.object({
  take: text,
  node: text,
  phase: z.enum(['running', 'ended', 'finished', 'lost']),
  /** Streams by party that hold audio, or may. */
  streams: z.array(z.object({ party: text, packets: z.number().optional() })),
  /** In the clock of its node. */
  pauses: z.array(stretch),
  /** What is added to times of its node to have them in the clock of this couple, as its core measured it. */
  clock: measuredClockSchema.optional(),
  folder: text.optional(),
  /** Its media is gone for good. */
  destroyed: z.literal(true).optional(),
  /** What the node that took it says of itself, such as where it stands: copies at several locations can be told apart. */
  tags: z.record(z.string(), z.string()).optional(),
});

export const coupleSchema = z.object({
  /** Names the couple everywhere: from tenant, CallUUID, recorded DN and PartyUUID. */
  sid: text,
  /** Other sids that mean this couple: media began it before any event had named its party, and who heard the event first names it by that. */
  sameAs: z.array(text).optional(),
  tenant: text,
  switch: text.optional(),
  callUuid: text,
  connIds: z.array(text),
  /** Calls that its events say it belongs with (a transfer, a conference, a question to a colleague), as conversation.ts names them. */
  partOf: z.array(text).optional(),
  recordingId: text,
  /** The recorded party, and the full name of its agent, or what a recording client calls it. */
  dn: text,
  name: text.optional(),
  /** The party it talks with; absent while nobody has said. */
  otherDn: text.optional(),
  otherName: text.optional(),
  partyUuid: text.optional(),
  callType: z.enum(['unknown', 'internal', 'inbound', 'outbound', 'consult']),
  agentId: text.optional(),
  phase: z.enum(['talking', 'held', 'ended']),
  startedMs: wallClockMs,
  establishedMs: wallClockMs.optional(),
  endedMs: wallClockMs.optional(),
  /** After-call work (wrap-up) of the agent, once the call is over. */
  afterCallWork: stretch.optional(),
  holds: z.array(stretch),
  /** Who had the recording started, and what became of asking. */
  request: z.object({
    by: z.enum(['rule', 'other', 'nobody']),
    phase: z.enum(['none', 'asked', 'accepted', 'refused']),
    why: text,
    /** What was said with it: the side of the call the recording is pinned to (geo-location), and where it is to go. */
    record: z.enum(['source', 'destination']).optional(),
    dest: text.optional(),
    dest2: text.optional(),
  }),
  /** What others are told of it now, for the `n`th time: every word on a couple has another number. */
  status: z.object({ n: z.int().min(1), atMs: wallClockMs, audio: recordingState, video: recordingState }).optional(),
  /** Whether it is kept: `pre-recording` only if somebody asks for it in time; of one that is `discarded` the media is destroyed. */
  standing: z.enum(['recording', 'pre-recording', 'discarded']),
  /** A rule wants the agent's screen, too. */
  screen: z.boolean().optional(),
  problem: z.enum(problemStatuses),
  takes: z.array(takeSchema),
  /** `GEN_…` keys and their values; a couple without telephony events has only what its recorder told. */
  externalData: z.record(z.string(), z.string()),
  /** What people call some of these keys, as the tenant's settings say. */
  displayNames: z.record(z.string(), z.string()).optional(),
});

export type Couple = z.output<typeof coupleSchema>;
export type RecordingState = (typeof recordingStates)[number];
export type ProblemStatus = (typeof problemStatuses)[number];
