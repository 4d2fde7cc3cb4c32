// What happened in a run, a line for each thing, and the hash of all lines: the same seed gives the same hash.

import { createHash } from 'node:crypto';

/** Lines that are kept to be shown; the hash knows all. */
const linesMax = 20_000;
/** Characters: one call for many lines costs a fraction. */
const hashedTogether = 65_536;

export class Trace {
  readonly #hash = createHash('sha256');
  readonly #lines: string[] = [];
  #unhashed = '';
  #count = 0;

  note(atMs: number, who: string, what: string): void {
    const line = `${(atMs / 1_000).toFixed(3).padStart(9)}  ${who.padEnd(14)}  ${what}`;
    this.#unhashed += `${line}\n`;
    if (this.#unhashed.length > hashedTogether) this.#sum();
    this.#count += 1;
    this.#lines.push(line);
    if (this.#lines.length > 2 * linesMax) this.#lines.splice(0, linesMax);
  }

  /** Of everything so far, as 64 hexadecimal digits. */
  get hash(): string {
    this.#sum();
    return this.#hash.copy().digest('hex');
  }

  /** How many lines there were. */
  get count(): number {
    return this.#count;
  }

  /** The last ones. */
  last(count: number): readonly string[] {
    return this.#lines.slice(-count);
  }

  #sum(): void {
    this.#hash.update(this.#unhashed);
    this.#unhashed = '';
  }
}
