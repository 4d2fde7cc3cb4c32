// Knows whether the disk of a journal has room for its next segment, and keeps a reserve: a file of nothing, that is given up
// when a block is refused, so that streams which run can end. Made whole again when there is room for segment and reserve.

import { join } from 'node:path';
import type { Clock, Timer } from '#src/ports';
import type { JournalFiles } from './files.ts';

export interface DiskSpaceOptions {
  readonly folder: string;
  readonly files: JournalFiles;
  readonly clock: Clock;
  /** Name of the writer: of the reserve's file too. */
  readonly writer: string;
  /** 0: no reserve is kept, and nobody is told of scarcity before the disk refuses. */
  readonly reserveBytes: number;
  /** What the next segment takes. */
  readonly segmentBytesMax: number;
  /** Nothing new should be begun from now on, or may be again. */
  readonly onChange: (change: 'scarce' | 'ample') => void;
}

const lookMs = 500;

export class DiskSpace {
  /** `scarce`: what runs may go on, nothing new should be begun. */
  phase: 'ample' | 'scarce' = 'ample';
  readonly #options: DiskSpaceOptions;
  readonly #path: string;
  #reserve: 'unknown' | 'whole' | 'spent' = 'unknown';
  #looking: 'not-yet' | 'looking' | 'ended' = 'not-yet';
  #timer: Timer | undefined;

  constructor(options: DiskSpaceOptions) {
    this.#options = options;
    this.#path = join(options.folder, `${options.writer}.reserve`);
  }

  /** Begins to look after the disk. */
  watch(): void {
    if (this.#options.reserveBytes === 0) return;
    this.#looking = 'looking';
    void this.#look();
  }

  /** The disk has refused for want of room: gives up the reserve. True when there may be room now. */
  spend(): boolean {
    const { files, reserveBytes } = this.#options;
    if (reserveBytes === 0) return false;
    this.#become('scarce');
    if (this.#reserve === 'spent') return false;
    this.#reserve = 'spent';
    return files.shrink(this.#path);
  }

  end(): void {
    this.#looking = 'ended';
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const { folder, files, clock, reserveBytes, segmentBytesMax } = this.#options;
    try {
      if (this.#reserve === 'unknown') await this.#recognise();
      const freeBytes = await files.freeBytes(folder);
      const missingBytes = this.#reserve === 'whole' ? 0 : reserveBytes;
      if (freeBytes < segmentBytesMax + missingBytes) {
        if (freeBytes < segmentBytesMax) this.#become('scarce');
      } else {
        if (this.#reserve !== 'whole') await files.allocate(this.#path, reserveBytes);
        this.#reserve = 'whole';
        this.#become('ample');
      }
    } catch {
      // Somebody else took the room meanwhile, or the disk cannot be asked: the next look tells.
    }
    if (this.#looking === 'looking') this.#timer = clock.after(lookMs, () => void this.#look());
  }

  /** A reserve that the incarnation before left whole is whole. */
  async #recognise(): Promise<void> {
    const { files, reserveBytes } = this.#options;
    const bytes = await files.sizeOf(this.#path);
    if (bytes !== undefined && bytes >= reserveBytes && this.#reserve === 'unknown') this.#reserve = 'whole';
  }

  #become(phase: 'ample' | 'scarce'): void {
    if (this.phase === phase) return;
    this.phase = phase;
    this.#options.onChange(phase);
  }
}

/** The system's word for a full disk. */
export function isNoSpace(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(String((error as NodeJS.ErrnoException).code));
}
