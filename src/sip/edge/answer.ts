// Runs `answer.core.ts` on the clock: one 2xx to INVITE, repeated until it is acknowledged, given up, or no longer wanted.

import type { Clock, Timer } from '#src/ports';
import { type AnswerEffect, type AnswerState, startAnswer, stepAnswer } from './answer.core.ts';
import { t1Ms, t2Ms } from './transaction-effect.ts';

/** What an answer needs. */
export interface AnswerOptions {
  readonly clock: Clock;
  /** CSeq number of the INVITE, which its ACK repeats. */
  readonly sequence: number;
  /** The transaction id the ACK is shown to the application with. */
  readonly transactionId: string;
  repeat(): void;
  giveUp(): void;
}

export class Answer {
  readonly sequence: number;
  readonly transactionId: string;
  readonly #options: AnswerOptions;
  #state: AnswerState;
  #timer: Timer | undefined;

  constructor(options: AnswerOptions) {
    this.sequence = options.sequence;
    this.transactionId = options.transactionId;
    this.#options = options;
    const [state, effects] = startAnswer(t1Ms);
    this.#state = state;
    this.#perform(effects);
  }

  /** The ACK came; true for the first one. */
  acknowledge(): boolean {
    const isFirst = this.#state.phase === 'unacknowledged';
    this.#step('ack');
    return isFirst;
  }

  /** The dialog is over. */
  stop(): void {
    this.#timer?.cancel();
  }

  #step(type: 'ack' | 'timer'): void {
    const [state, effects] = stepAnswer(this.#state, { type }, { t1Ms, t2Ms });
    this.#state = state;
    if (state.phase !== 'unacknowledged') this.#timer?.cancel();
    this.#perform(effects);
  }

  #perform(effects: readonly AnswerEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'repeat') this.#options.repeat();
      else if (effect.type === 'give-up') this.#options.giveUp();
      else this.#timer = this.#options.clock.after(effect.delayMs, () => this.#step('timer'));
    }
  }
}
