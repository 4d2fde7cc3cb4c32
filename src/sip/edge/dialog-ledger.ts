// What must be remembered of calls so that this process, killed at any moment, goes on with them when it starts again. The
// port; `dialog-journal.io.ts` keeps it on disk.

import type { Dialog } from './dialog.ts';
import type { SessionAgreement } from './session-timer.core.ts';
import type { Endpoint, Protocol } from './transport.ts';

/** One answered call. */
export interface DialogRecord {
  readonly dialog: Dialog;
  /** Tags of the application it belongs to. */
  readonly tags: readonly string[];
  /** The last INVITE of the peer that we accepted: its copies are recognised by the key. */
  readonly accepted?: Omit<AnswerRecord, 'bytes'>;
  /** A 2xx of ours that is not acknowledged yet. */
  readonly answer?: {
    readonly sequence: number;
    readonly transactionId: string;
    readonly sentAtMs: number;
    readonly bytes: Buffer;
    readonly protocol: Protocol;
    readonly remote: Endpoint;
  };
  readonly session?: SessionAgreement & { readonly refreshedAtMs: number };
  /** The peer takes UPDATE. */
  readonly peerUpdates: boolean;
  /** Our session description, as long as a refresh may have to repeat it. */
  readonly description?: Buffer;
}

/** A final answer of ours that may be asked for again. */
export interface AnswerRecord {
  /** Names the transaction: see `transactions.ts`. */
  readonly key: string;
  readonly sentAtMs: number;
  readonly bytes: Buffer;
}

/** What is told is on disk a few milliseconds later, or when {@link DialogLedger.settle} says so. */
export interface DialogLedger {
  /** How a call stands. `now`: when this returns, kill -9 cannot take it. */
  keep(record: DialogRecord, urgency: 'now' | 'soon'): void;
  /** Its 2xx needs not be repeated any more. */
  acknowledged(dialogId: string): void;
  /** A call is over. */
  ended(dialogId: string): void;
  /** Something inside a call, or its end, was answered. */
  answered(answer: AnswerRecord): void;
  /** Runs `then` when kill -9 cannot take what was told so far: at the end of this turn, or with others a few milliseconds later. */
  settle(then: () => void): void;
}

/** For an edge whose calls end with it. */
export const noLedger: DialogLedger = {
  keep: () => {},
  acknowledged: () => {},
  ended: () => {},
  answered: () => {},
  settle: (then) => then(),
};
