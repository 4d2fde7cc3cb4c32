// One sealed file that is written once, from first record to last, and then never again: the packets of a recording.
// The same blocks, chain and key wrapping as a journal segment, so whatever reads and verifies one reads the other.

import type { KeyObject } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { Clock, Random } from '#src/ports';
import type { JournalFiles } from './files.ts';
import { type RecordKind, recordHeaderBytes, writeRecord } from './record.ts';
import { sealingByNode } from './sealing.io.ts';
import { SegmentWriter } from './segment-writer.io.ts';
import { systemFiles } from './system-files.io.ts';

export interface SealedFileOptions {
  readonly path: string;
  /** Who writes: stands in the header. */
  readonly writer: string;
  readonly publicKey: KeyObject;
  readonly clock: Clock;
  readonly random: Random;
  readonly files?: JournalFiles;
}

const bodyBytesMax = 256 * 1024;
/** Bodies of files that are closed, for the next ones: a buffer for each file would have V8 collect all garbage once a second. */
const spareBodies: Buffer[] = [];
const spareBodiesMax = 128;

export class SealedFile {
  readonly #segment: SegmentWriter;
  readonly #clock: Clock;
  readonly #body = spareBodies.pop() ?? Buffer.allocUnsafeSlow(bodyBytesMax);
  #phase: 'writing' | 'closed' = 'writing';
  #bodyBytes = 0;
  #recordCount = 0;
  #openedAtUs = 0;

  /** Creates the file; throws what the file layer throws. */
  constructor({ path, writer, publicKey, clock, random, files = systemFiles }: SealedFileOptions) {
    this.#clock = clock;
    const identity = { writer, incarnation: random.uuid(), ordinal: 1, startedAtMs: clock.nowMs(), previous: null };
    const options = { files, folder: dirname(path), publicKey, random, sealing: sealingByNode };
    this.#segment = SegmentWriter.create(basename(path), identity, options);
  }

  /** Adds one record; the bytes are copied. Times may not be more than an hour apart within 256 KiB. */
  append(kind: RecordKind, stream: number, atUs: number, bytes: Uint8Array): void {
    if (this.#phase === 'closed') throw new Error('append to a closed file');
    const isFull = this.#bodyBytes + recordHeaderBytes + bytes.length > this.#body.length;
    if (isFull || (this.#recordCount > 0 && !this.#spans(atUs))) this.#flush();
    if (this.#recordCount === 0) this.#openedAtUs = Math.floor(atUs);
    this.#bodyBytes = writeRecord(this.#body, this.#bodyBytes, kind, stream, atUs - this.#openedAtUs, bytes);
    this.#recordCount += 1;
  }

  /** Writes the rest and the closing block, makes all durable and closes. Returns the head of the hash chain, hex. */
  async finish(): Promise<{ readonly chainHead: string }> {
    this.#flush();
    const nowUs = this.#nowUs();
    this.#segment.writeLast({ openedAtUs: nowUs, sealedAtUs: nowUs });
    const chainHead = this.#segment.head;
    await this.#segment.file.sync();
    await this.#close();
    return { chainHead };
  }

  /** Closes without finishing: the file is of no use and is to be removed. Nothing happens when it is closed already. */
  async abandon(): Promise<void> {
    if (this.#phase === 'writing') await this.#close();
  }

  #close(): Promise<void> {
    this.#phase = 'closed';
    if (spareBodies.length < spareBodiesMax) spareBodies.push(this.#body);
    return this.#segment.close();
  }

  // A record's time is an unsigned 32-bit offset in µs from its block's: about 71 minutes, never backwards.
  #spans(atUs: number): boolean {
    return atUs >= this.#openedAtUs && atUs - this.#openedAtUs < 3_600_000_000;
  }

  #flush(): void {
    if (this.#recordCount === 0) return;
    const times = { openedAtUs: this.#openedAtUs, sealedAtUs: this.#nowUs() };
    this.#segment.write(this.#body.subarray(0, this.#bodyBytes), this.#recordCount, times);
    this.#bodyBytes = 0;
    this.#recordCount = 0;
  }

  #nowUs(): number {
    return Math.floor(this.#clock.nowMs() * 1000);
  }
}
