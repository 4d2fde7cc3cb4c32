// Turns ended takes into recordings: their packets out of the capture journal into a sealed file of their own, a signed
// manifest beside it, and the folder in its place by one rename. A crash at any point leaves nothing or a whole recording;
// finishing again then does everything again. Must never change or delete what capture wrote.

import { createHash, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  comparePositions,
  type Position,
  type RecoveryReport,
  readStreams,
  SealedFile,
  type StreamRecord,
} from '#src/journal';
import { builtInDecoders } from '#src/media/codec';
import { TimelineBuilder } from '#src/media/timeline';
import type { Clock, Random } from '#src/ports';
import { type FoundStream, manifestFacts } from './facts.ts';
import type { ManifestFacts } from './manifest.schema.ts';
import { payloadMapOf } from './payloads.ts';
import { signManifest } from './signature.ts';
import { folderOf, manifestFile } from './store.io.ts';
import type { Take } from './take.ts';

export interface FinishOptions {
  readonly journalDir: string;
  /** Name of the writer whose segments hold the packets. */
  readonly journalWriter: string;
  readonly recordingsDir: string;
  /** Opens the journal. */
  readonly privateKey: KeyObject;
  /** Seals the recording's packets. */
  readonly publicKey: KeyObject;
  /** Ed25519; signs the manifest. */
  readonly signingKey: KeyObject;
  readonly packetsMin: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** A take in its place. */
export interface FinishedFolder {
  readonly take: string;
  readonly folder: string;
  readonly facts: ManifestFacts;
}

/**
 * Finishes a batch of takes in one pass over the journal, none of them twice in it. A folder that is in place already is
 * left as it is. Rejects when one take cannot be finished; those before it may be.
 */
export async function finishTakes(takes: readonly Take[], options: FinishOptions): Promise<FinishedFolder[]> {
  const drafts: Draft[] = [];
  try {
    for (const take of takes) drafts.push(await Draft.begin(take, options));
    const byStream = new Map(drafts.flatMap((draft) => draft.take.streams.map((one) => [one.stream, draft] as const)));
    const reports = await readPackets(drafts, byStream, options);
    const finished: FinishedFolder[] = [];
    for (const draft of drafts) finished.push(await draft.finish(reports));
    return finished;
  } catch (error) {
    await Promise.allSettled(drafts.map((draft) => draft.abandon()));
    throw error;
  }
}

async function readPackets(
  drafts: readonly Draft[],
  byStream: ReadonlyMap<string, Draft>,
  options: FinishOptions,
): Promise<readonly RecoveryReport[]> {
  const streams = drafts.flatMap((draft) => draft.take.streams);
  if (streams.length === 0) return [];
  const from = streams.map((one) => one.from).reduce((a, b) => (comparePositions(a, b) <= 0 ? a : b));
  const to = streams.map((one) => one.to).reduce((a, b) => (comparePositions(a, b) >= 0 ? a : b));
  const { journalDir: folder, journalWriter: writer, privateKey } = options;
  // From the start of the first segment: the facts that bind stream numbers stand there.
  const range = { from: startOf(from), to };
  const reading = readStreams({ folder, writer, privateKey, streams: new Set(byStream.keys()), range });
  for (;;) {
    const { done, value } = await reading.next();
    if (done) return value;
    for (const record of value) byStream.get(record.stream)!.add(record);
  }
}

function startOf(position: Position): Position {
  return { segment: position.segment, block: 0, offset: 0 };
}

interface FoundPackets {
  readonly number: number;
  readonly timeline: TimelineBuilder;
  packets: number;
  bytes: number;
  firstMs: number | null;
  lastMs: number | null;
}

/** A recording in the making: a folder that nobody looks into until it is renamed. */
class Draft {
  readonly take: Take;
  readonly #options: FinishOptions;
  readonly #folder: string;
  readonly #packets: SealedFile;
  readonly #packetsFile: string;
  readonly #found: ReadonlyMap<string, FoundPackets>;

