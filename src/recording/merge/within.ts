// Many times, one after the other, looked up in few intervals.

import type { WallInterval } from '#src/media/timeline';

/** Whether times that mostly grow lie in intervals that are in order and do not overlap. */
export class Within {
  readonly #intervals: readonly WallInterval[];
  #at = 0;

  constructor(intervals: readonly WallInterval[]) {
    this.#intervals = intervals;
  }

  has(ms: number): boolean {
    while (this.#at < this.#intervals.length && this.#intervals[this.#at]!.toMs <= ms) this.#at += 1;
    while (this.#at > 0 && this.#intervals[this.#at - 1]!.toMs > ms) this.#at -= 1;
    const interval = this.#intervals[this.#at];
    return interval !== undefined && interval.fromMs <= ms;
  }
}
