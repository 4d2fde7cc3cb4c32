// A request from the network that is to be answered once: runs the INVITE or the other server machine and performs what it
// asks for.

import type { Clock } from '#src/ports';
import { type Essentials, type SipRequest, type SipResponse, serialiseMessage } from '#src/sip';
import { ownResponse } from './compose.ts';
import type { Tally } from './counters.ts';
import {
  type InviteServerEvent,
  type InviteServerState,
  startInviteServer,
  stepInviteServer,
} from './invite-server.core.ts';
import { newRequestServer, type RequestServerState, stepRequestServer } from './request-server.core.ts';
import type { Timing, TransactionEffect } from './transaction.protocol.ts';
import { TransactionTimers } from './transaction-timers.ts';
import type { Flow } from './transport.ts';

export interface ServerTransactionOptions {
  /** What copies of the request are recognised by. */
  readonly key: string;
  readonly clock: Clock;
  readonly tally: Tally;
  readonly timing: Timing;
  readonly request: SipRequest;
  readonly essentials: Essentials;
  readonly flow: Flow;
  /** A final answer went out that nobody acknowledges: its copies, if any, may be asked for. See `remember`. */
  answered(bytes: Buffer | undefined): void;
  /** It is over; nobody needs to find it any more. */
  ended(): void;
}

/** Sends, now or as soon as it may. */
export type Departure = (send: () => void, bytes: Buffer) => void;

const atOnce: Departure = (send) => send();

export class ServerTransaction {
  readonly key: string;
  readonly request: SipRequest;
  readonly essentials: Essentials;
  readonly flow: Flow;
  readonly #options: ServerTransactionOptions;
  readonly #timers: TransactionTimers;
  #machine:
    | { readonly kind: 'invite'; readonly state: InviteServerState }
    | { readonly kind: 'request'; readonly state: RequestServerState };

  constructor(options: ServerTransactionOptions) {
    this.#options = options;
    this.key = options.key;
    this.request = options.request;
    this.essentials = options.essentials;
    this.flow = options.flow;
    this.#timers = new TransactionTimers(options.clock, (timer) => this.#step({ type: 'timer', timer }));
    if (options.request.method !== 'INVITE') {
      this.#machine = { kind: 'request', state: newRequestServer };
      return;
    }
    const [state, effects] = startInviteServer;
    this.#machine = { kind: 'invite', state };
    this.#perform(effects, false, atOnce);
  }

  /** Whether a final response went out. */
  get isAnswered(): boolean {
    const { phase } = this.#machine.state;
    return phase !== 'trying' && phase !== 'proceeding';
  }

  /** Answers and gives the bytes of it; they leave when `depart` says so. */
  respond(response: SipResponse, depart: Departure = atOnce): Buffer {
    const bytes = serialiseMessage(response);
    this.#options.tally.responsesSent += 1;
    this.#step({ type: 'respond', status: response.status, bytes }, depart);
    return bytes;
  }

  /** The request came again. */
  repeated(): void {
    this.#options.tally.repeatsAbsorbed += 1;
    this.#step({ type: 'repeated' });
  }

  /** The ACK of an error response came. */
  acknowledged(): void {
    if (this.#machine.kind === 'invite') this.#step({ type: 'ack' });
  }

  /** Nobody will answer any more. */
  abandon(): void {
    this.#step({ type: 'abandon' });
  }

  /** Stops at once, without a word. */
  stop(): void {
    this.#timers.stopAll();
  }

  #step(event: InviteServerEvent, depart = atOnce): void {
    const { timing } = this.#options;
    if (this.#machine.kind === 'invite') {
      const [state, effects] = stepInviteServer(this.#machine.state, event, timing);
      this.#machine = { kind: 'invite', state };
      this.#perform(effects, event.type !== 'respond', depart);
    } else if (event.type !== 'ack' && event.type !== 'timer') {
      const [state, effects] = stepRequestServer(this.#machine.state, event, timing);
      this.#machine = { kind: 'request', state };
      this.#perform(effects, event.type !== 'respond', depart);
    }
  }

  #perform(effects: readonly TransactionEffect[], isRepeat: boolean, depart: Departure): void {
    const { tally, flow, answered, ended } = this.#options;
    for (const effect of effects) {
      switch (effect.type) {
        case 'send':
          if (isRepeat) tally.repeatsSent += 1;
          depart(() => flow.send(effect.bytes, () => tally.refuse('send-failed')), effect.bytes);
          break;
        case 'set-timer':
          this.#timers.set(effect.timer, effect.delayMs);
          break;
        case 'stop-timer':
          this.#timers.stop(effect.timer);
          break;
        case 'timed-out':
          tally.refuse('no-ack');
          break;
        case 'try':
          this.respond(ownResponse(this.request.headers, 100, ''));
          break;
        case 'remember':
          answered(effect.bytes);
          break;
        case 'terminated':
          this.#timers.stopAll();
          ended();
          break;
        case 'deliver':
        case 'acknowledge':
          throw new Error(`a server transaction asked to ${effect.type}`);
      }
    }
  }
}
