// Runs `answer.core.ts` on the clock: one 2xx to INVITE, or one reliable provisional response, repeated until it is
// acknowledged, given up, or no longer wanted.

import type { Clock, Timer } from '#src/ports';
import { type AnswerEffect, type AnswerState, startAnswer, stepAnswer } from './answer.core.ts';
import { t1Ms, t2Ms } from './transaction-effect.ts';
import type { Flow } from './transport.ts';

/** What an answer needs. */
export interface AnswerOptions {
  readonly clock: Clock;
  /** Number its acknowledgement repeats: CSeq of the INVITE, or the RSeq of a reliable provisional response. */
  readonly sequence: number;
  /** The transaction id the ACK is shown to the application with. */
  readonly transactionId: string;
  readonly bytes: Buffer;
  readonly flow: Flow;
  /** When it first went out; earlier than now for an answer of this edge's earlier life. */
  readonly sentAtMs: number;
  /** Longest pause between two copies; default T2. */
  readonly pauseMsMax?: number;
  /** It goes out once more. */
  repeated(): void;
  giveUp(): void;
}

export class Answer {
  readonly #options: AnswerOptions;
  readonly #timing: { readonly t1Ms: number; readonly t2Ms: number };
  #state: AnswerState;
  #timer: Timer | undefined;

  constructor(options: AnswerOptions) {
    this.#options = options;
    this.#timing = { t1Ms, t2Ms: options.pauseMsMax ?? t2Ms };
    const [state, effects] = startAnswer(t1Ms, Math.max(0, options.clock.nowMs() - options.sentAtMs));
    this.#state = state;
    this.#perform(effects);
  }

  get sequence(): number {
    return this.#options.sequence;
  }

  get transactionId(): string {
    return this.#options.transactionId;
  }

  /** What a successor of this process needs to go on; undefined once it is acknowledged or given up. */
  get pending(): Pick<AnswerOptions, 'sequence' | 'transactionId' | 'bytes' | 'flow' | 'sentAtMs'> | undefined {
    return this.#state.phase === 'unacknowledged' ? this.#options : undefined;
  }

  /** The ACK came; true for the first one. */
  acknowledge(): boolean {
    const isFirst = this.#state.phase === 'unacknowledged';
    this.#step('ack');
    return isFirst;
  }

  /** Nobody waits for it any more. */
  stop(): void {
    this.#timer?.cancel();
  }

  #step(type: 'ack' | 'timer'): void {
    const [state, effects] = stepAnswer(this.#state, { type }, this.#timing);
    this.#state = state;
    if (state.phase !== 'unacknowledged') this.#timer?.cancel();
    this.#perform(effects);
  }

  #perform(effects: readonly AnswerEffect[]): void {
    const { clock, flow, bytes, repeated, giveUp } = this.#options;
    for (const effect of effects) {
      if (effect.type === 'repeat') {
        repeated();
        flow.send(bytes);
      } else if (effect.type === 'give-up') giveUp();
      else this.#timer = clock.after(effect.delayMs, () => this.#step('timer'));
    }
  }
}
