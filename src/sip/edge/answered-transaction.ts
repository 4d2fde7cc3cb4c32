// A request that was answered in this edge's earlier life. What is left of its transaction: copies of the request get the
// same answer again, for as long as they may come (RFC 3261 §17.2.2 timer J, RFC 6026 §7.1 timer L).

import type { Clock, Timer } from '#src/ports';
import type { AnswerRecord } from './dialog-ledger.ts';
import { t1Ms } from './transaction-effect.ts';
import type { Flow } from './transport.ts';

export class AnsweredTransaction {
  readonly isAnswered = true;
  /** A 2xx to INVITE, which its dialog repeats. */
  readonly isAccepted: boolean;
  readonly #bytes: Buffer | undefined;
  readonly #timer: Timer;

  /** Without `bytes`: see {@link isAccepted}. */
  constructor({ sentAtMs, bytes }: Partial<AnswerRecord> & { sentAtMs: number }, clock: Clock, ended: () => void) {
    this.isAccepted = bytes === undefined;
    this.#bytes = bytes;
    this.#timer = clock.after(Math.max(0, sentAtMs + answerMsMax - clock.nowMs()), ended);
  }

  /** The request came again. */
  repeated(flow: Flow): void {
    if (this.#bytes) flow.send(this.#bytes);
  }

  acknowledged(): void {}

  stop(): void {
    this.#timer.cancel();
  }
}

/** How long an answer may be asked for again. */
export const answerMsMax = 64 * t1Ms;
