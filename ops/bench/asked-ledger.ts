// Which call was asked for, and how soon after it was established: kept by the side that was asked. Pure.

import { percentile } from './bench.ts';

export interface AskedSums {
  /** Calls of recorded DNs that were established. */
  readonly established: number;
  readonly asked: number;
  /** Asked for more than once. */
  readonly again: number;
  readonly missing: number;
  /** Asked for though not recorded, not established, or unknown. */
  readonly strange: number;
  readonly msP50: number | null;
  readonly msP99: number | null;
  readonly msMax: number | null;
}

export class AskedLedger {
  /** By call: when it was established. */
  readonly #established = new Map<number, number>();
  readonly #asked = new Set<number>();
  #ms: number[] = [];
  #again = 0;
  #strange = 0;

  get waiting(): number {
    return this.#established.size - this.#asked.size;
  }

  /** Times count from here on; calls do from the beginning. */
  measure(): void {
    this.#ms = [];
  }

  established(call: number, nowMs: number): void {
    this.#established.set(call, nowMs);
  }

  asked(call: number, nowMs: number): void {
    const sinceMs = this.#established.get(call);
    if (sinceMs === undefined) this.#strange += 1;
    else if (this.#asked.has(call)) this.#again += 1;
    else {
      this.#asked.add(call);
      this.#ms.push(nowMs - sinceMs);
    }
  }

  get sums(): AskedSums {
    return {
      established: this.#established.size,
      asked: this.#asked.size,
      again: this.#again,
      missing: this.waiting,
      strange: this.#strange,
      msP50: percentile(this.#ms, 0.5),
      msP99: percentile(this.#ms, 0.99),
      msMax: percentile(this.#ms, 1),
    };
  }
}
