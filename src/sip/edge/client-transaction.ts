// A request of ours that is to be answered: runs the INVITE or the other client machine and performs what it asks for.

import type { Clock } from '#src/ports';
import { type SipRequest, serialiseMessage } from '#src/sip';
import { acknowledgementOf } from './compose.ts';
import type { Tally } from './counters.ts';
import {
  type InviteClientEvent,
  type InviteClientState,
  startInviteClient,
  stepInviteClient,
} from './invite-client.core.ts';
import { type RequestClientState, startRequestClient, stepRequestClient } from './request-client.core.ts';
import type { ReceivedResponse, Timing, TransactionEffect } from './transaction.protocol.ts';
import { TransactionTimers } from './transaction-timers.ts';
import type { Flow } from './transport.ts';

/** Who asked hears what came of it. */
export interface ResponseReceiver {
  response(response: ReceivedResponse): void;
  /** No response came in time, or the request could not be sent. No response follows. */
  failed(reason: 'timed-out' | 'unsent'): void;
  /** No response can come any more. */
  ended?(): void;
}

export interface ClientTransactionOptions {
  readonly clock: Clock;
  readonly tally: Tally;
  readonly timing: Timing;
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly receiver: ResponseReceiver;
  /** It is over; nobody needs to find it any more. */
  ended(): void;
}

export class ClientTransaction {
  readonly #options: ClientTransactionOptions;
  readonly #timers: TransactionTimers;
  #machine:
    | { readonly kind: 'invite'; readonly state: InviteClientState }
    | { readonly kind: 'request'; readonly state: RequestClientState };

  /** Sends the request, whose bytes are given, at once. */
  constructor(options: ClientTransactionOptions, bytes: Buffer) {
    this.#options = options;
    this.#timers = new TransactionTimers(options.clock, (timer) => this.#step({ type: 'timer', timer }));
    if (options.request.method === 'INVITE') {
      const [state, effects] = startInviteClient(bytes, options.timing);
      this.#machine = { kind: 'invite', state };
      this.#perform(effects, false);
    } else {
      const [state, effects] = startRequestClient(bytes, options.timing);
      this.#machine = { kind: 'request', state };
      this.#perform(effects, false);
    }
  }

  received(response: ReceivedResponse): void {
    this.#step({ type: 'response', response });
  }

  /** A CANCEL for this INVITE went out. */
  cancelled(): void {
    this.#step({ type: 'cancelled' });
  }

  /** Nobody waits for an answer any more: the request is not repeated. What still comes is handed up. */
  giveUp(): void {
    this.#step({ type: 'given-up' });
  }

  /** Stops at once, without a word. */
  stop(): void {
    this.#timers.stopAll();
  }

  #step(event: InviteClientEvent): void {
    const { timing } = this.#options;
    if (this.#machine.kind === 'invite') {
      const [state, effects] = stepInviteClient(this.#machine.state, event, timing);
      this.#machine = { kind: 'invite', state };
      this.#perform(effects, true);
    } else if (event.type !== 'cancelled') {
      const [state, effects] = stepRequestClient(this.#machine.state, event, timing);
      this.#machine = { kind: 'request', state };
      this.#perform(effects, true);
    }
  }

  #perform(effects: readonly TransactionEffect[], isRepeat: boolean): void {
    const { tally, flow, request, receiver } = this.#options;
    for (const effect of effects) {
      switch (effect.type) {
        case 'send':
          if (isRepeat) tally.repeatsSent += 1;
          flow.send(effect.bytes, () => this.#unsent());
          break;
        case 'set-timer':
          this.#timers.set(effect.timer, effect.delayMs);
          break;
        case 'stop-timer':
          this.#timers.stop(effect.timer);
          break;
        case 'deliver':
          receiver.response(effect.response);
          break;
        case 'acknowledge':
          flow.send(serialiseMessage(acknowledgementOf(request, effect.response)));
          break;
        case 'timed-out':
          receiver.failed('timed-out');
          break;
        case 'terminated':
          this.#end();
          break;
        case 'try':
        case 'remember':
          throw new Error('a client transaction has nothing to answer');
      }
    }
  }

  /** The transport could not send: no use in waiting (RFC 3261 §17.1.4). */
  #unsent(): void {
    this.#options.tally.refuse('send-failed');
    const { kind, state } = this.#machine;
    if (state.phase !== 'calling' && state.phase !== 'trying') return;
    this.#machine =
      kind === 'invite' ? { kind, state: { phase: 'terminated' } } : { kind, state: { phase: 'terminated' } };
    this.#options.receiver.failed('unsent');
    this.#end();
  }

  #end(): void {
    this.#timers.stopAll();
    this.#options.ended();
    this.#options.receiver.ended?.();
  }
}