  private constructor(take: Take, options: FinishOptions, folder: string) {
    this.take = take;
    this.#options = options;
    this.#folder = folder;
    const { publicKey, clock, random } = options;
    this.#packetsFile = `${take.node}.rtp`;
    this.#packets = new SealedFile({
      path: join(folder, this.#packetsFile),
      writer: take.node,
      publicKey,
      clock,
      random,
    });
    this.#found = new Map(take.streams.map((stream, index) => [stream.stream, this.#begin(stream, index + 1)]));
  }

  static async begin(take: Take, options: FinishOptions): Promise<Draft> {
    const folder = join(options.recordingsDir, '.unfinished', take.take);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new Draft(take, options, folder);
  }

  add({ stream, kind, atUs, bytes }: StreamRecord): void {
    const found = this.#found.get(stream)!;
    if (kind === 'fact') return;
    this.#packets.append(kind, found.number, atUs, bytes);
    found.timeline.add({ arrivalUs: atUs, bytes });
    if (kind !== 'rtp') return;
    found.packets += 1;
    found.bytes += bytes.length;
    found.firstMs ??= atUs / 1000;
    found.lastMs = atUs / 1000;
  }

  async finish(reports: readonly RecoveryReport[]): Promise<FinishedFolder> {
    const { take } = this;
    const { recordingsDir, signingKey, packetsMin } = this.#options;
    const { chainHead } = await this.#packets.finish();
    const path = join(this.#folder, this.#packetsFile);
    const copy = {
      file: this.#packetsFile,
      node: take.node,
      bytes: (await stat(path)).size,
      sha256: await sha256(path),
      chainHead,
    };
    const streams = new Map(
      [...this.#found].map(([stream, { timeline, ...found }]) => [
        stream,
        { ...found, timeline: timeline.finish() } as FoundStream,
      ]),
    );
    const cuts = reports.filter((report) => report.cutAt !== null && this.#touches(report.segment)).map(cutText);
    const facts = manifestFacts(take, {
      streams,
      copies: [copy],
      cuts,
      packetsMin,
      isDecodable: (codec) => builtInDecoders.has(codec),
    });
    await writeDurably(join(this.#folder, manifestFile), JSON.stringify(signManifest(facts, signingKey), null, 1));
    const folder = folderOf(recordingsDir, take.take, take.startedMs);
    await putInPlace(this.#folder, folder);
    return { take: take.take, folder, facts };
  }

  /** Lets go of what a draft holds open; nothing happens to one that is finished. */
  abandon(): Promise<void> {
    return this.#packets.abandon();
  }

  #begin({ stream, formats, party }: Take['streams'][number], number: number): FoundPackets {
    const fact = Buffer.from(JSON.stringify({ fact: 'stream-opened', stream, party }));
    this.#packets.append('fact', number, this.take.startedMs * 1000, fact);
    const timeline = new TimelineBuilder({ payloads: payloadMapOf(formats), pauses: this.take.pauses });
    return { number, timeline, packets: 0, bytes: 0, firstMs: null, lastMs: null };
  }

  #touches(segment: string): boolean {
    return this.take.streams.some((one) => segment >= one.from.segment && segment <= one.to.segment);
  }
}

function cutText({ segment, cutAt, reason }: RecoveryReport): string {
  return `${segment} was cut at byte ${cutAt}: ${reason}`;
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** One rename, durable; a recording that is in place already wins. */
async function putInPlace(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await syncFolder(from);
  try {
    await rename(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    await rm(from, { recursive: true, force: true });
  }
  await syncFolder(dirname(to));
  await syncFolder(dirname(dirname(to)));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Removes what a crash left half done. */
export async function removeUnfinished(recordingsDir: string): Promise<void> {
  await rm(join(recordingsDir, '.unfinished'), { recursive: true, force: true });
}
