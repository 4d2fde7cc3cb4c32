// The transaction layer: finds the transaction a message belongs to, runs the four machines on the clock and performs what
// they ask for. Knows nothing of dialogs or applications.

import type { Clock, Timer } from '#src/ports';
import { branchCookie, branchOf, type Essentials, type SipRequest, type SipResponse, serialiseMessage } from '#src/sip';
import { acknowledgementOf } from './compose.ts';
import type { Tally } from './counters.ts';
import {
  type InviteClientEvent,
  type InviteClientState,
  startInviteClient,
  stepInviteClient,
} from './invite-client.core.ts';
import {
  type InviteServerEvent,
  type InviteServerState,
  newInviteServer,
  stepInviteServer,
} from './invite-server.core.ts';
import { type RequestClientState, startRequestClient, stepRequestClient } from './request-client.core.ts';
import { newRequestServer, type RequestServerState, stepRequestServer } from './request-server.core.ts';
import type { ReceivedResponse, Step, TimerName, Timing, TransactionEffect } from './transaction.protocol.ts';
import { t1Ms, t2Ms, t4Ms } from './transaction-effect.ts';
import type { Flow } from './transport.ts';

/** A request from the network that is to be answered once. */
export interface ServerTransaction {
  readonly request: SipRequest;
  readonly essentials: Essentials;
  readonly flow: Flow;
  /** Whether a final response went out. */
  readonly isAnswered: boolean;
  respond(response: SipResponse): Buffer;
  /** Forgets a request that nobody will answer. */
  abandon(): void;
}

/** A request of ours that is to be answered. */
export interface ClientTransaction {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** Whether {@link cancelled} was called. */
  readonly isCancelled: boolean;
  /** A CANCEL for this INVITE went out. */
  cancelled(): void;
}

/** Who asked hears what came of it. */
export interface ResponseReceiver {
  response(response: ReceivedResponse): void;
  /** No response came in time, or the request could not be sent. */
  failed(reason: 'timed-out' | 'unsent'): void;
  /** The transaction is gone, no response can come any more. */
  ended?(): void;
}

/** What the layer knows about a message it was shown. */
export type RequestPlace =
  | { readonly place: 'new'; readonly key: string }
  /** A copy of a request, or the ACK of an error response: dealt with. */
  | { readonly place: 'absorbed' };

interface Run {
  event(event: { type: 'timer'; timer: TimerName } | InviteClientEvent | InviteServerEvent): void;
}

interface ServerRun extends Run {
  readonly transaction: ServerTransaction;
  readonly phase: string;
}

export class Transactions {
  readonly #clock: Clock;
  readonly #tally: Tally;
  readonly #ringMsMax: number;
  readonly #servers = new Map<string, ServerRun>();
  readonly #clients = new Map<string, Run>();
  readonly #timers = new Set<Timer>();

  constructor(clock: Clock, tally: Tally, ringMsMax: number) {
    this.#clock = clock;
    this.#tally = tally;
    this.#ringMsMax = ringMsMax;
  }

  get size(): number {
    return this.#servers.size + this.#clients.size;
  }

