// What the facts of all sessions say of the pause of each of their streams. Capture is told before anything else: what came
// while nobody could say so is withheld.

import type { SessionState } from '#actors/session';

export interface Gates {
  readonly paused: readonly string[];
  readonly running: readonly string[];
}

/** Every stream that capture may hold, by whether a pause was asked for. */
export function gatesOf(states: readonly SessionState[]): Gates {
  const streamsOf = ({ streams }: SessionState) =>
    [...streams].filter(([, { phase }]) => phase !== 'closed').map(([stream]) => stream);
  return {
    paused: states.filter(({ pauseBy }) => pauseBy !== undefined).flatMap(streamsOf),
    running: states.filter(({ pauseBy }) => pauseBy === undefined).flatMap(streamsOf),
  };
}
