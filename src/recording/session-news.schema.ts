// What a recorder tells of one of its sessions: all that it knows now. Cores match it with the calls they watch.

import { z } from 'zod';

const name = z.string().min(1).max(128);
const text = z.string().max(4_096);
const wallClockMs = z.number();

const pauseSchema = z.object({
  fromMs: wallClockMs,
  toMs: wallClockMs.optional(),
  by: text,
  /** Orders to pause that it follows from, by name. */
  orders: z.array(text).optional(),
});

const dialogSchema = z.object({
  dialog: text,
  callId: text,
  fromTag: text,
  phase: z.enum(['opening', 'answered', 'ended']),
  /** The party whose audio it carries. */
  dn: text.optional(),
  otherDn: text.optional(),
  recordDn: text.optional(),
  /** `address:port` the INVITE came from. */
  source: text,
  invitedMs: wallClockMs,
  endedMs: wallClockMs.optional(),
  endReason: text.optional(),
  /** Further Request-URI parameters and vendor headers, by lower-case name. */
  metadata: z.record(z.string(), z.string()),
});

const streamSchema = z.object({
  stream: text,
  dialog: text,
  party: text,
  label: text.optional(),
  phase: z.enum(['wanted', 'open', 'ending', 'closed']),
  codecs: z.array(text),
  packets: z.number().optional(),
  endReason: text.optional(),
});

/** What a recording client says of its calls; without `toMs` it lasts. */
const toldSchema = z.object({
  parties: z.array(z.object({ number: text, name: text.optional() })),
  calls: z.array(
    z.object({
      call: text,
      sipSessionId: text.optional(),
      reason: text.optional(),
      parties: z.array(text),
      fromMs: wallClockMs,
      toMs: wallClockMs.optional(),
    }),
  ),
  couples: z.array(
    z.object({ call: text, parties: z.tuple([text, text]), fromMs: wallClockMs, toMs: wallClockMs.optional() }),
  ),
});

/** What is added to times of a node to have them in a core's clock, and by how much that may be wrong. */
export const measuredClockSchema = z.object({ offsetMs: z.number(), plusMinusMs: z.number().min(0) });

/** All that a recorder knows of one session now. The later one of two replaces the earlier one whole. */
export const sessionNewsSchema = z.object({
  take: text,
  recordingId: text,
  tenant: name,
  node: name,
  form: z.enum(['msr', 'siprec']),
  phase: z.enum(['recording', 'lingering', 'closing', 'finishing', 'finished']),
  callUuid: text.optional(),
  recordDn: text.optional(),
  startedMs: wallClockMs,
  endedMs: wallClockMs.optional(),
  endReason: text.optional(),
  /** A pause holds: capture has said so. */
  paused: z.boolean(),
  pauses: z.array(pauseSchema),
  dialogs: z.array(dialogSchema),
  streams: z.array(streamSchema),
  told: toldSchema.optional(),
  /** What its node says of itself. */
  tags: z.record(z.string(), z.string()).optional(),
  /** The finished recording, as its node names it. */
  folder: text.optional(),
  /** Its node's clock, as the core measured it that was told. */
  clock: measuredClockSchema.optional(),
});

export type SessionNews = z.output<typeof sessionNewsSchema>;
