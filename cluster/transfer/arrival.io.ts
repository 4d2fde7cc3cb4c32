// One recording on its way into a store. It comes into a folder that nobody looks into, piece by piece, and what is there after a
// cut stays; when every digest of its manifest holds, one rename puts it in place. Must never let in what was not signed for.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TwinreelError } from '#src/errors';
import { systemFiles } from '#src/journal';
import {
  destroyedFile,
  destroyedNote,
  destroyMedia,
  type Manifest,
  type ManifestFacts,
  manifestFile,
  manifestSchema,
  readDestroyed,
} from '#src/recording';
import { type Place, pieceBytesMax } from './transfer.schema.ts';

/** Where recordings come from. */
export interface RecordingSource {
  look(place: Place): Promise<readonly { readonly file: string; readonly bytes: number }[]>;
  read(place: Place, file: string, offset: number, bytes: number): Promise<Buffer>;
  receipt(place: Place, manifestSha256: string): Promise<void>;
}

export interface ArrivalOptions {
  readonly recordingsDir: string;
  /** Whether the node that names itself signed it. */
  readonly signature: (manifest: Manifest) => 'holds' | 'broken' | 'signer-unknown';
  /** Of one that was discarded no media is fetched: what stands in its place. Undefined of any other. */
  readonly discarded?: (facts: ManifestFacts) => Promise<DestroyedBy | undefined>;
  /** A recording is there: durable. Its node hears so when it resolves; may be said of one again. */
  readonly onArrived?: (place: Place, how: Arrived) => Promise<void> | void;
}

interface DestroyedBy {
  readonly by: string;
  readonly atMs: number;
}

/** `there`: it was already. `destroyed`: its media was destroyed at its node, and here, or was discarded before it came. */
export type Arrived = 'arrived' | 'there' | 'destroyed';

/** Pieces of one file that are asked for ahead. */
const aheadMax = 3;
const manifestBytesMax = 64 * 2 ** 20;

/**
 * Brings one recording into the store and tells its node; resolves when it is durable here and its node has noted that.
 * Rejects with `transfer-damaged` where a digest does not hold, `transfer-refused` where it is not who it says it is, and
 * `link-lost`: what has come until then is kept for the next attempt.
 */
export async function arrive(place: Place, source: RecordingSource, options: ArrivalOptions): Promise<Arrived> {
  const folder = join(options.recordingsDir, place.day, place.take);
  const offered = await source.look(place);
  const isDestroyed = offered.some(({ file }) => file === destroyedFile);
  const there = await readFile(join(folder, manifestFile)).catch(() => undefined);
  if (there) {
    if (isDestroyed) await destroyHere(place, source, options);
    const how = isDestroyed ? 'destroyed' : 'there';
    await options.onArrived?.(place, how);
    await source.receipt(place, digestOf(there));
    return how;
  }
  const arriving = join(options.recordingsDir, '.arriving', place.take);
  // What has come of media that is destroyed now must not get in.
  if (isDestroyed) await rm(arriving, { recursive: true, force: true });
  await mkdir(arriving, { recursive: true, mode: 0o700 });
  const bytes = await whole(place, manifestFile, sizeOf(offered, manifestFile), source);
  const manifest = checked(bytes, place, options);
  const note = isDestroyed
    ? readDestroyed(await whole(place, destroyedFile, sizeOf(offered, destroyedFile), source))
    : await options.discarded?.(manifest.facts);
  if (note) await durably(join(arriving, destroyedFile), destroyedNote(place.take, note));
  else {
    const { copies, quarantine } = manifest.facts;
    for (const file of [...copies, ...(quarantine ? [quarantine] : [])]) await fetchFile(place, file, arriving, source);
  }
  await durably(join(arriving, manifestFile), bytes);
  await systemFiles.syncFolder(arriving);
  await putInPlace(arriving, folder);
  const how = note ? 'destroyed' : 'arrived';
  await options.onArrived?.(place, how);
  await source.receipt(place, digestOf(bytes));
  return how;
}

