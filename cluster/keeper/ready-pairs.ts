// The stock of socket pairs that no stream uses: asked for ahead of need, so that a stream is opened without waiting for the
// keeper, and taken back when a stream is over. Must never hand out one that somebody still sends to while there is another.

import { TwinreelError } from '#src/errors';

export interface ReadyPair {
  /** Something came since this was last set to false: late packets of the stream before, or a stranger's. */
  heard: boolean;
}

interface Asker<Pair> {
  readonly resolve: (pair: Pair) => void;
  readonly reject: (error: Error) => void;
}

export class ReadyPairs<Pair extends ReadyPair> {
  readonly #ask: (pairs: number) => void;
  /** The one that has rested longest first. */
  readonly #resting = new Set<Pair>();
  readonly #waiting: Asker<Pair>[] = [];
  #kept = 0;
  #asked = 0;
  #phase: 'asking' | 'exhausted' = 'asking';

  /** `ask`: the keeper is to hand over so many more. */
  constructor(ask: (pairs: number) => void) {
    this.#ask = ask;
  }

  /** Keeps `pairs` ready from now on, as long as there are any. */
  keep(pairs: number): void {
    this.#kept = pairs;
    this.#fill();
  }

  /** The pair that has rested longest. Rejects with `rtp-ports-exhausted` when there is none and will be none. */
  take(): Promise<Pair> {
    const pair = this.#longestQuiet();
    if (pair) {
      this.#resting.delete(pair);
      if (this.#phase === 'asking') this.#fill();
      return Promise.resolve(pair);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#fill();
    });
  }

  /** One that was asked for. */
  add(pair: Pair): void {
    this.#asked -= 1;
    this.#phase = 'asking';
    this.give(pair);
  }

  /** One of which the stream is over. */
  give(pair: Pair): void {
    pair.heard = false;
    const asker = this.#waiting.shift();
    if (asker) asker.resolve(pair);
    else this.#resting.add(pair);
  }

  /** So many of those asked for will not come. */
  refused(pairs: number, reason: string): void {
    this.#asked -= pairs;
    this.#phase = 'exhausted';
    for (const asker of this.#waiting.splice(this.#asked))
      asker.reject(new TwinreelError('rtp-ports-exhausted', reason));
  }

  #longestQuiet(): Pair | undefined {
    // Each is passed over once at the most: with all of them heard, the one that has rested longest is taken.
    for (let left = this.#resting.size; left > 0; left -= 1) {
      const [pair] = this.#resting;
      if (!pair!.heard) return pair;
      pair!.heard = false;
      this.#resting.delete(pair!);
      this.#resting.add(pair!);
    }
    const [pair] = this.#resting;
    return pair;
  }

  // Asked for in lots, as each message wakes the keeper; whoever waits is asked for at once.
  #fill(): void {
    const kept = this.#phase === 'asking' ? this.#kept : 0;
    const missing = kept + this.#waiting.length - this.#resting.size - this.#asked;
    if (missing <= 0 || (missing < kept / 8 && this.#waiting.length <= this.#asked)) return;
    this.#asked += missing;
    this.#ask(missing);
  }
}
