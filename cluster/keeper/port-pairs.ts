// Which RTP ports to try next: even ports, each with the odd one above it for RTCP (RFC 3550 §11). Goes round the range,
// so that a port rests as long as possible before late packets of its last stream could reach the next one.

export interface PortRange {
  readonly portMin: number;
  readonly portMax: number;
}

export class PortPairs {
  readonly #first: number;
  /** Number of pairs in the range. */
  readonly count: number;
  #next: number;

  /** `begin`: where in the range, 0 to less than 1. */
  constructor(range: PortRange, begin: number) {
    this.#first = range.portMin + (range.portMin % 2);
    this.count = Math.max(0, Math.floor((range.portMax - this.#first + 1) / 2));
    this.#next = Math.floor(begin * this.count);
  }

  /** The even port of the next pair. */
  next(): number {
    const port = this.#first + 2 * this.#next;
    this.#next = (this.#next + 1) % this.count;
    return port;
  }
}
