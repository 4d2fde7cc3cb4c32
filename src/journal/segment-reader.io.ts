// Reads one segment, block by block, and stops at the first that does not verify. Never delivers a record of a block
// whose digest, link or seal does not hold. Can follow a segment that is still being written: after `undefined`,
// ask again later.

import type { KeyObject } from 'node:crypto';
import { basename } from 'node:path';
import { codeOf, messageOf, TwinreelError } from '#src/errors';
import {
  type BlockFault,
  type BlockHeader,
  blockHeaderBytes,
  coveredBytes,
  digestHolds,
  isZero,
  readBlockHeader,
} from './block.ts';
import type { JournalFile, JournalFiles } from './files.ts';
import type { Position } from './position.ts';
import { type JournalRecord, readRecords } from './record.ts';
import { openBody, unwrapKey } from './seal.ts';
import type { SegmentHeader } from './segment-header.schema.ts';
import { readSegmentHeader, segmentHeaderBytesMax } from './segment-header.ts';
import { systemFiles } from './system-files.io.ts';

/** A block that verified. `records` is empty when the segment is read without its key. */
export interface Block extends Pick<BlockHeader, 'sequence' | 'openedAtUs' | 'sealedAtUs' | 'recordCount' | 'last'> {
  readonly position: Position;
  readonly digest: Buffer;
  readonly records: readonly JournalRecord[];
}

/**
 * Why reading ended: `closed` the writer said so; `open` nothing was written behind (the writer lives, or was killed
 * between two blocks); anything else is damage, and everything from `cutAt` on is left out. `header`: the segment's own
 * header is damaged or was never written.
 */
export type EndReason =
  | 'closed'
  | 'open'
  | 'header'
  | 'short'
  | 'digest'
  | 'seal'
  | 'records'
  | Exclude<BlockFault, 'end'>;

/** What was kept of a segment, and what was cut. */
export interface RecoveryReport {
  readonly segment: string;
  readonly blocksKept: number;
  readonly bytesKept: number;
  /** Byte from which on nothing is delivered; null when nothing is missing. */
  readonly cutAt: number | null;
  readonly reason: EndReason;
}

export interface SegmentReaderOptions {
  /** Without it headers, chain and digests are verified, bodies are not opened. */
  readonly privateKey?: KeyObject;
  /** A block to start at; the chain is then verified from there on. */
  readonly from?: Position;
  readonly files?: JournalFiles;
}

const windowBytes = 2 ** 18;
const zeros = Buffer.alloc(windowBytes);

export class SegmentReader {
  readonly segment: string;
  readonly header: SegmentHeader;
  readonly #file: JournalFile;
  readonly #key: Buffer | undefined;
  #previousDigest: Buffer | undefined;
  #sequence: number;
  #offset: number;
  #blocksKept = 0;
  #end: EndReason | undefined;
  #window: Buffer = Buffer.allocUnsafe(windowBytes);
  #windowAt = 0;
  #windowFilled = 0;

  private constructor(
    file: JournalFile,
    segment: string,
    opened: OpenedHeader,
    key: Buffer | undefined,
    from?: Position,
  ) {
    this.#file = file;
    this.segment = segment;
    this.header = opened.header;
    this.#key = key;
    this.#previousDigest = from && from.block > 0 ? undefined : opened.digest;
    this.#sequence = from?.block ?? 0;
    this.#offset = from && from.block > 0 ? from.offset : opened.headerBytes;
  }

