// A clock that stands still until it is told to move: timers fire in order of their due time, then of their creation.

import type { Clock, Timer } from './clock.ts';

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A {@link Clock} for tests and simulation. `advance` runs everything that falls due, at its own time. */
export class VirtualClock implements Clock {
  #elapsedMs = 0;
  #order = 0;
  readonly #startMs: number;
  readonly #pending = new Set<Pending>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs;
  }

  nowMs(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const pending: Pending = { dueMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Number of timers that wait. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Moves on by `durationMs`, firing every timer that falls due on the way, also those set on the way. */
  advance(durationMs: number): void {
    const untilMs = this.#elapsedMs + durationMs;
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      this.#pending.delete(next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs);
      next.run();
    }
    this.#elapsedMs = untilMs;
  }

  #next(untilMs: number): Pending | undefined {
    let first: Pending | undefined;
    for (const one of this.#pending) {
      if (one.dueMs > untilMs) continue;
      if (!first || one.dueMs < first.dueMs || (one.dueMs === first.dueMs && one.order < first.order)) first = one;
    }
    return first;
  }
}
