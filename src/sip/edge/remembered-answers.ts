// What is left of a request once it is answered: copies of it get the same answer again, for as long as they may come (RFC
// 3261 §17.2.2 timer J, RFC 6026 §7.1 timer L). At 500 calls/s there are 32,000, so each is its bytes and no timer.

import type { Clock, Timer } from '#src/ports';
import { t1Ms } from './transaction-effect.ts';

/** How long an answer may be asked for again. */
export const answerMsMax = 64 * t1Ms;
/** Pause between two looks for answers whose time is over. */
const sweepMs = 1_000;

/** A final answer that went out. */
export interface RememberedAnswer {
  readonly isAnswered: true;
  /** None of a 2xx to INVITE, which its dialog repeats: the copies are absorbed in silence. */
  readonly bytes: Buffer | undefined;
  readonly untilMs: number;
}

export class RememberedAnswers {
  readonly #clock: Clock;
  readonly #sizeMax: number;
  /** In the order they were given, which is the order they end in. */
  readonly #byKey = new Map<string, RememberedAnswer>();
  #sweep: Timer | undefined;

  /** Above `sizeMax` the oldest are forgotten before their time. */
  constructor(clock: Clock, sizeMax: number) {
    this.#clock = clock;
    this.#sizeMax = sizeMax;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): RememberedAnswer | undefined {
    const answer = this.#byKey.get(key);
    return answer && answer.untilMs > this.#clock.monotonicMs() ? answer : undefined;
  }

  /** Keeps an answer given `agoMs` ago. */
  add(key: string, bytes: Buffer | undefined, agoMs = 0): void {
    this.#byKey.set(key, { isAnswered: true, bytes, untilMs: this.#clock.monotonicMs() + answerMsMax - agoMs });
    if (this.#byKey.size > this.#sizeMax) this.#forgetFirst();
    this.#sweep ??= this.#clock.after(sweepMs, () => this.#forgetOld());
  }

  close(): void {
    this.#sweep?.cancel();
    this.#byKey.clear();
  }

  #forgetFirst(): void {
    for (const key of this.#byKey.keys()) {
      this.#byKey.delete(key);
      return;
    }
  }

  #forgetOld(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [key, { untilMs }] of this.#byKey) {
      if (untilMs > nowMs) break;
      this.#byKey.delete(key);
    }
    this.#sweep = this.#byKey.size === 0 ? undefined : this.#clock.after(sweepMs, () => this.#forgetOld());
  }
}