  /**
   * Throws TwinreelError `journal-unreadable` when the file or its header cannot be read, `journal-key-unusable` when
   * the private key is not the one the segment was written for.
   */
  static async open(path: string, options: SegmentReaderOptions = {}): Promise<SegmentReader> {
    const segment = basename(path);
    const file = await openFile(path, options.files ?? systemFiles);
    try {
      const start = Buffer.alloc(segmentHeaderBytesMax);
      const opened = readSegmentHeader(start.subarray(0, await file.read(start, 0)));
      if (!opened) throw unreadable(path, 'its header is not a whole journal header');
      const { privateKey } = options;
      const key = privateKey && unwrapKey(privateKey, Buffer.from(opened.header.key.wrapped, 'hex'));
      if (privateKey && !key) {
        throw new TwinreelError('journal-key-unusable', `this private key does not open ${path}`, { segment });
      }
      return new SegmentReader(file, segment, opened, key, options.from);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Where the next block stands or will stand. */
  get position(): Position {
    return { segment: this.segment, block: this.#sequence, offset: this.#offset };
  }

  /** The next block is one that was read before; that it follows the one before it was verified then. */
  goTo({ block, offset }: Position): void {
    this.#sequence = block;
    this.#offset = offset;
    this.#previousDigest = undefined;
    this.#end = undefined;
  }

  /** The next block that verifies, or undefined at the end of what can be read now. */
  async next(): Promise<Block | undefined> {
    if (this.#end === 'closed') return undefined;
    const block = await this.#read();
    if (typeof block === 'string') {
      // What could not be verified may be a block on its way: the next attempt reads it from the file again.
      this.#end = block;
      this.#windowFilled = 0;
      return undefined;
    }
    this.#end = block.last ? 'closed' : undefined;
    return block;
  }

  /** What was kept so far and why reading ended; call it after {@link next} gave undefined. */
  async report(): Promise<RecoveryReport> {
    const reason = this.#end === 'open' && !(await this.#isUntouchedBehind()) ? 'magic' : (this.#end ?? 'open');
    const whole = reason === 'open' || reason === 'closed';
    const cutAt = whole ? null : this.#offset;
    return { segment: this.segment, blocksKept: this.#blocksKept, bytesKept: this.#offset, cutAt, reason };
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #read(): Promise<Block | EndReason> {
    const position = this.position;
    const headerBytes = await this.#bytes(this.#offset, blockHeaderBytes);
    if (headerBytes.length < blockHeaderBytes) return isZero(headerBytes) ? 'open' : 'short';
    const header = readBlockHeader(headerBytes, { sequence: this.#sequence, previousDigest: this.#previousDigest });
    if (header === 'end') return 'open';
    if (typeof header === 'string') return header;
    const whole = await this.#bytes(this.#offset, blockHeaderBytes + header.sealedBytes);
    if (whole.length < blockHeaderBytes + header.sealedBytes) return 'short';
    const sealed = whole.subarray(blockHeaderBytes);
    if (!digestHolds(whole, sealed)) return 'digest';
    const records = this.#open(header, whole.subarray(0, coveredBytes), sealed);
    if (typeof records === 'string') return records;
    this.#offset += whole.length;
    this.#sequence += 1;
    this.#blocksKept += 1;
    this.#previousDigest = header.digest;
    const { sequence, last, openedAtUs, sealedAtUs, recordCount, digest } = header;
    return { position, sequence, last, openedAtUs, sealedAtUs, recordCount, digest, records };
  }

  #open(header: BlockHeader, covered: Buffer, sealed: Buffer): readonly JournalRecord[] | EndReason {
    if (!this.#key) return [];
    const body = openBody(this.#key, header.sequence, covered, sealed);
    if (!body) return 'seal';
    return readRecords(body, header.openedAtUs, header.recordCount) ?? 'records';
  }

  // A view into the window, valid until the next call; short only at the end of the file.
  async #bytes(offset: number, length: number): Promise<Buffer> {
    if (offset < this.#windowAt || offset + length > this.#windowAt + this.#windowFilled) {
      // Who has one large block has several: what is read with one is mostly of the next ones.
      if (length > this.#window.length) this.#window = Buffer.allocUnsafe(4 * length);
      this.#windowAt = offset;
      this.#windowFilled = await this.#file.read(this.#window, offset);
    }
    const start = offset - this.#windowAt;
    return this.#window.subarray(start, Math.min(start + length, this.#windowFilled));
  }

  // After power loss a block's header may be missing while its body came through.
  async #isUntouchedBehind(): Promise<boolean> {
    const chunk = Buffer.allocUnsafe(windowBytes);
    for (let at = this.#offset; ; at += chunk.length) {
      const filled = await this.#file.read(chunk, at);
      if (chunk.compare(zeros, 0, filled, 0, filled) !== 0) return false;
      if (filled < chunk.length) return true;
    }
  }
}

/** A reader; undefined where power loss, right after a segment was begun, left a name without a header: nothing stood behind it. */
export async function openSegment(path: string, options: SegmentReaderOptions): Promise<SegmentReader | undefined> {
  try {
    return await SegmentReader.open(path, options);
  } catch (error) {
    if (codeOf(error) === 'journal-unreadable') return undefined;
    throw error;
  }
}

type OpenedHeader = NonNullable<ReturnType<typeof readSegmentHeader>>;

async function openFile(path: string, files: JournalFiles): Promise<JournalFile> {
  try {
    return await files.open(path, 'read');
  } catch (error) {
    throw unreadable(path, messageOf(error));
  }
}

function unreadable(path: string, reason: string): TwinreelError {
  return new TwinreelError('journal-unreadable', `${path} is not a readable journal segment: ${reason}`, { path });
}
