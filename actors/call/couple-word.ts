// The last word on a couple, put together when somebody wants to hear it: most words are followed by another one before that. Pure.

import type { Couple } from '#src/recording';
import { type CoupleSettings, coupleNews, endOf } from './couple.ts';
import type { CallState, CoupleState } from './state.ts';

export interface CoupleWord {
  readonly tenant: string;
  readonly sid: string;
  readonly isEnded: boolean;
  /** The number of its status, 0 as long as it has none. */
  readonly statusN: number;
  readonly couple: Couple;
}

export function coupleWord(state: CallState, known: CoupleState, settings: CoupleSettings): CoupleWord {
  return new Word(state, known, settings);
}

class Word implements CoupleWord {
  readonly tenant: string;
  readonly sid: string;
  readonly isEnded: boolean;
  readonly statusN: number;
  /** What it is made of is let go of as soon as it is made. */
  #parts: { readonly state: CallState; readonly known: CoupleState; readonly settings: CoupleSettings } | undefined;
  #made: Couple | undefined;

  constructor(state: CallState, known: CoupleState, settings: CoupleSettings) {
    this.tenant = state.tenant;
    this.sid = known.sid;
    this.isEnded = endOf(state, known) !== undefined;
    this.statusN = known.status?.n ?? 0;
    this.#parts = { state, known, settings };
  }

  get couple(): Couple {
    if (this.#parts) {
      const { state, known, settings } = this.#parts;
      this.#made = coupleNews(state, known, settings);
      this.#parts = undefined;
    }
    return this.#made!;
  }
}
