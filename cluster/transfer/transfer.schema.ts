// What a node and a replay store say to each other. The node listens, for it does not know its stores; the store dials, proves
// that it knows the cluster's secret, has the node prove the same, and asks. Frames of a length and JSON, as on every link.
//
//     node       challenge ─▶
//     store                ◀─ hello
//     node       welcome   ─▶
//     store                ◀─ list, look, read, receipt     each with an id; answers bear it
//     node       finished  ─▶                               what came since it was asked for a list
//
// A transfer that was cut goes on by asking for the next byte: there is nothing else to resume.

import { z } from 'zod';

export const transferVersion = 1;

/** The most bytes of a file that are asked for at once. As base64 it fits a frame many times. */
export const pieceBytesMax = 512 * 1024;
/** The most recordings that are named at once. */
export const listedMax = 500;
/** Requests of one store that a node works on at a time. */
export const requestsMax = 32;

const name = z.string().min(1).max(128);
const text = z.string().max(4_096);
const nonce = z.string().regex(/^[0-9a-f]{32}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const proof = sha256;
const version = z.int();
const id = z.int();
/** Never a path that leads elsewhere. */
const fileName = z.string().regex(/^\w[\w.-]{0,254}$/);

/** Where a recording stands, in a node as in a store: the UTC day on which it began, and its take. */
export const placeSchema = z.object({
  day: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  take: z.string().regex(/^[\w-]{1,255}$/),
});

export type Place = z.output<typeof placeSchema>;

/** What a store says. */
export const fromStoreSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), version, store: name, nonce, proof }),
  z.object({ type: z.literal('ping') }),
  /** Recordings of which it has sent no receipt, behind `after`. */
  z.object({ type: z.literal('list'), id, after: placeSchema.optional() }),
  /** The files of one. */
  z.object({ type: z.literal('look'), id, place: placeSchema }),
  z.object({
    type: z.literal('read'),
    id,
    place: placeSchema,
    file: fileName,
    offset: z.int().min(0),
    bytes: z.int().min(1).max(pieceBytesMax),
  }),
  /** It is there for good, every digest holds. */
  z.object({ type: z.literal('receipt'), id, place: placeSchema, manifestSha256: sha256 }),
]);

export type FromStore = z.output<typeof fromStoreSchema>;

/** What a node says. */
export const fromNodeSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('challenge'), version, node: name, nonce }),
  z.object({ type: z.literal('welcome'), proof }),
  z.object({ type: z.literal('refused'), code: text, message: text }),
  z.object({ type: z.literal('ping') }),
  z.object({ type: z.literal('finished'), places: z.array(placeSchema).max(listedMax) }),
  z.object({ type: z.literal('listed'), id, places: z.array(placeSchema).max(listedMax), more: z.boolean() }),
  z.object({ type: z.literal('looked'), id, files: z.array(z.object({ file: fileName, bytes: z.int().min(0) })) }),
  z.object({ type: z.literal('piece'), id, base64: z.string() }),
  z.object({ type: z.literal('noted'), id }),
  z.object({ type: z.literal('failed'), id, code: text, message: text }),
]);

export type FromNode = z.output<typeof fromNodeSchema>;
