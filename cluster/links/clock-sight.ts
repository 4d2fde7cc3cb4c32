// What the clock of the other end of a link is to ours, by what went there and came back. Pure.

/** What is added to times of the other end to have them in our clock. */
export interface ClockSight {
  readonly offsetMs: number;
  readonly plusMinusMs: number;
}

/** Something that was sent there, and what came back on it. */
export interface RoundTrip {
  /** By our wall clock. */
  readonly sentMs: number;
  readonly heardMs: number;
  /** By theirs, when they answered. */
  readonly answeredMs: number;
  /** How long they had waited until then. */
  readonly heldMs: number;
}

/** Quartz is no better than this: what was measured a while ago is doubted more. */
const driftMsPerMs = 1e-4;

/** Keeps the best of all round trips: the quickest, unless it is long ago, or a clock was set since. */
export class ClockSighting {
  #best: (ClockSight & { readonly atMs: number }) | undefined;

  see({ sentMs, heardMs, answeredMs, heldMs }: RoundTrip): void {
    const plusMinusMs = (heardMs - sentMs - heldMs) / 2;
    // Our own clock was set meanwhile.
    if (!(plusMinusMs >= 0)) return;
    const offsetMs = (sentMs + heardMs) / 2 - (answeredMs - heldMs / 2);
    const before = this.#doubted(heardMs);
    const isAnother = before && Math.abs(offsetMs - before.offsetMs) > plusMinusMs + before.plusMinusMs;
    if (!before || isAnother || plusMinusMs <= before.plusMinusMs)
      this.#best = { offsetMs, plusMinusMs, atMs: heardMs };
  }

  /** In whole milliseconds, and none where the clocks may be one; undefined before anything came back. */
  at(nowMs: number): ClockSight | undefined {
    const best = this.#doubted(nowMs);
    if (!best) return undefined;
    const { offsetMs, plusMinusMs } = best;
    return {
      offsetMs: Math.abs(offsetMs) <= plusMinusMs ? 0 : Math.round(offsetMs),
      plusMinusMs: Math.ceil(plusMinusMs),
    };
  }

  #doubted(nowMs: number): ClockSight | undefined {
    if (!this.#best) return undefined;
    const { offsetMs, plusMinusMs, atMs } = this.#best;
    return { offsetMs, plusMinusMs: plusMinusMs + Math.abs(nowMs - atMs) * driftMsPerMs };
  }
}
