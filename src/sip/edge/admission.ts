// Why a new call is refused: applications have said that they have no room, or there is more to do than can be done. Runs
// `overload.core.ts` on what is measured: asked for each new call, looks at the facts as calls come. Without calls it costs
// nothing, not even a timer.

import type { Clock } from '#src/ports';
import type { Refusal } from './counters.ts';
import {
  admit,
  type LoadFacts,
  look,
  lookMs,
  type OverloadLimits,
  type OverloadState,
  openToAll,
} from './overload.core.ts';

export interface AdmissionOptions {
  readonly clock: Clock;
  readonly limits: OverloadLimits;
  facts(): LoadFacts;
  /** No application has room for a new call: when to come again. */
  fullForSeconds(): number | undefined;
  /** A line for an operator: calls are shed, or all are let in again. */
  log(line: string): void;
}

/** Why a new call is refused, and when it is to come again. */
export interface Excess {
  readonly reason: Refusal;
  readonly retryAfterSeconds: number;
}

/** When to come again where nobody has said it. */
export const retryAfterSeconds = 5;
/** Fullness that comes and goes with each call is told once: again when nobody was refused for so long. */
const fullAgainMs = 10_000;

export class Admission {
  readonly #options: AdmissionOptions;
  #state: OverloadState = openToAll;
  #refused = 0;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #fullAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Which share of the new calls is let in: 0 to 1. */
  get share(): number {
    return this.#state.phase === 'open' ? 1 : this.#state.share;
  }

  /** Whether there is too much or no room, and some new calls are refused. */
  get isRefusing(): boolean {
    return this.#state.phase === 'shedding' || this.#options.fullForSeconds() !== undefined;
  }

  /** Why a new call is refused; undefined when it is let in. */
  refusal(): Excess | undefined {
    const { clock, limits, facts, fullForSeconds } = this.#options;
    const nowMs = clock.monotonicMs();
    const full = fullForSeconds();
    if (full !== undefined) {
      this.#becameFull(nowMs);
      return { reason: 'application-full', retryAfterSeconds: full };
    }
    const elapsedMs = nowMs - this.#lookedAtMs;
    if (elapsedMs >= lookMs) {
      this.#became(look(this.#state, facts(), limits, { nowMs, elapsedMs }));
      this.#lookedAtMs = nowMs;
    }
    const [state, reason] = admit(this.#state);
    this.#state = state;
    if (!reason) return undefined;
    this.#refused += 1;
    return { reason, retryAfterSeconds };
  }

  #becameFull(nowMs: number): void {
    if (nowMs - this.#fullAtMs >= fullAgainMs) this.#options.log('edge: applications have no room for new calls');
    this.#fullAtMs = nowMs;
  }

  #became(state: OverloadState): void {
    const { log } = this.#options;
    if (this.#state.phase === 'open' && state.phase === 'shedding') log(`edge: new calls are shed: ${state.reason}`);
    if (this.#state.phase === 'shedding' && state.phase === 'open') {
      log(`edge: all new calls are let in again, ${this.#refused} were refused`);
      this.#refused = 0;
    }
    this.#state = state;
  }
}
