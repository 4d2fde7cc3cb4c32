// Runs the schedule of one session agreement on the clock: tells when to refresh the session and when to give it up.

import type { Clock, Timer } from '#src/ports';
import { type SessionAgreement, scheduleOf } from './session-timer.core.ts';

export interface SessionTimerOptions {
  readonly clock: Clock;
  readonly agreement: SessionAgreement;
  /** When the session was agreed on or refreshed last; earlier than now after a restart of this process. */
  readonly refreshedAtMs: number;
  refresh(): void;
  /** Nobody refreshed it in time. */
  expire(): void;
}

/** What a session that ran out while this process was away is given to be refreshed. */
const overdueMs = 5_000;

export class SessionTimer {
  readonly #options: SessionTimerOptions;
  readonly #end: Timer;
  #again: Timer | undefined;

  constructor(options: SessionTimerOptions) {
    this.#options = options;
    const { clock, agreement, refreshedAtMs, refresh, expire } = options;
    const { refreshAfterMs, endAfterMs } = scheduleOf(agreement);
    const since = Math.max(0, clock.nowMs() - refreshedAtMs);
    this.#end = clock.after(Math.max(endAfterMs - since, overdueMs), expire);
    if (refreshAfterMs !== undefined) this.#again = clock.after(Math.max(0, refreshAfterMs - since), refresh);
  }

  get agreement(): SessionAgreement {
    return this.#options.agreement;
  }

  get refreshedAtMs(): number {
    return this.#options.refreshedAtMs;
  }

  /** A refresh came to nothing: another one after a while, as long as the session lasts. */
  retry(delayMs: number): void {
    this.#again?.cancel();
    this.#again = this.#options.clock.after(delayMs, this.#options.refresh);
  }

  stop(): void {
    this.#end.cancel();
    this.#again?.cancel();
  }
}