function checked(bytes: Buffer, place: Place, { signature }: ArrivalOptions): Manifest {
  const manifest = manifestOf(bytes);
  const { take, startedMs } = manifest?.facts ?? {};
  const day = startedMs === undefined ? undefined : new Date(startedMs).toISOString().slice(0, 10);
  if (!manifest || take !== place.take || day !== place.day) {
    const message = `what was offered as ${place.take} of ${place.day} has a manifest of ${take ?? 'nothing'} of ${day ?? 'no day'}`;
    throw new TwinreelError('transfer-refused', message, place);
  }
  if (signature(manifest) === 'broken') {
    throw new TwinreelError('transfer-refused', `the signature of ${place.take} does not hold`, place);
  }
  const { copies, quarantine } = manifest.facts;
  const stray = [...copies, ...(quarantine ? [quarantine] : [])].find(
    ({ file }) => !/^[\w-][\w.-]*\.(rtp|quarantine)$/.test(file),
  );
  if (stray) {
    throw new TwinreelError(
      'transfer-refused',
      `${place.take} names a file '${stray.file}': no file of packets`,
      place,
    );
  }
  return manifest;
}

function manifestOf(bytes: Buffer): Manifest | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

interface WantedFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Goes on behind what is there. What is there of another file is found by the digest, and fetched once more from its beginning. */
async function fetchFile(place: Place, wanted: WantedFile, folder: string, source: RecordingSource): Promise<void> {
  const path = join(folder, wanted.file);
  const had = (await systemFiles.sizeOf(path)) ?? 0;
  const from = had > wanted.bytes ? 0 : had;
  await append(place, wanted, path, from, source);
  if ((await digestOfFile(path)) === wanted.sha256) return;
  if (from > 0) {
    await append(place, wanted, path, 0, source);
    if ((await digestOfFile(path)) === wanted.sha256) return;
  }
  await rm(path);
  const message = `${wanted.file} of ${place.take} is not what its manifest says (sha256 ${wanted.sha256})`;
  throw new TwinreelError('transfer-damaged', message, { ...place, file: wanted.file });
}

async function append(place: Place, wanted: WantedFile, path: string, from: number, source: RecordingSource) {
  const file = await open(path, from === 0 ? 'w' : 'r+', 0o600);
  try {
    await fetchPieces(place, wanted, file, from, source);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Several pieces are on their way at a time; they are written in their order, so that the size says how far it has come. */
async function fetchPieces(
  place: Place,
  { file, bytes }: WantedFile,
  into: FileHandle,
  from: number,
  source: RecordingSource,
) {
  const coming: { readonly at: number; readonly piece: Promise<Buffer> }[] = [];
  let asked = from;
  for (let at = from; at < bytes; ) {
    while (asked < bytes && coming.length < aheadMax) {
      const piece = source.read(place, file, asked, Math.min(pieceBytesMax, bytes - asked));
      piece.catch(() => {}); // heard of when it is its turn
      coming.push({ at: asked, piece });
      asked += pieceBytesMax;
    }
    const piece = await coming.shift()!.piece;
    if (piece.length === 0 || (piece.length < pieceBytesMax && at + piece.length < bytes)) {
      const message = `${file} of ${place.take} ends at ${at + piece.length} bytes, its manifest says ${bytes}`;
      throw new TwinreelError('transfer-damaged', message, { ...place, file });
    }
    await into.write(piece, 0, piece.length, at);
    at += piece.length;
  }
}

async function whole(place: Place, file: string, bytes: number, source: RecordingSource): Promise<Buffer> {
  if (bytes > manifestBytesMax) {
    throw new TwinreelError(
      'transfer-refused',
      `${file} of ${place.take} has ${bytes} bytes, ${manifestBytesMax} are allowed`,
    );
  }
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes; at += pieceBytesMax) pieces.push(await source.read(place, file, at, pieceBytesMax));
  return Buffer.concat(pieces);
}

function sizeOf(offered: readonly { readonly file: string; readonly bytes: number }[], wanted: string): number {
  return offered.find(({ file }) => file === wanted)?.bytes ?? 0;
}

/** As at its node: by the same person, at the same time. */
async function destroyHere(place: Place, source: RecordingSource, { recordingsDir }: ArrivalOptions): Promise<void> {
  const offered = await source.look(place);
  const note = readDestroyed(await whole(place, destroyedFile, sizeOf(offered, destroyedFile), source));
  await destroyMedia(recordingsDir, place.take, note);
}

async function putInPlace(arriving: string, folder: string): Promise<void> {
  const day = dirname(folder);
  systemFiles.makeFolder(day);
  await rename(arriving, folder);
  await systemFiles.syncFolder(day);
}

async function durably(path: string, bytes: Buffer): Promise<void> {
  await writeFile(path, bytes, { mode: 0o600, flush: true });
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
