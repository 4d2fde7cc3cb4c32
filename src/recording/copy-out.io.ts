// Copies what a take has in a segment of the capture journal into a part of its own, while the call runs: so that nobody
// needs the segment any more, however long the call lasts. A part is a sealed file that is written once; a part that no
// fact tells of is worth nothing. Must never change or delete what capture wrote.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import {
  bind,
  deleteSegment,
  type JournalFiles,
  openSegment,
  type Position,
  type RecoveryReport,
  readStreams,
  SealedFile,
  type StreamRecord,
} from '#src/journal';
import type { Clock, Random } from '#src/ports';

export interface CopyOptions {
  readonly recordingsDir: string;
  readonly journalDir: string;
  readonly journalWriter: string;
  /** Opens the journal. */
  readonly privateKey: KeyObject;
  /** Seals the parts. */
  readonly publicKey: KeyObject;
  readonly clock: Clock;
  readonly random: Random;
  readonly files: JournalFiles;
}

/** A take that has records in the segment. */
export interface CopyRequest {
  readonly take: string;
  readonly node: string;
  /** Ids of all its streams. */
  readonly streams: readonly string[];
  readonly partsBefore: number;
}

/** What a take has in the segment, on the disk for good. `part` is absent where that is nothing. */
export interface CopiedSegment {
  readonly part?: string;
  readonly cuts: readonly string[];
}

const wholeSegment = Number.MAX_SAFE_INTEGER;

/**
 * Copies the whole of a segment that is not written any more; in one pass, whatever the number of takes. A take is missing from
 * the outcome when something of it is withheld of which the journal, up to `keysTo`, does not say what is to become of it.
 */
export async function copySegment(
  segment: string,
  keysTo: Position,
  requests: readonly CopyRequest[],
  options: CopyOptions,
): Promise<ReadonlyMap<string, CopiedSegment>> {
  const { journalDir: folder, journalWriter: writer, privateKey, files } = options;
  const parts = new Map(requests.map((request) => [request.take, new Part(request, options)]));
  const byStream = new Map(requests.flatMap(({ take, streams }) => streams.map((one) => [one, parts.get(take)!])));
  try {
    const range = { from: { segment, block: 0, offset: 0 }, to: { segment, block: wholeSegment, offset: 0 } };
    const onUndecided = (stream: string) => byStream.get(stream)!.giveUp();
    const streams = new Set(byStream.keys());
    const reading = readStreams({ folder, writer, privateKey, streams, range, keysTo, onUndecided, files });
    let read = await reading.next();
    for (; !read.done; read = await reading.next())
      for (const record of read.value) byStream.get(record.stream)!.add(record);
    const cuts = cutsOf(read.value);
    const copied = new Map<string, CopiedSegment>();
    for (const [take, part] of parts) {
      const file = await part.finish();
      if (file !== 'given-up') copied.set(take, { ...(file === undefined ? {} : { part: file }), cuts });
    }
    return copied;
  } finally {
    await Promise.allSettled([...parts.values()].map((part) => part.abandon()));
  }
}

/** The records of a part, a batch per block; returns what could not be read of it, in words. */
export async function* readPart(
  recordingsDir: string,
  take: string,
  part: string,
  { privateKey, files }: Pick<CopyOptions, 'privateKey' | 'files'>,
): AsyncGenerator<readonly StreamRecord[], readonly string[]> {
  const reader = await openSegment(join(partsFolder(recordingsDir, take), part), { privateKey, files });
  if (!reader) return [`${part} cannot be read`];
  const ids = new Map<number, string>();
  try {
    for (let block = await reader.next(); block; block = await reader.next()) {
      yield block.records.flatMap((record): StreamRecord[] => {
        if (record.kind === 'fact') bind(record, ids);
        const { kind, atUs, bytes } = record;
        return kind === 'withheld' ? [] : [{ stream: ids.get(record.stream)!, kind, atUs, bytes }];
      });
    }
    const report = await reader.report();
    return report.reason === 'open' ? [`${part} has no end`] : cutsOf([report]);
  } finally {
    await reader.close();
  }
}

/** Removes parts that nobody needs, their keys first: those of takes that are not among `kept`, and those it does not name. */
export async function removeParts(
  recordingsDir: string,
  kept: ReadonlyMap<string, ReadonlySet<string> | 'all'>,
  files: JournalFiles,
): Promise<void> {
  const folder = partsFolder(recordingsDir);
  files.makeFolder(folder);
  for (const take of files.list(folder)) {
    const wanted = kept.get(take);
    if (wanted === 'all') continue;
    for (const part of files.list(join(folder, take)))
      if (!wanted?.has(part)) await deleteSegment(join(folder, take), part, files);
    if (!wanted) await files.removeFolder(join(folder, take));
  }
}

/** What was cut of segments, in words. */
export function cutsOf(reports: readonly RecoveryReport[]): string[] {
  return reports
    .filter(({ cutAt }) => cutAt !== null)
    .map(({ segment, cutAt, reason }) => `${segment} was cut at byte ${cutAt}: ${reason}`);
}

/** Parts lie beside the recordings, so that they are on the same disk, and not in the draft, which is made from them at the end. */
function partsFolder(recordingsDir: string, take = ''): string {
  return join(recordingsDir, '.parts', take);
}

/** The file of a take's records of one segment; made with its first record. */
class Part {
  readonly #options: CopyOptions;
  readonly #request: CopyRequest;
  readonly #folder: string;
  readonly #name: string;
  readonly #numbers = new Map<string, number>();
  #sealed: SealedFile | undefined;
  #phase: 'open' | 'given-up' | 'finished' = 'open';

  constructor(request: CopyRequest, options: CopyOptions) {
    this.#options = options;
    this.#request = request;
    this.#folder = partsFolder(options.recordingsDir, request.take);
    // A name of its own for each attempt: one that a fact may yet tell of is never touched again.
    const ordinal = String(request.partsBefore + 1).padStart(6, '0');
    this.#name = `${ordinal}-${options.random.uuid().slice(0, 8)}.rtp`;
  }

  add({ stream, kind, atUs, bytes }: StreamRecord): void {
    if (this.#phase !== 'open') return;
    this.#sealed ??= this.#begin();
    this.#sealed.append(kind, this.#numberOf(this.#sealed, stream, atUs), atUs, bytes);
  }

  giveUp(): void {
    this.#phase = 'given-up';
  }

  /** Its name, when it is on the disk for good; undefined when there is nothing in it. */
  async finish(): Promise<string | undefined | 'given-up'> {
    if (this.#phase === 'given-up') return 'given-up';
    if (!this.#sealed) return undefined;
    await this.#sealed.finish();
    await this.#options.files.syncFolder(this.#folder);
    this.#phase = 'finished';
    return this.#name;
  }

  /** Removes what is not finished. */
  async abandon(): Promise<void> {
    if (this.#phase === 'finished' || !this.#sealed) return;
    await this.#sealed.abandon();
    await deleteSegment(this.#folder, this.#name, this.#options.files);
  }

  #begin(): SealedFile {
    const { publicKey, clock, random, files } = this.#options;
    files.makeFolder(this.#folder);
    const path = join(this.#folder, this.#name);
    return new SealedFile({ path, writer: this.#request.node, publicKey, clock, random, files });
  }

  #numberOf(sealed: SealedFile, stream: string, atUs: number): number {
    const known = this.#numbers.get(stream);
    if (known !== undefined) return known;
    const number = this.#numbers.size + 1;
    this.#numbers.set(stream, number);
    sealed.append('fact', number, atUs, Buffer.from(JSON.stringify({ fact: 'stream-opened', stream })));
    return number;
  }
}
