// Makes a journal's segments durable: one sync at a time, oldest segment first, begun at most `syncMs` after the last one
// while there is something to sync. Never tries a failed sync again: the kernel may have dropped the pages and report
// success the next time.

import { join } from 'node:path';
import { messageOf, TwinreelError } from '#src/errors';
import type { Clock, Timer } from '#src/ports';
import type { JournalFiles } from './files.ts';
import type { SegmentWriter } from './segment-writer.io.ts';

export interface SyncQueueOptions {
  readonly folder: string;
  readonly files: JournalFiles;
  readonly clock: Clock;
  readonly syncMs: number;
  /** The segment that takes blocks now, if any does. */
  readonly current: () => SegmentWriter | undefined;
  /** A sync failed: the segment must take no more blocks. */
  readonly onSyncFailed: (segment: SegmentWriter, error: unknown) => void;
  /** A retired segment could not be cut to its length, closed or removed. */
  readonly onCloseFailed: (segment: SegmentWriter, error: unknown) => void;
}

interface Waiter {
  readonly blockCount: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class SyncQueue {
  readonly #options: SyncQueueOptions;
  // Blocks are counted over all segments: "durable up to n" then holds over their borders.
  #writtenCount = 0;
  #durableCount = 0;
  #retired: SegmentWriter[] = [];
  #waiters: Waiter[] = [];
  #timer: Timer | undefined;
  #syncing: Promise<void> | undefined;
  #startedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: SyncQueueOptions) {
    this.#options = options;
  }

  /** A block has been written to `segment`. */
  wrote(segment: SegmentWriter): void {
    this.#writtenCount += 1;
    segment.lastBlockCount = this.#writtenCount;
    this.#schedule();
  }

  /** The segment takes no more blocks: it is synced a last time and closed, or removed when it holds none. */
  retire(segment: SegmentWriter): void {
    this.#retired.push(segment);
    void this.#start();
  }

  /** Resolves when every block written so far is durable; rejects with `journal-sync-failed` when it may not be. */
  durable(): Promise<void> {
    if (this.#durableCount >= this.#writtenCount) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ blockCount: this.#writtenCount, resolve, reject });
      void this.#start();
    });
  }

  /** Resolves when every retired segment is closed. */
  async end(): Promise<void> {
    this.#timer?.cancel();
    while (this.#syncing || this.#retired.length > 0) await this.#start();
  }

  #schedule(): void {
    if (this.#syncing || this.#timer) return;
    const { clock, syncMs } = this.#options;
    const waitMs = Math.max(0, Math.min(syncMs, this.#startedAtMs + syncMs - clock.monotonicMs()));
    this.#timer = clock.after(waitMs, () => void this.#start());
  }

  #start(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#syncing ??= this.#syncAll().finally(() => {
      this.#syncing = undefined;
      if (this.#waiters.length > 0) void this.#start();
      else if (this.#options.current() && this.#durableCount < this.#writtenCount) this.#schedule();
    });
    return this.#syncing;
  }

  async #syncAll(): Promise<void> {
    this.#startedAtMs = this.#options.clock.monotonicMs();
    for (let segment = this.#retired.shift(); segment; segment = this.#retired.shift()) {
      await this.#sync(segment);
      await this.#close(segment);
    }
    const current = this.#options.current();
    if (current) await this.#sync(current);
  }

  async #sync(segment: SegmentWriter): Promise<void> {
    const blockCount = segment.lastBlockCount;
    if (this.#durableCount >= blockCount) return;
    const { files, folder, onSyncFailed } = this.#options;
    try {
      if (segment.syncFailed) throw new Error('an earlier sync of this segment failed');
      await segment.file.sync();
      if (!segment.folderSynced) await files.syncFolder(folder);
      segment.folderSynced = true;
      this.#settle(blockCount, (waiter) => waiter.resolve());
    } catch (error) {
      this.#settle(blockCount, (waiter) => waiter.reject(syncFailed(segment.name, messageOf(error))));
      if (segment.syncFailed) return;
      segment.syncFailed = true;
      onSyncFailed(segment, error);
    }
  }

  async #close(segment: SegmentWriter): Promise<void> {
    const { files, folder, onCloseFailed } = this.#options;
    try {
      await segment.close();
      if (segment.position.block === 0) await files.remove(join(folder, segment.name));
    } catch (error) {
      onCloseFailed(segment, error);
    }
  }

  #settle(blockCount: number, settle: (waiter: Waiter) => void): void {
    this.#durableCount = Math.max(this.#durableCount, blockCount);
    const reached = this.#waiters.filter((waiter) => waiter.blockCount <= blockCount);
    this.#waiters = this.#waiters.filter((waiter) => waiter.blockCount > blockCount);
    for (const waiter of reached) settle(waiter);
  }
}

/** What those who wait are told when their blocks may not be on the disk. */
export function syncFailed(segment: string, reason: string): TwinreelError {
  return new TwinreelError('journal-sync-failed', `segment ${segment} may not be on the disk: ${reason}`, { segment });
}
