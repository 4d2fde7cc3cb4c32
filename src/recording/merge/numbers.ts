// One count for all numberings that number the same packets: union-find that knows by how much numbers differ.

import type { Numbering } from './copy.ts';
import type { Likeness } from './likeness.ts';

/** A numbering's numbers, and these added, are those of `root`. */
export interface Renumbering {
  readonly root: Numbering;
  readonly sequences: number;
  readonly timestamps: number;
}

export class Numbers {
  readonly #above = new Map<Numbering, Renumbering>();
  readonly #rank: ReadonlyMap<Numbering, number>;
  /** Likenesses that hold; others contradict stronger ones. */
  readonly held: readonly Likeness[];

  /** `numberings` in the order of preference: of those that are alike the first one gives the numbers. */
  constructor(numberings: readonly Numbering[], found: readonly Likeness[]) {
    this.#rank = new Map(numberings.map((numbering, rank) => [numbering, rank]));
    const rank = (numbering: Numbering) => this.#rank.get(numbering)!;
    const strongestFirst = [...found].sort(
      (a, b) =>
        b.packets - a.packets ||
        rank(a.one) - rank(b.one) ||
        rank(a.other) - rank(b.other) ||
        a.sequences - b.sequences ||
        a.timestamps - b.timestamps,
    );
    this.held = strongestFirst.filter((likeness) => this.#join(likeness));
  }

  of(numbering: Numbering): Renumbering {
    let [sequences, timestamps, root] = [0, 0, numbering];
    for (let above = this.#above.get(root); above; above = this.#above.get(root)) {
      sequences = (sequences + above.sequences) & 0xffff;
      timestamps = (timestamps + above.timestamps) >>> 0;
      root = above.root;
    }
    return { root, sequences, timestamps };
  }

  #join({ one, other, sequences, timestamps }: Likeness): boolean {
    const [a, b] = [this.of(one), this.of(other)];
    // From numbers of b's root to those of a's: back to `other`, on to `one`, up to a's root.
    const difference = {
      sequences: (a.sequences + sequences - b.sequences) & 0xffff,
      timestamps: (a.timestamps + timestamps - b.timestamps) >>> 0,
    };
    if (a.root === b.root) return difference.sequences === 0 && difference.timestamps === 0;
    if (this.#rank.get(a.root)! < this.#rank.get(b.root)!) this.#above.set(b.root, { root: a.root, ...difference });
    else {
      const [back, timeBack] = [-difference.sequences & 0xffff, -difference.timestamps >>> 0];
      this.#above.set(a.root, { root: b.root, sequences: back, timestamps: timeBack });
    }
    return true;
  }
}
