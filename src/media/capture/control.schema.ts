// The control protocol of capture, version 1: what may stand in a frame, in both directions. One source of truth for the
// server, the client and anyone who writes another one.
//
// A client's first request is `hello`, its second `gates`: from the moment a connection ends until then, what comes is
// withheld, as a pause may have been ordered that never arrived. Each request carries an `id`, each answer carries it back.
// Every request may be given twice with the same effect. Times are wall-clock milliseconds since 1970.

import { z } from 'zod';
import { keyAndSaltBytes, type SrtpSuiteName, srtpSuites } from '#src/media/srtp';

export const controlVersion = 1;

const streamId = z.string().min(1).max(512);
const peer = z.object({ address: z.string().min(1).max(255), port: z.int().min(1).max(65_535) });
const count = z.int().min(0);
/** What the peer seals its packets with. */
const srtpKey = z
  .object({
    suite: z.enum(Object.keys(srtpSuites) as SrtpSuiteName[]),
    /** Master key with its salt behind it. */
    keyAndSalt: z.base64().max(64),
    identifier: z
      .string()
      .regex(/^([0-9a-f]{2}){1,128}$/)
      .exactOptional(),
  })
  .refine(({ suite, keyAndSalt }) => Buffer.from(keyAndSalt, 'base64').length === keyAndSaltBytes(suite), {
    path: ['keyAndSalt'],
    message: 'key and salt are not as long as the suite wants',
  });
const position = z.object({ segment: z.string(), block: count, offset: count });

/** Counted since this process opened or adopted the stream. */
const counters = z.object({
  /** RTP packets and their bytes (headers included) that went into the journal. */
  packets: count,
  bytes: count,
  rtcpPackets: count,
  /** By extended sequence numbers, over all packets that arrived, those of a pause included. */
  lost: count,
  late: count,
  duplicates: count,
  /** New SSRCs and jumps of the sequence. */
  restarts: count,
  /** Packets the pause gate dropped. */
  paused: count,
  /** Packets from elsewhere than the peer: no part of the recording. */
  foreign: count,
  /** Those of them that are kept beside it. */
  quarantined: count,
  /** Datagrams that are neither RTP nor RTCP; not recorded. */
  malformed: count,
  /** SRTP: packets that nobody sealed who has the key, or that were altered; not recorded. */
  unauthenticated: count,
  /** SRTP: packets that came a second time, or too late to tell; not recorded. */
  replayed: count,
});

const streamState = z.object({
  stream: streamId,
  address: z.string(),
  rtpPort: z.int(),
  rtcpPort: z.int(),
  peer: peer.nullable(),
  paused: z.boolean(),
  /** It is not known whether it is paused: `gates`, `pause` or `resume` has to say so. */
  withheld: z.boolean(),
  /** No RTP for silenceMsMax. */
  silent: z.boolean(),
  /** Its packets come sealed, in this way. */
  srtp: z.enum(Object.keys(srtpSuites) as SrtpSuiteName[]).exactOptional(),
  openedAtMs: z.number(),
  /** Where the stream begins in the journal. */
  from: position,
  note: z.string(),
  counters,
});

const request = <Name extends string, Shape extends z.core.$ZodLooseShape>(name: Name, shape: Shape) =>
  z.object({ id: count, request: z.literal(name), ...shape });

