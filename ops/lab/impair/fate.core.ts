// What becomes of each datagram on a bad network: lost, delayed, doubled, overtaken. The n-th datagram of a way has the same
// fate for the same seed, whatever is in it and whenever it comes.

import type { Random } from '#src/ports';

/** How bad a way is. Rates are fractions of datagrams, 0 to 1. */
export interface Impairment {
  readonly lossRate: number;
  readonly duplicateRate: number;
  /** Datagrams that are held back by `reorderMs` on top, so that later ones overtake them. */
  readonly reorderRate: number;
  readonly reorderMs: number;
  /** Every datagram takes `delayMs` to `delayMs + jitterMs`. */
  readonly delayMs: number;
  readonly jitterMs: number;
}

/** A way on which nothing happens. */
export const unimpaired: Impairment = {
  lossRate: 0,
  duplicateRate: 0,
  reorderRate: 0,
  reorderMs: 30,
  delayMs: 0,
  jitterMs: 0,
};

/** The delays, in milliseconds, after which copies of a datagram arrive; none when it is lost. */
export interface Fate {
  readonly arrivalsMs: readonly number[];
  readonly isReordered: boolean;
}

/** The next datagram's fate. Draws the same number of times for every datagram, so that one fate does not move the others. */
export function nextFate(impairment: Impairment, random: Random): Fate {
  const [loss, duplicate, reorder, jitter, other] = [1, 2, 3, 4, 5].map(() => random.fraction()) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (loss < impairment.lossRate) return { arrivalsMs: [], isReordered: false };
  const isReordered = reorder < impairment.reorderRate;
  const firstMs = impairment.delayMs + jitter * impairment.jitterMs + (isReordered ? impairment.reorderMs : 0);
  if (duplicate >= impairment.duplicateRate) return { arrivalsMs: [firstMs], isReordered };
  return { arrivalsMs: [firstMs, impairment.delayMs + other * impairment.jitterMs], isReordered };
}
