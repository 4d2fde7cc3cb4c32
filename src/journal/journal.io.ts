// The append-only journal of one process: records in, sealed blocks out. The only writer of its segments.
//
// Promises: a block that was written survives kill -9 of this process; a block older than the last sync survives power
// loss; a failed sync is never tried again (the kernel may have dropped the pages and report success next time), the
// segment is left and a new one begun. Must never block its caller on the disk longer than one write to the page cache.

import type { KeyObject } from 'node:crypto';
import { messageOf, TwinreelError } from '#src/errors';
import { type Clock, type Random, systemClock, systemRandom, type Timer } from '#src/ports';
import { DiskSpace, isNoSpace } from './disk-space.io.ts';
import type { JournalFiles } from './files.ts';
import { type JournalAlarm, spaceText } from './journal-alarm.ts';
import { type Position, parseSegmentName, segmentName } from './position.ts';
import { type JournalSpace, type RecordKind, recordLength, recordTooLarge, writeRecord } from './record.ts';
import { type Sealing, sealingByNode } from './sealing.io.ts';
import { SegmentWriter } from './segment-writer.io.ts';
import { SyncQueue, syncFailed } from './sync-queue.io.ts';
import { systemFiles } from './system-files.io.ts';

export interface JournalOptions {
  readonly folder: string;
  /** Name of the writing process: the first part of its segments' names. */
  readonly writer: string;
  /** RSA public key that segment keys are wrapped to. */
  readonly publicKey: KeyObject;
  /** Longest time records wait for their block. */
  readonly blockMs?: number;
  /** Largest body of a block: memory held, and the bound of what waits while the disk refuses. */
  readonly blockBytesMax?: number;
  /** Longest time between the starts of two syncs while there is something to sync. */
  readonly syncMs?: number;
  readonly segmentBytesMax?: number;
  readonly segmentLifeMsMax?: number;
  /** Disk space kept free for what runs when the disk is full; 0, the default: none, and {@link Journal.isScarce} is never true. */
  readonly reserveBytes?: number;
  /** Called as each segment after the first begins: append what its reader needs. `failed`: the one before may not be on the disk. */
  readonly onSegment?: (before: 'over' | 'failed') => void;
  readonly onAlarm?: (alarm: JournalAlarm) => void;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly files?: JournalFiles;
  /** How blocks are sealed; by Node when left out. */
  readonly sealing?: Sealing;
}

const defaults = {
  blockMs: 20,
  blockBytesMax: 2 ** 20,
  syncMs: 100,
  segmentBytesMax: 256 * 2 ** 20,
  segmentLifeMsMax: 900_000,
  reserveBytes: 0,
  onSegment: () => {},
  onAlarm: () => {},
  clock: systemClock,
  random: systemRandom,
  files: systemFiles,
  sealing: sealingByNode,
};

const stuckRetryMs = 200;
const rotateRetryMs = 1_000;

export class Journal {
  readonly incarnation: string;
  /** Records lost because the disk refused longer than memory allowed; each loss was alarmed. */
  recordsDropped = 0;
  readonly #options: Required<JournalOptions>;
  readonly #startedAtMs: number;
  #segment: SegmentWriter;
  #ordinal = 0;
  // introducing: the opening records of a segment are being written; stuck: no segment takes blocks, they wait in memory.
  #phase: 'writing' | 'introducing' | 'stuck' | 'closed' = 'writing';
  #refusals = 0;
  #rotateAfterMs = Number.NEGATIVE_INFINITY;
  #body: Buffer;
  #bodyBytes = 0;
  #recordCount = 0;
  #openedAtUs = 0;
  #blockTimer: Timer | undefined;
  readonly #unwritten: (() => void)[] = [];
  readonly #syncs: SyncQueue;
  readonly #space: DiskSpace;

