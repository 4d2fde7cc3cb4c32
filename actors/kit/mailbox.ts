// The bounded queue in front of an actor. What comes from others is bounded by `max`; what the actor asked for itself
// (timers, results) always gets in, because it is bounded where it is asked for and losing it would wedge the actor.

/** The bound of a mailbox and what is lost when it is reached. */
export interface MailboxLimit {
  readonly max: number;
  /** `refuse`: nothing is lost, the sender is told. `drop-newest`, `drop-oldest`: a dead letter is counted. */
  readonly whenFull: 'refuse' | 'drop-newest' | 'drop-oldest';
}

/** What {@link Mailbox.offer} did: `displaced` is what had to go for it. */
export type Offer<Letter> =
  | { readonly offer: 'queued'; readonly displaced?: Letter }
  | { readonly offer: 'dropped' | 'refused' };

const none: never[] = [];
const queued = { offer: 'queued' } as const;

/** First in, first out. `Letter.own` marks what the actor asked for itself. */
export class Mailbox<Letter extends { readonly own: boolean }> {
  readonly #limit: MailboxLimit;
  /** An actor that waits has none of its own: there may be a hundred thousand. */
  #letters: Letter[] = none;
  #first = 0;
  #fromOthers = 0;

  constructor(limit: MailboxLimit) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#letters.length - this.#first;
  }

  offer(letter: Letter): Offer<Letter> {
    if (letter.own) {
      this.#add(letter);
      return queued;
    }
    if (this.#fromOthers < this.#limit.max) {
      this.#fromOthers++;
      this.#add(letter);
      return queued;
    }
    if (this.#limit.whenFull === 'refuse') return { offer: 'refused' };
    if (this.#limit.whenFull === 'drop-newest') return { offer: 'dropped' };
    const displaced = this.#takeOldestOfOthers();
    this.#add(letter);
    return { offer: 'queued', displaced };
  }

  take(): Letter | undefined {
    const letter = this.#letters[this.#first];
    if (!letter) return undefined;
    this.#letters[this.#first++] = undefined as never; // the array must not keep a handled message alive
    if (!letter.own) this.#fromOthers--;
    this.#compact();
    return letter;
  }

  /** Empties the mailbox. */
  drain(): Letter[] {
    const rest = this.#letters.slice(this.#first);
    this.#letters = none;
    this.#first = 0;
    this.#fromOthers = 0;
    return rest;
  }

  // One letter alone gets an array of one place: nearly always it is handled before the next one comes.
  #add(letter: Letter): void {
    if (this.#letters.length === 0) this.#letters = [letter];
    else this.#letters.push(letter);
  }

  // Keeps the count: one leaves and one enters.
  #takeOldestOfOthers(): Letter {
    let at = this.#first;
    while (this.#letters[at]!.own) at++;
    const [oldest] = at === this.#first ? [this.#letters[this.#first++]] : this.#letters.splice(at, 1);
    this.#compact();
    return oldest!;
  }

  // Taking from the front moves an index; the array is cut when half of it is empty, so that a take costs O(1) on average.
  #compact(): void {
    if (this.#first === this.#letters.length) {
      this.#letters = none;
      this.#first = 0;
      return;
    }
    if (this.#first < 64 || this.#first * 2 < this.#letters.length) return;
    this.#letters = this.#letters.slice(this.#first);
    this.#first = 0;
  }
}