export const requestSchema = z.discriminatedUnion('request', [
  /** Takes ownership. A higher epoch fences the owner before; of one epoch the first holder is kept. */
  request('hello', { version: z.int(), epoch: count, holder: z.string().min(1).max(255) }),
  request('open', {
    stream: streamId,
    peer: peer.optional(),
    silenceMsMax: z.int().min(1),
    /** `unknown`: nothing of it can be read until `gates`, `pause` or `resume` says so. */
    paused: z.union([z.boolean(), z.literal('unknown')]),
    /** RTCP on the RTP port; else on the port above it. */
    rtcpMux: z.boolean(),
    /** Its packets come sealed; what is recorded is what was sealed. */
    srtp: srtpKey.exactOptional(),
    /** The client's own, given back by `list`. */
    note: z.string().max(16_384).default(''),
  }),
  request('move', { stream: streamId, peer }),
  /** Its sender was on hold and is not any more: silence counts from now. */
  request('expect', { stream: streamId }),
  /** The peer of a sealed stream seals with this key from now on; what it sealed with the key before is still taken. */
  request('rekey', { stream: streamId, srtp: srtpKey }),
  request('pause', { stream: streamId }),
  request('resume', { stream: streamId }),
  request('close', { stream: streamId }),
  /** What a new owner knows of the streams whose state is withheld. Those it does not name stay withheld. */
  request('gates', { paused: z.array(streamId), running: z.array(streamId) }),
  /** Streams that run, in the order of their numbers: those above `after`, `most` of them; all when both are left out. */
  request('list', { after: count.exactOptional(), most: z.int().min(1).exactOptional() }),
  request('stats', {}),
]);

const gated = z.object({
  /** From this time on it holds. */
  atMs: z.number(),
  position,
});

/** What each request is answered with. */
export const resultSchemas = {
  hello: z.object({ version: z.int(), incarnation: z.string(), streams: count }),
  open: z.object({ address: z.string(), rtpPort: z.int(), rtcpPort: z.int(), from: position }),
  move: z.object({ atMs: z.number() }),
  expect: z.object({ atMs: z.number() }),
  rekey: z.object({ atMs: z.number() }),
  pause: gated,
  resume: gated,
  /** Streams that stay withheld. */
  gates: z.object({ withheld: count }),
  /** `to` is behind the stream's last record. */
  close: z.object({ counters, from: position, to: position }),
  /** `next`: there are more, after this number. */
  list: z.object({ streams: z.array(streamState), next: count.exactOptional() }),
  stats: z.object({
    incarnation: z.string(),
    streams: count,
    streamsMax: count,
    packets: count,
    bytes: count,
    lost: count,
    paused: count,
    malformed: count,
    /** Records the journal had to drop because the disk refused. */
    recordsDropped: count,
    /** `scarce`: no stream can be opened until there is room again. */
    disk: z.enum(['ample', 'scarce']),
    position,
  }),
} as const;

export const eventSchema = z.discriminatedUnion('event', [
  /** No RTP for the stream's silenceMsMax; once, until it is heard again or `expect` is asked for. */
  z.object({ event: z.literal('silent'), stream: streamId, lastHeardAtMs: z.number() }),
  /** Streams whose counters changed since the last such event, at most one event every quietMs. */
  z.object({ event: z.literal('counters'), streams: z.array(z.object({ stream: streamId, counters })) }),
  z.object({ event: z.literal('alarm'), alarm: z.string(), message: z.string() }),
  /** The last frame of a connection whose owner was replaced. */
  z.object({ event: z.literal('fenced'), epoch: count, holder: z.string() }),
]);

export const answerSchema = z.union([
  z.object({ id: count, result: z.unknown() }),
  z.object({ id: count, error: z.object({ code: z.string(), message: z.string() }) }),
]);

export type ControlRequest = z.output<typeof requestSchema>;
export type ControlRequestInput = z.input<typeof requestSchema>;
export type ControlEvent = z.output<typeof eventSchema>;
export type ControlAnswer = z.output<typeof answerSchema>;
export type RequestName = ControlRequest['request'];
export type ResultOf<Name extends RequestName> = z.output<(typeof resultSchemas)[Name]>;
export type Peer = z.output<typeof peer>;
export type StreamCounters = z.output<typeof counters>;
export type StreamState = z.output<typeof streamState>;

/** A request, or the refusal to answer it with, which names what is allowed. */
export function parseRequest(value: unknown): ControlRequest | Extract<ControlAnswer, { error: unknown }> {
  const parsed = requestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const id = z.object({ id: count }).safeParse(value).data?.id ?? 0;
  return { id, error: { code: 'capture-request-invalid', message: z.prettifyError(parsed.error) } };
}