  /** Begins a new incarnation with a new segment and key; throws TwinreelError `journal-write-failed` when the folder refuses. */
  constructor(options: JournalOptions) {
    this.#options = { ...defaults, ...options };
    const { files, folder, writer, clock, random } = this.#options;
    this.incarnation = random.uuid();
    this.#body = Buffer.alloc(this.#options.blockBytesMax);
    this.#syncs = new SyncQueue({
      ...{ folder, files, clock, syncMs: this.#options.syncMs },
      current: () => (this.#phase === 'writing' ? this.#segment : undefined),
      onSyncFailed: (segment, error) => this.#onSyncFailed(segment, error),
      onCloseFailed: (segment, error) => this.#alarm('write-failed', error, segment.name),
    });
    const { reserveBytes, segmentBytesMax } = this.#options;
    this.#space = new DiskSpace({
      ...{ folder, files, clock, writer, reserveBytes, segmentBytesMax },
      onChange: (phase) => this.#alarm(phase === 'scarce' ? 'disk-full' : 'disk-full-over', spaceText[phase]),
    });
    try {
      files.makeFolder(folder);
      const earlier = files.list(folder).map(parseSegmentName);
      const latestMs = Math.max(0, ...earlier.map((name) => (name?.writer === writer ? name.startedAtMs : 0)));
      this.#startedAtMs = Math.max(Math.floor(clock.nowMs()), latestMs + 1);
      this.#segment = this.#createSegment(null);
    } catch (error) {
      const message = `journal folder ${folder} cannot be written: ${messageOf(error)}`;
      throw new TwinreelError('journal-write-failed', message, { folder }, { cause: error });
    }
    this.#space.watch();
  }

  /** Where the next block will stand: a lower bound for what is appended from now on. */
  get position(): Position {
    return this.#segment.position;
  }

  /** True while there is no room for another segment: what runs goes on, nothing new should be begun. */
  get isScarce(): boolean {
    return this.#space.phase === 'scarce';
  }

  /** Records that wait for their block; more than 0 after {@link flush} means that the disk refuses. */
  get waiting(): number {
    return this.#recordCount;
  }

  /**
   * Adds one record. `atUs` is its time, µs since 1970; the bytes, or the text, are copied. Throws TwinreelError
   * `journal-record-too-large` for a record over `blockBytesMax`.
   */
  append(kind: RecordKind, stream: number, atUs: number, bytes: Uint8Array | string): void {
    if (this.#phase === 'closed') throw new Error('append to a closed journal');
    const introducing = this.#phase === 'introducing';
    const needed = recordLength(bytes);
    if (this.#bodyBytes + needed > this.#body.length) {
      if (needed > this.#body.length) throw recordTooLarge(kind, needed, this.#body.length);
      if (introducing) this.#introduceBlock();
      else this.flush();
      if (this.#phase === 'stuck') {
        if (!introducing) this.#drop();
        return;
      }
    }
    if (this.#recordCount === 0) {
      this.#openedAtUs = Math.floor(atUs);
      if (!introducing) this.#armBlockTimer(this.#options.blockMs);
    }
    this.#bodyBytes = writeRecord(this.#body, this.#bodyBytes, kind, stream, atUs - this.#openedAtUs, bytes, needed);
    this.#recordCount += 1;
  }

  /**
   * Room for at least `bytesMin` bytes of records, to be written with `writeRecordHeader` and handed back with {@link fill} before
   * anything else is asked of the journal; undefined while the disk refuses and memory is at its bound. What waited is
   * written first.
   */
  space(bytesMin: number): JournalSpace | undefined {
    if (this.#phase === 'closed') throw new Error('append to a closed journal');
    this.flush();
    if (this.#bodyBytes + bytesMin > this.#body.length) return undefined;
    const openedAtUs = this.#recordCount === 0 ? undefined : this.#openedAtUs;
    return { body: this.#body, at: this.#bodyBytes, openedAtUs };
  }

  /** Adds `count` records that now stand in the space, up to `end`. They wait for {@link flush}, or whatever is added next. */
  fill(openedAtUs: number, end: number, count: number): void {
    if (this.#recordCount === 0) this.#openedAtUs = openedAtUs;
    this.#bodyBytes = end;
    this.#recordCount += count;
  }

  /** Adds a fact: any JSON value about `stream` (0: about the writer), at the clock's time. */
  fact(stream: number, value: unknown): void {
    this.append('fact', stream, this.#options.clock.nowMs() * 1000, JSON.stringify(value));
  }

  /** Writes what waits as one block. Afterwards {@link position} is behind everything appended so far, unless the disk refuses. */
  flush(): void {
    this.#blockTimer?.cancel();
    this.#blockTimer = undefined;
    if (this.#recordCount === 0) return;
    if (this.#phase === 'writing' && this.#isOver()) this.#rotate();
    // A spent segment may hold half a block under its sequence, so a second attempt goes to a new segment and key.
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      if (this.#phase === 'stuck' && !this.#beginSegment()) break;
      if (!this.#writeBlock()) continue;
      for (const resolve of this.#unwritten.splice(0)) resolve();
      return;
    }
    this.#armBlockTimer(stuckRetryMs);
  }

  /** Resolves when kill -9 can no longer take what was appended so far: at once, unless the disk refuses. */
  written(): Promise<void> {
    this.flush();
    if (this.#recordCount === 0) return Promise.resolve();
    return new Promise((resolve) => this.#unwritten.push(resolve));
  }

  /** As {@link written}, but without a block of its own: with the next one, at the latest after `blockMs`. */
  writtenInTurn(): Promise<void> {
    if (this.#recordCount === 0) return Promise.resolve();
    return new Promise((resolve) => this.#unwritten.push(resolve));
  }

  /**
   * Resolves when everything appended so far would survive power loss. Rejects with `journal-sync-failed` when it may
   * not: what matters must then be appended again.
   */
  durable(): Promise<void> {
    this.flush();
    if (this.#phase === 'stuck') return Promise.reject(syncFailed(this.#segment.name, 'the disk refuses blocks'));
    return this.#syncs.durable();
  }

  /** Begins a new segment with a new key; the old one is closed as complete. */
  rotate(): void {
    this.flush();
    if (this.#segment.position.block > 0 && this.#phase === 'writing') this.#rotate();
  }

  /** Writes, syncs and closes everything. Nothing may be appended afterwards. */
  async close(): Promise<void> {
    if (this.#phase === 'closed') return;
    this.flush();
    if (this.#phase === 'writing') this.#retire(this.#segment, true);
    this.#phase = 'closed';
    this.#blockTimer?.cancel();
    this.#space.end();
    await this.#syncs.end();
  }

  #armBlockTimer(delayMs: number): void {
    this.#blockTimer ??= this.#options.clock.after(delayMs, () => this.flush());
  }

  #isOver(): boolean {
    const { segmentBytesMax, segmentLifeMsMax, clock } = this.#options;
    if (this.#segment.position.block === 0 || clock.monotonicMs() < this.#rotateAfterMs) return false;
    if (!this.#segment.fits(this.#bodyBytes, segmentBytesMax)) return true;
    return clock.nowMs() - this.#segment.startedAtMs >= segmentLifeMsMax;
  }

  #writeBlock(): boolean {
    const body = this.#body.subarray(0, this.#bodyBytes);
    try {
      this.#segment.write(body, this.#recordCount, { openedAtUs: this.#openedAtUs, sealedAtUs: this.#nowUs() });
    } catch (error) {
      this.#leaveSegment('write-failed', error);
      return false;
    }
    this.#bodyBytes = 0;
    this.#recordCount = 0;
    this.#refusals = 0;
    this.#syncs.wrote(this.#segment);
    return true;
  }

  // A planned change: the new segment is there before the old one is let go.
  #rotate(): void {
    const old = this.#segment;
    try {
      this.#segment = this.#createSegment(old);
    } catch (error) {
      this.#rotateAfterMs = this.#options.clock.monotonicMs() + rotateRetryMs;
      this.#alarm('segment-refused', error);
      return;
    }
    this.#retire(old, true);
    this.#introduceSegment('over');
  }

  // After a failure: the segment stays as it is; what waits goes into the next one.
  #leaveSegment(alarm: JournalAlarm['alarm'], error: unknown): void {
    this.#refuse(alarm, error);
    if (isNoSpace(error)) this.#space.spend();
    this.#retire(this.#segment, false);
    this.#phase = 'stuck';
  }

  #beginSegment(): boolean {
    try {
      this.#segment = this.#createSegment(this.#segment);
    } catch (error) {
      this.#refuse('segment-refused', error);
      return false;
    }
    this.#phase = 'writing';
    return this.#introduceSegment('failed');
  }

  // The opening records stand before everything that waits, so those wait in another buffer meanwhile.
  #introduceSegment(before: 'over' | 'failed'): boolean {
    const waiting = {
      body: this.#body,
      bytes: this.#bodyBytes,
      count: this.#recordCount,
      openedAtUs: this.#openedAtUs,
    };
    this.#body = Buffer.alloc(this.#options.blockBytesMax);
    this.#bodyBytes = 0;
    this.#recordCount = 0;
    this.#phase = 'introducing';
    this.#options.onSegment(before);
    this.#introduceBlock();
    this.#body = waiting.body;
    this.#bodyBytes = waiting.bytes;
    this.#recordCount = waiting.count;
    this.#openedAtUs = waiting.openedAtUs;
    if (this.#recordCount > 0) this.#armBlockTimer(this.#options.blockMs);
    const introduced = this.#phase === 'introducing';
    if (introduced) this.#phase = 'writing';
    return introduced;
  }

  // One block of opening records: a refusal ends the introduction, the segment is left, no second attempt here.
  #introduceBlock(): void {
    if (this.#recordCount > 0 && this.#phase === 'introducing') this.#writeBlock();
    this.#bodyBytes = 0;
    this.#recordCount = 0;
  }

  #createSegment(previous: SegmentWriter | null): SegmentWriter {
    try {
      return this.#tryCreateSegment(previous);
    } catch (error) {
      if (!isNoSpace(error) || !this.#space.spend()) throw error;
      return this.#tryCreateSegment(previous);
    }
  }

  #tryCreateSegment(previous: SegmentWriter | null): SegmentWriter {
    const { writer, clock, segmentBytesMax, reserveBytes } = this.#options;
    const ordinal = ++this.#ordinal; // Of a refused attempt, too: what it has begun is removed later.
    const name = segmentName(writer, this.#startedAtMs, this.incarnation, ordinal);
    const startedAtMs = clock.nowMs();
    const identity = { writer, incarnation: this.incarnation, ordinal, startedAtMs, previous: previous?.link ?? null };
    const segment = SegmentWriter.create(name, identity, this.#options);
    const onRefused = (error: unknown) => this.#alarm('allocation-refused', error, name);
    segment.allocate(segmentBytesMax, onRefused, reserveBytes > 0 ? 'whole' : 'ahead');
    return segment;
  }

  #retire(segment: SegmentWriter, complete: boolean): void {
    if (complete) {
      try {
        const nowUs = this.#nowUs();
        segment.writeLast({ openedAtUs: nowUs, sealedAtUs: nowUs });
        this.#syncs.wrote(segment);
      } catch (error) {
        this.#alarm('write-failed', error, segment.name);
      }
    }
    this.#syncs.retire(segment);
  }

  #onSyncFailed(segment: SegmentWriter, error: unknown): void {
    this.#alarm('sync-failed', error, segment.name);
    if (segment !== this.#segment || this.#phase !== 'writing') return;
    this.#retire(segment, false);
    this.#phase = 'stuck';
    if (!this.#beginSegment()) this.#armBlockTimer(stuckRetryMs);
  }

  #drop(): void {
    if (this.recordsDropped === 0) this.#alarm('records-dropped', 'the disk refuses blocks and memory is at its bound');
    this.recordsDropped += 1;
  }

  // A disk that refuses is alarmed once, until it takes a block again.
  #refuse(alarm: JournalAlarm['alarm'], error: unknown): void {
    if (this.#refusals === 0) this.#alarm(alarm, error);
    this.#refusals += 1;
  }

  #alarm(alarm: JournalAlarm['alarm'], cause: unknown, segment = this.#segment?.name ?? ''): void {
    this.#options.onAlarm({ alarm, segment, message: messageOf(cause) });
  }

  #nowUs(): number {
    return Math.floor(this.#options.clock.nowMs() * 1000);
  }
}
