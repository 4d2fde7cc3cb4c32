// How a decision is told: facts and effects in the order they came to mind, while the state moves with each fact.

import type { SessionEffect, SessionFact } from './session.protocol.ts';
import { apply, type SessionState } from './state.ts';

/** The outcome of a decision: the next state is the fold of `facts` over the old one. */
export interface Decision {
  readonly state: SessionState | undefined;
  readonly facts: readonly SessionFact[];
  readonly effects: readonly SessionEffect[];
}

/** Collects facts and effects while the state moves with each fact. */
export class Telling {
  readonly #facts: SessionFact[];
  readonly #effects: SessionEffect[] = [];
  readonly #nowMs: number;
  state: SessionState;

  constructor(state: SessionState, nowMs: number, facts: SessionFact[] = []) {
    this.state = state;
    this.#nowMs = nowMs;
    this.#facts = facts;
  }

  fact(fact: SessionFact extends infer F ? (F extends SessionFact ? Omit<F, 'atMs'> : never) : never): void {
    const dated = { ...fact, atMs: this.#nowMs } as SessionFact;
    this.#facts.push(dated);
    this.state = apply(this.state, dated);
  }

  effect(effect: SessionEffect): void {
    this.#effects.push(effect);
  }

  get decision(): Decision {
    return { state: this.state, facts: this.#facts, effects: this.#effects };
  }
}
