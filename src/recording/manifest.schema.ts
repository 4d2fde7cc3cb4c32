// The manifest of a recording: who, what, when, what is missing, and what proves it. Facts first, signed as they stand.
// Published as JSON Schema; a field never changes its meaning.

import { z } from 'zod';

const ms = z.number().min(0);
const hex = z.string().regex(/^([0-9a-f]{2})*$/);

/** A stretch of a stream's timeline without packets that were sent. Milliseconds from the start of the recording. */
export const gapSchema = z.object({
  fromMs: ms,
  toMs: ms,
  /** Packets missing; 0 when their number cannot be known. */
  packets: z.int().min(0),
  certainty: z.enum(['exact', 'estimated']),
  plusMinusMs: ms.optional(),
});

/** Wall clock, ms since 1970. */
const intervalSchema = z.object({ fromMs: ms, toMs: ms });

const formatSchema = z.object({
  payloadType: z.int().min(0).max(127),
  codec: z.string(),
  clockRateHz: z.number().positive(),
  channels: z.int().min(1),
  parameters: z.string().optional(),
});

const streamSchema = z.object({
  stream: z.string(),
  dialog: z.string(),
  /** Number of the party whose voice this is. */
  party: z.string(),
  label: z.string().optional(),
  formats: z.array(formatSchema),
  packets: z.int().min(0),
  bytes: z.int().min(0),
  /** Packets that the sequence numbers promise and that never came. */
  lost: z.int().min(0),
  duplicates: z.int().min(0),
  /** Packets that the pause gate dropped. */
  paused: z.int().min(0),
  /** Wall clock of first and last packet, ms since 1970; null when none came. */
  firstMs: ms.nullable(),
  lastMs: ms.nullable(),
  /** Place on the recording's timeline. */
  startMs: ms,
  lengthMs: ms,
  gaps: z.array(gapSchema),
  /** Its packets came sealed (SRTP) in this way; what was refused is no part of it. */
  srtp: z.object({ suite: z.string(), unauthenticated: z.int().min(0), replayed: z.int().min(0) }).optional(),
  /** Whose voices are in it and when (wall clock), where a client's metadata tells; `party` is the first of them. */
  speakers: z.array(z.object({ number: z.string(), fromMs: ms, toMs: ms })).optional(),
  /** Several of them speak at the same time. */
  mixed: z.boolean().optional(),
  /** When its sender had it on hold. Wall clock. */
  holds: z.array(intervalSchema).optional(),
  endReason: z.string(),
});

const dialogSchema = z.object({
  dialog: z.string(),
  segment: z.string(),
  callId: z.string(),
  source: z.string(),
  invitedMs: ms,
  endedMs: ms,
  endReason: z.string(),
  endDetail: z.string().optional(),
  metadata: z.record(z.string(), z.string()),
});

const callSchema = z.object({
  /** Id of the communication session. */
  call: z.string(),
  sipSessionId: z.string().optional(),
  reason: z.string().optional(),
  parties: z.array(z.string()),
});

const copySchema = z.object({
  /** File of received packets in the recording's folder: a sealed journal segment. */
  file: z.string(),
  node: z.string(),
  bytes: z.int().min(0),
  sha256: hex,
  /** Digest of the last block: the head of the hash chain. */
  chainHead: hex,
});

/** What can be wrong with a recording; none of it hides the rest. */
export const problemSchema = z.object({
  code: z.enum([
    'one-party',
    'stream-short',
    'stream-empty',
    'packets-lost',
    'journal-cut',
    'undecodable',
    'source-unsignalled',
    'foreign-packets',
    'packets-unauthenticated',
    'metadata-unreadable',
  ]),
  stream: z.string().optional(),
  detail: z.string(),
});

export const manifestFactsSchema = z.object({
  version: z.literal(1),
  take: z.string(),
  recordingId: z.string(),
  tenant: z.string(),
  node: z.string(),
  callUuid: z.string().optional(),
  recordDn: z.string().optional(),
  startedMs: ms,
  endedMs: ms,
  endReason: z.string(),
  /** Length of the timeline: from the first packet of any stream to the end of the last one. */
  lengthMs: ms,
  /** First party left, second right; `none` was in the call, and its voice in no recorded stream that is known to be its own. */
  parties: z.array(
    z.object({ number: z.string(), name: z.string().optional(), channel: z.enum(['left', 'right', 'both', 'none']) }),
  ),
  /** Calls that a client's metadata tells of: several may follow one another in one recording, or run at once. */
  calls: z.array(intervalSchema.extend(callSchema.shape)).optional(),
  /** Who was in a call with whom, and when. */
  couples: z.array(intervalSchema.extend({ call: z.string(), parties: z.tuple([z.string(), z.string()]) })).optional(),
  dialogs: z.array(dialogSchema),
  streams: z.array(streamSchema),
  pauses: z.array(z.object({ fromMs: ms, toMs: ms, by: z.string() })),
  copies: z.array(copySchema),
  /** Packets that came from elsewhere than the peers, as far as they were kept: in a sealed file that is no part of the recording. */
  quarantine: copySchema
    .omit({ node: true })
    .extend({ packets: z.int().min(1) })
    .optional(),
  problems: z.array(problemSchema),
});

export const manifestSchema = z.object({
  facts: manifestFactsSchema,
  /** Ed25519 over the canonical JSON of `facts`. `keyId` is the SHA-256 of the public key. */
  signature: z.object({ algorithm: z.literal('ed25519'), keyId: hex, value: hex }),
});

export type Gap = z.output<typeof gapSchema>;
export type Problem = z.output<typeof problemSchema>;
export type ManifestFacts = z.output<typeof manifestFactsSchema>;
export type Manifest = z.output<typeof manifestSchema>;
