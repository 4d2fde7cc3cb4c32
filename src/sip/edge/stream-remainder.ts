// The bytes of a stream that wait for more. Grows by doubling, so that a message that comes byte by byte is copied a few
// times and not once for each byte. What was given out is never written to again.

export class StreamRemainder {
  #space: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What waits and what has come, in one piece. */
  with(chunk: Buffer): Buffer {
    if (this.#length === 0) return chunk;
    const length = this.#length + chunk.length;
    if (length > this.#space.length) {
      const space = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#space.length));
      this.#space.copy(space, 0, 0, this.#length);
      this.#space = space;
    }
    chunk.copy(this.#space, this.#length);
    this.#length = length;
    return this.#space.subarray(0, length);
  }

  /** Keeps `rest`, the end of what {@link with} gave. */
  keep(rest: Buffer): void {
    const isInPlace = rest.buffer === this.#space.buffer && rest.byteOffset === this.#space.byteOffset;
    // The part before `rest` is in use elsewhere.
    if (!isInPlace) this.#space = Buffer.from(rest);
    this.#length = rest.length;
  }
}
