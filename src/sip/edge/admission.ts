// Runs `overload.core.ts` on what is measured: asked for each new call, looks at the facts as calls come. Without calls
// it costs nothing, not even a timer.

import type { Clock } from '#src/ports';
import {
  admit,
  type LoadFacts,
  look,
  lookMs,
  type OverloadLimits,
  type OverloadReason,
  type OverloadState,
  openToAll,
} from './overload.core.ts';

export interface AdmissionOptions {
  readonly clock: Clock;
  readonly limits: OverloadLimits;
  facts(): LoadFacts;
  /** A line for an operator: calls are shed, or all are let in again. */
  log(line: string): void;
}

export class Admission {
  readonly #options: AdmissionOptions;
  #state: OverloadState = openToAll;
  #refused = 0;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Which share of the new calls is let in: 0 to 1. */
  get share(): number {
    return this.#state.phase === 'open' ? 1 : this.#state.share;
  }

  /** Whether there is too much, and some new calls are refused. */
  get isShedding(): boolean {
    return this.#state.phase === 'shedding';
  }

  /** Why a new call is refused; undefined when it is let in. */
  refusal(): OverloadReason | undefined {
    const { clock, limits, facts } = this.#options;
    const nowMs = clock.monotonicMs();
    const elapsedMs = nowMs - this.#lookedAtMs;
    if (elapsedMs >= lookMs) {
      this.#became(look(this.#state, facts(), limits, { nowMs, elapsedMs }));
      this.#lookedAtMs = nowMs;
    }
    const [state, reason] = admit(this.#state);
    this.#state = state;
    if (reason) this.#refused += 1;
    return reason;
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
