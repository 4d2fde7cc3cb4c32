// INVITEs that open calls, from their coming until their answer has gone out: kept by the dialog they open, for an edge may be killed at any
// moment, and their copies come by the next one. Must never decide what is answered.

import { TwinreelError } from '#src/errors';
import { systemClock } from '#src/ports';
import { isEdgeGone, sendOk, type Waiting } from './responses.io.ts';

/** Who is asked about callers, and hears of them. */
export interface CallersOptions {
  /** Whether the edge knows a dialog, once there is an edge: it does from before its 200 goes out. */
  readonly stands: (dialog: string) => Promise<boolean>;
  readonly cancelled: (dialog: string) => void;
  /** Fewer wait for what is to be answered. */
  readonly fewer: () => void;
}

interface Caller extends Waiting {
  /** When the first copy of it came; monotonic. */
  readonly sinceMs: number;
  /** What the session answered: kept, since it may have been lost with the edge. */
  answer?: { readonly sdp: string; resolve(): void; reject(error: unknown): void };
}

/** How long callers repeat an INVITE (64*T1, RFC 3261 §17.1.1.2). */
export const repeatMsMax = 32_000;
/** Added to the time within which a copy has to come. */
const copyLateMs = 1_000;

export class Callers {
  readonly #options: CallersOptions;
  readonly #callers = new Map<string, Caller>();

  constructor(options: CallersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#callers.size;
  }

  /** Of them, those of which it is not known yet what they are answered. */
  get undecided(): number {
    return [...this.#callers.values()].filter(({ answer }) => !answer).length;
  }

  /** Takes an INVITE in. */
  await(dialog: string, waiting: Waiting): void {
    this.#await(dialog, { ...waiting, sinceMs: systemClock.monotonicMs() });
  }

  /**
   * Whether an INVITE is a copy. An edge was killed then, and the next one knows nothing of the first: it is answered as that would have been.
   */
  repeats(dialog: string, waiting: Waiting): boolean {
    const before = this.#callers.get(dialog);
    if (!before || before.request.get('cseq') !== waiting.request.get('cseq')) return false;
    const { sinceMs, answer } = before;
    const caller: Caller = { ...waiting, sinceMs, ...(answer && { answer }) };
    this.#await(dialog, caller);
    if (answer) this.#send(dialog, caller);
    return true;
  }

  /** An edge that is killed may take the answer with it: then the copy of the INVITE that the next edge brings gets it. */
  answer(dialog: string, sdp: string): Promise<void> {
    const caller = this.#callers.get(dialog);
    if (!caller) return Promise.reject(nobodyWaits(dialog));
    return new Promise((resolve, reject) => {
      caller.answer = { sdp, resolve, reject };
      this.#options.fewer();
      this.#send(dialog, caller);
    });
  }

  /** Who is answered in another way; undefined when nobody waits for that. */
  take(dialog: string): Waiting | undefined {
    const caller = this.#callers.get(dialog);
    if (this.#callers.delete(dialog)) this.#options.fewer();
    return caller;
  }

  /** There is an edge again, perhaps another one. */
  connected(): void {
    for (const [dialog, caller] of this.#callers) void this.#findOut(dialog, caller);
  }

  #await(dialog: string, caller: Caller): void {
    this.#callers.set(dialog, caller);
    caller.request.on('cancel', () => {
      if (!this.#callers.delete(dialog)) return;
      this.#options.fewer();
      this.#options.cancelled(dialog);
    });
  }

  #send(dialog: string, caller: Caller): void {
    const { answer } = caller;
    if (!answer) return;
    const isCurrent = () => this.#callers.get(dialog) === caller;
    sendOk(caller, answer.sdp).then(
      () => {
        if (isCurrent()) this.#callers.delete(dialog);
        answer.resolve();
      },
      (error: unknown) => {
        if (!isCurrent()) return;
        if (isEdgeGone(error)) void this.#findOut(dialog, caller);
        else if (this.#callers.delete(dialog)) answer.reject(error);
      },
    );
  }

  /**
   * The edge that was given an answer is gone: whether it went out the next one knows. If not, and its peer wants one still, the INVITE comes
   * again: at the latest as long from now as it has been repeated (§17.1.1.2).
   */
  async #findOut(dialog: string, caller: Caller): Promise<void> {
    const { answer, sinceMs } = caller;
    const stands = answer && (await this.#options.stands(dialog).catch(() => undefined));
    if (!answer || stands === undefined) return;
    const settle = (how: () => void) => {
      if (this.#callers.get(dialog) !== caller) return;
      this.#callers.delete(dialog);
      how();
    };
    if (stands) {
      settle(answer.resolve);
      return;
    }
    const text = `the edge was lost with the answer for ${dialog}, which nobody asks for again`;
    const repeatedMs = Math.min(repeatMsMax, systemClock.monotonicMs() - sinceMs);
    systemClock.after(repeatedMs + copyLateMs, () =>
      settle(() => answer.reject(new TwinreelError('answer-lost', text))),
    );
  }
}

export function nobodyWaits(name: string): TwinreelError {
  return new TwinreelError('dialog-gone', `${name} does not wait for an answer any more`);
}
