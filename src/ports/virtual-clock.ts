// A clock that stands still until it is told to move: timers fire in order of their due time, then of their creation.

import type { Clock, Timer } from './clock.ts';

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
  phase: 'waiting' | 'over';
}

/** A {@link Clock} for tests and simulation. `advance` runs everything that falls due, at its own time. */
export class VirtualClock implements Clock {
  #elapsedMs = 0;
  #order = 0;
  #waiting = 0;
  readonly #startMs: number;
  /** A heap, the next one first; what was cancelled stays in it until it comes to the top. */
  readonly #heap: Pending[] = [];

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
    const dueMs = this.#elapsedMs + Math.max(0, delayMs);
    const pending: Pending = { dueMs, order: this.#order++, run, phase: 'waiting' };
    this.#waiting += 1;
    this.#push(pending);
    return { cancel: () => this.#end(pending) };
  }

  /** Number of timers that wait. */
  get pendingCount(): number {
    return this.#waiting;
  }

  /** When the next timer falls due, on the monotonic clock; undefined when none waits. */
  get nextDueMs(): number | undefined {
    while (this.#heap[0]?.phase === 'over') this.#pop();
    return this.#heap[0]?.dueMs;
  }

  /** Moves on by `durationMs`, firing every timer that falls due on the way, also those set on the way. */
  advance(durationMs: number): void {
    const untilMs = this.#elapsedMs + durationMs;
    for (let dueMs = this.nextDueMs; dueMs !== undefined && dueMs <= untilMs; dueMs = this.nextDueMs) {
      const next = this.#pop();
      this.#end(next);
      this.#elapsedMs = Math.max(this.#elapsedMs, dueMs);
      next.run();
    }
    this.#elapsedMs = untilMs;
  }

  #end(pending: Pending): void {
    if (pending.phase === 'waiting') this.#waiting -= 1;
    pending.phase = 'over';
  }

  #push(pending: Pending): void {
    const heap = this.#heap;
    let at = heap.push(pending) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(pending, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = pending;
  }

  #pop(): Pending {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(one: Pending, other: Pending): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
}
