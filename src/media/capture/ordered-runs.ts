// Packets of streams that need no second look: each one is of the source, the SSRC and with the sequence number that its stream
// expects next. Who reads the sockets lets them pass and counts them in a table that both sides see; whatever is not next is
// heard by its stream, which begins the run anew behind it. Layout of a row, in words of 32 bits (`struct run`, ordered-runs.h):
//
//     0          1            2        3                  4                  5
//     +----------+------------+--------+------------------+------------------+-------+
//     | stream   | 1: open    | SSRC   | sequence number  | packets passed   | their |
//     |          | 0: closed  |        | that may pass    | since last taken | bytes |
//     +----------+------------+--------+------------------+------------------+-------+

const rowWords = 6;
const rowsFirst = 64;

export class OrderedRuns {
  /** All rows; another array when there are more. */
  words = new Uint32Array(rowWords * rowsFirst);

  /** The run at a row, closed and empty. A row has one run at a time. */
  at(row: number, stream: number): OrderedRun {
    const start = rowWords * row;
    if (start >= this.words.length) {
      const more = new Uint32Array(Math.max(start + rowWords, 2 * this.words.length));
      more.set(this.words);
      this.words = more;
    }
    this.words.fill(0, start, start + rowWords);
    this.words[start] = stream;
    return new OrderedRun(this, start);
  }
}

export class OrderedRun {
  readonly #runs: OrderedRuns;
  readonly #start: number;

  constructor(runs: OrderedRuns, start: number) {
    this.#runs = runs;
    this.#start = start;
  }

  /** Passed since they were taken last. */
  get packets(): number {
    return this.#runs.words[this.#start + 4]!;
  }

  get bytes(): number {
    return this.#runs.words[this.#start + 5]!;
  }

  /** They are counted elsewhere now. */
  take(): void {
    const { words } = this.#runs;
    words[this.#start + 4] = 0;
    words[this.#start + 5] = 0;
  }

  /** From now on what follows `sequence` may pass. */
  open(ssrc: number, sequence: number): void {
    const { words } = this.#runs;
    words[this.#start + 1] = 1;
    words[this.#start + 2] = ssrc;
    words[this.#start + 3] = (sequence + 1) & 0xffff;
  }

  /** Every packet is to be looked at. */
  close(): void {
    this.#runs.words[this.#start + 1] = 0;
  }
}
