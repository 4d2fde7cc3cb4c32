// One segment file being written: header, then block after block, each with one write. Knows nothing of time-outs,
// rotation or syncing policy; a segment that failed once is never written again.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type { Random } from '#src/ports';
import { blockHeaderBytes, startBlockHeader, tagBytes } from './block.ts';
import type { JournalFile, JournalFiles } from './files.ts';
import type { Position } from './position.ts';
import { segmentKeyBytes, wrapKey, wrapName } from './seal.ts';
import type { BlockSeal, Sealing } from './sealing.io.ts';
import type { SegmentHeader } from './segment-header.schema.ts';
import { writeSegmentHeader } from './segment-header.ts';

export interface BlockTimes {
  readonly openedAtUs: number;
  readonly sealedAtUs: number;
}

interface Allocation {
  readonly bytesMax: number;
  readonly bytesLeast: number;
  readonly onRefused: (error: unknown) => void;
}

type Identity = Omit<SegmentHeader, 'key'>;

/** Where segments are begun, and how. */
export interface SegmentFolder {
  readonly files: JournalFiles;
  readonly folder: string;
  readonly publicKey: KeyObject;
  readonly random: Random;
  readonly sealing: Sealing;
}

const empty = Buffer.alloc(0);
const aheadBytesLeast = 2 ** 18;

export class SegmentWriter {
  readonly name: string;
  readonly startedAtMs: number;
  readonly file: JournalFile;
  /** Set by the owner: the last block, counted over all segments, that stands in this one. */
  lastBlockCount = 0;
  folderSynced = false;
  syncFailed = false;
  readonly #seal: BlockSeal;
  readonly #blockHeader = Buffer.alloc(blockHeaderBytes);
  #allocation: Allocation | undefined;
  #allocatedBytes = 0;
  #allocated: Promise<void> = Promise.resolve();
  #sequence = 0;
  #offset: number;
  #previousDigest: Buffer;
  #lastLink: Buffer | undefined;
  readonly #previous: SegmentHeader['previous'];

  private constructor(
    name: string,
    identity: Identity,
    file: JournalFile,
    seal: BlockSeal,
    offset: number,
    digest: Buffer,
  ) {
    this.name = name;
    this.startedAtMs = identity.startedAtMs;
    this.file = file;
    this.#previous = identity.previous;
    this.#seal = seal;
    this.#offset = offset;
    this.#previousDigest = digest;
  }

  /** Creates the file with a fresh key and writes its header; throws what the file layer throws. */
  static create(
    name: string,
    identity: Identity,
    { files, folder, publicKey, random, sealing }: SegmentFolder,
  ): SegmentWriter {
    const key = random.bytes(segmentKeyBytes);
    const wrapped = wrapKey(publicKey, key).toString('hex');
    const { bytes, digest } = writeSegmentHeader({ ...identity, key: { wrap: wrapName, wrapped } });
    const file = files.create(join(folder, name));
    try {
      file.write([bytes], 0);
    } catch (error) {
      void file.close().catch(() => {});
      void files.remove(join(folder, name)).catch(() => {});
      throw error;
    }
    return new SegmentWriter(name, identity, file, sealing(key), bytes.length, digest);
  }

  /** Where the next block will stand. */
  get position(): Position {
    return { segment: this.name, block: this.#sequence, offset: this.#offset };
  }

  /** How the next segment of this incarnation names this one: by its last block of records. */
  get link(): SegmentHeader['previous'] {
    if (this.#lastLink === undefined) return this.#previous;
    return { segment: this.name, digest: this.#lastLink.toString('hex') };
  }

  /** Digest of the last block written, hex: the head of the hash chain. */
  get head(): string {
    return this.#previousDigest.toString('hex');
  }

  /** Bytes a body of `bodyBytes` needs, and whether they fit below `bytesMax`, leaving room for the closing block. */
  fits(bodyBytes: number, bytesMax: number): boolean {
    return this.#offset + bodyBytes + 2 * (blockHeaderBytes + tagBytes) <= bytesMax;
  }

  /** Seals and writes one block. Throws what the file layer throws; the segment is then spent. */
  write(body: Buffer, recordCount: number, times: BlockTimes): void {
    this.#write(body, recordCount, times, false);
    this.#lastLink = this.#previousDigest;
  }

  /** Writes the block that says nothing is missing behind it. */
  writeLast(times: BlockTimes): void {
    this.#write(empty, 0, times, true);
  }

  /**
   * Reserves disk space in the background. `ahead`: as much as is written already, again and again, so that what is never written
   * is left to whoever needs it now. `whole` is for those who look for room for a whole segment before they begin it.
   */
  allocate(bytesMax: number, onRefused: (error: unknown) => void, how: 'whole' | 'ahead'): void {
    this.#allocation = { bytesMax, onRefused, bytesLeast: how === 'whole' ? bytesMax : aheadBytesLeast };
    this.#allocateAhead();
  }

  /** Gives back what was reserved and closes; syncing comes before. */
  async close(): Promise<void> {
    await this.#allocated;
    try {
      await this.file.truncate(this.#offset);
    } finally {
      await this.file.close();
    }
  }

  #write(body: Buffer, recordCount: number, times: BlockTimes, last: boolean): void {
    const header = this.#blockHeader;
    const sealedBytes = body.length + tagBytes;
    const previousDigest = this.#previousDigest;
    startBlockHeader(header, { ...times, sequence: this.#sequence, last, sealedBytes, recordCount, previousDigest });
    const { parts, digest, written } = this.#seal(this.#sequence, header, body);
    this.file.write([header, ...parts], this.#offset);
    written();
    this.#previousDigest = digest;
    this.#sequence += 1;
    this.#offset += blockHeaderBytes + sealedBytes;
    this.#allocateAhead();
  }

  #allocateAhead(): void {
    if (this.#allocation === undefined) return;
    const { bytesMax, bytesLeast, onRefused } = this.#allocation;
    if (this.#allocatedBytes === bytesMax || this.#allocatedBytes - this.#offset > bytesLeast / 2) return;
    const bytes = Math.min(bytesMax, this.#offset + Math.max(bytesLeast, this.#offset));
    this.#allocatedBytes = bytes;
    this.#allocated = this.#allocated.then(() => this.file.allocate(bytes)).catch(onRefused);
  }
}
