// The last word on a couple, put together when somebody wants to hear it: most words are followed by another one before that. Pure.

import type { Couple } from '#src/recording';
import { type CoupleSettings, coupleNews, endOf } from './couple.ts';
import type { CallState, CoupleState } from './state.ts';

export interface CoupleWord {
  readonly sid: string;
  readonly isEnded: boolean;
  /** The number of its status, 0 as long as it has none. */
  readonly statusN: number;
  readonly couple: Couple;
}

export function coupleWord(state: CallState, known: CoupleState, settings: CoupleSettings): CoupleWord {
  // What it is made of is let go of as soon as it is made.
  let make: (() => Couple) | undefined = () => coupleNews(state, known, settings);
  let made: Couple | undefined;
  return {
    sid: known.sid,
    isEnded: endOf(state, known) !== undefined,
    statusN: known.status?.n ?? 0,
    get couple() {
      made ??= make!();
      make = undefined;
      return made;
    },
  };
}