  /** Stops every timer; nothing is sent any more. */
  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#servers.clear();
    this.#clients.clear();
  }

  /** Where a request belongs. Copies and ACKs of error responses are absorbed here. */
  place(request: SipRequest, essentials: Essentials): RequestPlace {
    const key = serverKey(request, essentials, request.method === 'ACK' ? 'INVITE' : request.method);
    const run = this.#servers.get(key);
    if (!run) return { place: 'new', key };
    if (request.method === 'ACK') {
      // The ACK of a 2xx may carry the INVITE's branch when a peer is sloppy: it is the dialog's business all the same.
      if (run.phase === 'accepted') return { place: 'new', key };
      run.event({ type: 'ack' });
    } else {
      this.#tally.repeatsAbsorbed += 1;
      run.event({ type: 'repeated' });
    }
    return { place: 'absorbed' };
  }

  /** The INVITE a CANCEL is about (RFC 3261 §9.2). */
  inviteOf(cancel: SipRequest, essentials: Essentials): ServerTransaction | undefined {
    return this.#servers.get(serverKey(cancel, essentials, 'INVITE'))?.transaction;
  }

  /** Begins a server transaction; `unacknowledged` is called when no ACK came for an error response to INVITE. */
  serve(key: string, request: SipRequest, essentials: Essentials, flow: Flow): ServerTransaction {
    const isInvite = request.method === 'INVITE';
    let state: InviteServerState | RequestServerState = isInvite ? newInviteServer : newRequestServer;
    const timing = this.#timing(flow);
    const perform = this.#performer(flow, () => this.#servers.delete(key), {
      timer: (timer) => event({ type: 'timer', timer }),
    });
    const event = (what: InviteServerEvent) => {
      const [next, effects]: Step<InviteServerState | RequestServerState> = isInvite
        ? stepInviteServer(state as InviteServerState, what, timing)
        : stepRequestServer(state as RequestServerState, what as Exclude<InviteServerEvent, { type: 'ack' }>, timing);
      state = next;
      perform(effects, what.type !== 'respond');
    };
    const transaction: ServerTransaction = {
      request,
      essentials,
      flow,
      get isAnswered() {
        return state.phase !== 'trying' && state.phase !== 'proceeding';
      },
      respond: (response) => {
        const bytes = serialiseMessage(response);
        this.#tally.responsesSent += 1;
        event({ type: 'respond', status: response.status, bytes });
        return bytes;
      },
      abandon: () => event({ type: 'abandon' }),
    };
    const run: ServerRun = {
      transaction,
      get phase() {
        return state.phase;
      },
      event: (what) => event(what as InviteServerEvent),
    };
    this.#servers.set(key, run);
    return transaction;
  }

  /** Begins a client transaction: the request goes out now. Its top Via carries a branch of ours. */
  send(
    request: SipRequest,
    bytes: Buffer,
    essentials: Essentials,
    flow: Flow,
    receiver: ResponseReceiver,
  ): ClientTransaction {
    const isInvite = request.method === 'INVITE';
    const key = clientKey(branchOf(essentials.via), request.method);
    const timing = this.#timing(flow);
    let state: InviteClientState | RequestClientState;
    let isCancelled = false;
    const perform = this.#performer(
      flow,
      () => {
        this.#clients.delete(key);
        receiver.ended?.();
      },
      {
        timer: (timer) => event({ type: 'timer', timer }),
        deliver: (response) => receiver.response(response),
        acknowledge: (response) => flow.send(serialiseMessage(acknowledgementOf(request, response))),
        timedOut: () => receiver.failed('timed-out'),
        unsent: () => {
          if (state.phase !== 'calling' && state.phase !== 'trying') return;
          state = { phase: 'terminated' };
          receiver.failed('unsent');
          return true;
        },
      },
    );
    const event = (what: InviteClientEvent) => {
      const [next, effects]: Step<InviteClientState | RequestClientState> = isInvite
        ? stepInviteClient(state as InviteClientState, what, timing)
        : stepRequestClient(
            state as RequestClientState,
            what as Exclude<InviteClientEvent, { type: 'cancelled' }>,
            timing,
          );
      state = next;
      perform(effects, true);
    };
    this.#clients.set(key, { event: (what) => event(what as InviteClientEvent) });
    this.#tally.requestsSent += 1;
    const [first, effects] = isInvite ? startInviteClient(bytes, timing) : startRequestClient(bytes, timing);
    state = first;
    perform(effects, false);
    return {
      request,
      flow,
      get isCancelled() {
        return isCancelled;
      },
      cancelled: () => {
        isCancelled = true;
        event({ type: 'cancelled' });
      },
    };
  }

  /** Sends a response that nobody will remember. */
  sendStateless(response: SipResponse, flow: Flow): void {
    this.#tally.responsesSent += 1;
    flow.send(serialiseMessage(response), () => this.#tally.refuse('send-failed'));
  }

  /** Hands a response to its request's transaction; false when there is none. */
  receive(response: ReceivedResponse): boolean {
    const { via, sequenceMethod } = response.essentials;
    const run = this.#clients.get(clientKey(branchOf(via), sequenceMethod));
    run?.event({ type: 'response', response });
    return run !== undefined;
  }

  #timing(flow: Flow): Timing {
    return { t1Ms, t2Ms, t4Ms, isReliable: flow.isReliable, ringMsMax: this.#ringMsMax };
  }

  /** Performs the effects of one transaction and owns its timers. */
  #performer(
    flow: Flow,
    forget: () => void,
    hear: Hearing,
  ): (effects: readonly TransactionEffect[], isRepeat: boolean) => void {
    const timers = new Map<TimerName, Timer>();
    const stop = (name: TimerName) => {
      const timer = timers.get(name);
      if (!timer) return;
      timer.cancel();
      timers.delete(name);
      this.#timers.delete(timer);
    };
    const end = () => {
      for (const name of [...timers.keys()]) stop(name);
      forget();
    };
    const set = (name: TimerName, delayMs: number) => {
      stop(name);
      const timer = this.#clock.after(delayMs, () => {
        timers.delete(name);
        this.#timers.delete(timer);
        hear.timer(name);
      });
      timers.set(name, timer);
      this.#timers.add(timer);
    };
    return (effects, isRepeat) => {
      for (const effect of effects) {
        switch (effect.type) {
          case 'send':
            if (isRepeat) this.#tally.repeatsSent += 1;
            flow.send(effect.bytes, () => {
              this.#tally.refuse('send-failed');
              if (hear.unsent?.()) end();
            });
            break;
          case 'set-timer':
            set(effect.timer, effect.delayMs);
            break;
          case 'stop-timer':
            stop(effect.timer);
            break;
          case 'deliver':
            hear.deliver?.(effect.response);
            break;
          case 'acknowledge':
            hear.acknowledge?.(effect.response);
            break;
          case 'timed-out':
            hear.timedOut?.();
            break;
          case 'terminated':
            end();
        }
      }
    };
  }
}

interface Hearing {
  timer(name: TimerName): void;
  deliver?(response: ReceivedResponse): void;
  acknowledge?(response: ReceivedResponse): void;
  timedOut?(): void;
  /** The request did not go out; true when that ended the transaction. */
  unsent?(): boolean | undefined;
}

/** RFC 3261 §17.2.3: branch, sent-by and method; without the cookie (RFC 2543 peers) the fields that must stay the same. */
function serverKey(request: SipRequest, essentials: Essentials, method: string): string {
  const { via, callId, fromTag, sequence } = essentials;
  const branch = branchOf(via);
  const sentBy = `${via.host.toLowerCase()}:${via.port ?? ''}`;
  if (branch.startsWith(branchCookie) && branch.length > branchCookie.length) return `${method} ${branch} ${sentBy}`;
  return `${method} ${callId} ${fromTag} ${sequence} ${request.uri} ${sentBy}`;
}

function clientKey(branch: string, method: string): string {
  return `${method} ${branch}`;
}
