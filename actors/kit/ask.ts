// A question that waits for its answer. It ends exactly once: by the answer, by a refusal, by the time-out, or at once
// when the actor asked cannot answer any more (stopped, crashed, restarted, mailbox full).

import { TwinreelError } from '#src/errors';
import type { Clock } from '#src/ports';
import { Address } from './address.ts';

/** Travels inside a message; the actor asked uses it once, now or later. Further uses change nothing. */
export interface ReplyTo<Answer> {
  answer(value: Answer): void;
  refuse(error: Error): void;
}

/** The kit's side of a question. */
export interface Ask {
  readonly settled: boolean;
  fail(why: string): void;
  /** Called once, when the question has ended. */
  whenSettled(run: () => void): void;
}

/**
 * Sends the message that `build` makes around the reply.
 * Rejects with `actor-ask-timed-out`, `actor-unavailable`, or the error of `refuse`.
 */
export function ask<Message, Answer>(
  clock: Clock,
  to: Address<Message>,
  build: (reply: ReplyTo<Answer>) => Message,
  timeoutMs: number,
): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    let settled = false;
    let afterwards: (() => void) | undefined;
    const settle = (end: () => void) => {
      if (settled) return;
      settled = true;
      timer.cancel();
      end();
      afterwards?.();
    };
    const timer = clock.after(timeoutMs, () => {
      const text = `${to.path} did not answer within ${timeoutMs} ms`;
      settle(() => reject(new TwinreelError('actor-ask-timed-out', text, { path: to.path, timeoutMs })));
    });
    const pending: Ask = {
      get settled() {
        return settled;
      },
      fail(why) {
        const text = `${to.path} cannot answer: ${why}`;
        settle(() => reject(new TwinreelError('actor-unavailable', text, { path: to.path, why })));
      },
      whenSettled(run) {
        afterwards = run;
      },
    };
    const reply: ReplyTo<Answer> = {
      answer: (value) => settle(() => resolve(value)),
      refuse: (error) => settle(() => reject(error)),
    };
    Address.deliver(to, build(reply), pending);
  });
}
