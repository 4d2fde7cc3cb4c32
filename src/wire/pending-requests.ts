// Requests that wait for their answers: reference ids, deadlines, a bound. Answers are handed over at once, not a turn later,
// so what an answer says can never arrive after the news that followed it. Pure: time is an argument.

/** How a request ends. */
export type Outcome<Answer> =
  | { readonly outcome: 'answered'; readonly answer: Answer }
  | { readonly outcome: 'timed-out' }
  /** The connection is gone, or nothing could be sent. */
  | { readonly outcome: 'lost' };

interface Pending<Answer> {
  readonly deadlineMs: number;
  readonly settle: (outcome: Outcome<Answer>) => void;
}

/** Reference ids are positive and fit a signed 32-bit integer. */
const referenceMax = 2 ** 31 - 1;

export class PendingRequests<Answer> {
  readonly #requestMsMax: number;
  readonly #countMax: number;
  // In the order of their deadlines, since each gets the same time.
  readonly #pending = new Map<number, Pending<Answer>>();
  #lastReference = 0;

  constructor({ requestMsMax, countMax }: { readonly requestMsMax: number; readonly countMax: number }) {
    this.#requestMsMax = requestMsMax;
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#pending.size;
  }

  /** A reference id for a request that is about to be sent, or undefined when too many wait. */
  begin(nowMs: number, settle: (outcome: Outcome<Answer>) => void): number | undefined {
    if (this.#pending.size >= this.#countMax) return undefined;
    do this.#lastReference = (this.#lastReference % referenceMax) + 1;
    while (this.#pending.has(this.#lastReference));
    this.#pending.set(this.#lastReference, { deadlineMs: nowMs + this.#requestMsMax, settle });
    return this.#lastReference;
  }

  /** The answer to `reference` is here; false when nobody waits for it. */
  answered(reference: number, answer: Answer): boolean {
    const pending = this.#pending.get(reference);
    if (!pending) return false;
    this.#pending.delete(reference);
    pending.settle({ outcome: 'answered', answer });
    return true;
  }

  /** Ends those whose time is over. Returns when to look again, or undefined when nothing waits. */
  expire(nowMs: number): number | undefined {
    for (const [reference, { deadlineMs, settle }] of this.#pending) {
      if (deadlineMs > nowMs) return deadlineMs;
      this.#pending.delete(reference);
      settle({ outcome: 'timed-out' });
    }
    return undefined;
  }

  /** The connection is gone: nobody will answer. */
  loseAll(): void {
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    for (const { settle } of lost) settle({ outcome: 'lost' });
  }
}
