// What a recorder and a core say to each other over their link. The recorder dials, the core listens (guide: `-w`). Frames of
// a length and JSON; unknown fields are let pass, so that two versions can talk during a rolling reload.
//
//     core       challenge ─▶
//     recorder             ◀─ hello       knows the secret
//     core       welcome   ─▶             knows it too
//     recorder             ◀─ news …      every session there is
//     recorder             ◀─ synced      that was all of them
//     both       ping, news, forgotten; command ─▶ ◀─ result

import { z } from 'zod';
import { sessionNewsSchema } from '#src/recording';

export const linkVersion = 1;

/** The longest frame, in bytes of JSON: a session of many dialogs with all their headers. */
export const linkFrameBytesMax = 4 * 2 ** 20;

const name = z.string().min(1).max(128);
const text = z.string().max(4_096);
const wallClockMs = z.number();

const nonce = z.string().regex(/^[0-9a-f]{32}$/);
const proof = z.string().regex(/^[0-9a-f]{64}$/);
const version = z.int();

export const linkCommandSchema = z.object({
  command: z.enum(['pause', 'resume', 'stop', 'destroy']),
  /** A recording id or a take. */
  recording: text,
  by: text,
  /** Names an order to pause; with a resume, those that it takes back: all when it is absent. */
  orders: z.array(text).optional(),
  /** The lease it is given under; absent where none was ever taken. */
  mandate: z.object({ shard: text, epoch: z.object({ n: z.int(), holder: text }) }).optional(),
});

export type LinkCommand = z.output<typeof linkCommandSchema>;

/** What a recorder says. */
export const fromRecorderSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    version,
    node: name,
    pid: z.int(),
    startedMs: wallClockMs,
    streamsMax: z.int(),
    /** Where its node accepts connections as long as it lives; without a host, where the link comes from. */
    life: z.object({ host: text.optional(), port: z.int() }).optional(),
    /** When it was said, by the clock of this node. */
    atMs: wallClockMs.optional(),
    nonce,
    proof,
  }),
  /** `again`: it is forgotten already, and may have been told before; a core that was away has not heard it. */
  z.object({
    type: z.literal('news'),
    session: sessionNewsSchema.omit({ clock: true }),
    again: z.literal(true).optional(),
  }),
  /** Its recording is finished, or there was nothing in it: no more will be said of this take. */
  z.object({ type: z.literal('forgotten'), take: text }),
  z.object({ type: z.literal('synced') }),
  z.object({
    type: z.literal('ping'),
    sessions: z.int(),
    streams: z.int(),
    backlog: z.int(),
    atMs: wallClockMs.optional(),
    /** The core's last ping, and how long ago it came: so the core learns how far apart the clocks are. */
    echo: z.object({ atMs: wallClockMs, heldMs: z.number().min(0) }).optional(),
  }),
  z.object({ type: z.literal('result'), id: z.int(), takes: z.array(text) }),
  z.object({ type: z.literal('failed'), id: z.int(), code: text, message: text }),
]);

export type FromRecorder = z.output<typeof fromRecorderSchema>;

/** What a core says. */
export const fromCoreSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('challenge'), version, node: name, process: name, nonce }),
  z.object({ type: z.literal('welcome'), proof }),
  z.object({ type: z.literal('refused'), code: text, message: text }),
  z.object({ type: z.literal('ping'), atMs: wallClockMs.optional() }),
  linkCommandSchema.extend({ type: z.literal('command'), id: z.int() }),
]);

export type FromCore = z.output<typeof fromCoreSchema>;
