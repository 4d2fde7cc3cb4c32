// What a process keeps of the facts that it tells in one stream: of each subject the last, in the order of their offsets, and up to
// which of them Redis is known to have. Pure.

import type { FactType } from './fact.schema.ts';

export interface KeptFact {
  readonly subject: string;
  /** Counts what this writer has ever had to tell in this stream, from 1. */
  readonly offset: number;
  readonly type: FactType;
  /** JSON. */
  readonly text: string;
}

/**
 * A fact as it goes out. Nothing that counts stands between `after` and its offset: what did was replaced by a later fact, or is not
 * kept any more. So whoever has every fact that was told lacks nothing, whichever numbers are missing.
 */
export interface FactToTell extends KeptFact {
  readonly after: number;
}

export class Kept {
  /** In the order of their offsets. */
  readonly #facts = new Map<string, KeptFact>();
  #last = 0;
  #told = 0;
  #bytes = 0;

  /** Up to which offset Redis is known to have everything. */
  get told(): number {
    return this.#told;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many Redis is not known to have. */
  get untold(): number {
    let untold = 0;
    for (const { offset } of this.#facts.values()) if (offset > this.#told) untold += 1;
    return untold;
  }

  /** Keeps the last fact on a subject under the next offset; undefined when the last one said the same. */
  put({ subject, type, text }: Omit<KeptFact, 'offset'>): KeptFact | undefined {
    if (this.#facts.get(subject)?.text === text) return undefined;
    const fact = { subject, offset: this.#last + 1, type, text };
    this.restore(fact);
    return fact;
  }

  /** As an earlier process has kept it; offsets ascend. */
  restore(fact: KeptFact): void {
    this.#remove(fact.subject);
    this.#facts.set(fact.subject, fact);
    this.#last = fact.offset;
    this.#bytes += fact.text.length;
  }

  /** The first that Redis is not known to have. */
  next(max: number): readonly FactToTell[] {
    const batch: FactToTell[] = [];
    let after = 0;
    for (const fact of this.#facts.values()) {
      if (batch.length === max) break;
      if (fact.offset > this.#told) batch.push({ ...fact, after });
      after = fact.offset;
    }
    return batch;
  }

  /** Redis has everything up to `offset`, and nothing else: what stands behind it is told again. */
  know(offset: number): void {
    this.#told = Math.min(offset, this.#last);
  }

  /**
   * Lets the oldest go for as long as there is more than `bytesMax` of what Redis has, or `bytesMaxUntold` in all. The newest always
   * stays: it holds the place of all before it. Returns their subjects, and how many of them were never told.
   */
  trim(bytesMax: number, bytesMaxUntold: number): { readonly forgotten: readonly string[]; readonly lost: number } {
    const forgotten: string[] = [];
    let lost = 0;
    for (const { subject, offset } of this.#facts.values()) {
      const isUntold = offset > this.#told;
      if (offset === this.#last || this.#bytes <= (isUntold ? bytesMaxUntold : bytesMax)) break;
      this.#remove(subject);
      forgotten.push(subject);
      if (isUntold) lost += 1;
    }
    return { forgotten, lost };
  }

  #remove(subject: string): void {
    const known = this.#facts.get(subject);
    if (!known) return;
    this.#facts.delete(subject);
    this.#bytes -= known.text.length;
  }
}
