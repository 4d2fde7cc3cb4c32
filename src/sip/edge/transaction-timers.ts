// The timers of one transaction on the injected clock. Most transactions never start one.

import type { Clock, Timer } from '#src/ports';
import type { TimerName } from './transaction.protocol.ts';

export class TransactionTimers {
  readonly #clock: Clock;
  readonly #fired: (name: TimerName) => void;
  #running: Map<TimerName, Timer> | undefined;

  constructor(clock: Clock, fired: (name: TimerName) => void) {
    this.#clock = clock;
    this.#fired = fired;
  }

  /** Starts a timer, or starts it again. */
  set(name: TimerName, delayMs: number): void {
    this.stop(name);
    const timer = this.#clock.after(delayMs, () => {
      this.#running?.delete(name);
      this.#fired(name);
    });
    this.#running ??= new Map();
    this.#running.set(name, timer);
  }

  stop(name: TimerName): void {
    this.#running?.get(name)?.cancel();
    this.#running?.delete(name);
  }

  stopAll(): void {
    for (const timer of this.#running?.values() ?? []) timer.cancel();
    this.#running?.clear();
  }
}
