// What a consumer knows it has taken of what each writer told in each stream, and what is missing. Pure.

import { firstMissing, has, type Ranges, rangesText, readRanges, union, withStretch } from './ranges.ts';
import type { Told } from './told.ts';

export class Taken {
  /** By stream and writer. */
  readonly #ranges = new Map<string, Ranges>();

  has(stream: number, { writer, offset }: Told): boolean {
    return has(this.#of(stream, writer), offset);
  }

  add(stream: number, { writer, offset, after }: Told): void {
    this.#ranges.set(nameOf(stream, writer), withStretch(this.#of(stream, writer), after, offset));
  }

  /** The first offset up to `head` that was not taken; undefined when all were. */
  firstMissing(stream: number, writer: string, head: number): number | undefined {
    return firstMissing(this.#of(stream, writer), head);
  }

  /** Of a stream as text, by stream and writer. */
  texts(stream: number): ReadonlyMap<string, string> {
    const own = [...this.#ranges].filter(([name]) => name.startsWith(`${stream} `));
    return new Map(own.map(([name, ranges]) => [name, rangesText(ranges)]));
  }

  /** Adds what {@link texts} gave. */
  read(name: string, text: string): void {
    this.#ranges.set(name, union(this.#ranges.get(name) ?? [], readRanges(text)));
  }

  #of(stream: number, writer: string): Ranges {
    return this.#ranges.get(nameOf(stream, writer)) ?? [];
  }
}

function nameOf(stream: number, writer: string): string {
  return `${stream} ${writer}`;
}
