// One request on its way: sent to one place after the other until one of them answers for all (RFC 3261 §16.6 to §16.10).
//
//   trying ──a place accepts or declines──▶ answered
//     │ └── silent, too slow, 408, 5xx: the next place; nobody left ──▶ answered, with a refusal
//     └──── CANCEL ──▶ cancelled ──487, or silence──▶ answered
//
// While a place takes its time with an INVITE the next one is asked, too: whoever accepts first is the one, the others get a CANCEL. So does
// a place that answers too late. Should it have accepted all the same, whoever asked hears of that, too, and ends what is too much (§13.2.2.4).

import type { Clock, Random, Timer } from '#src/ports';
import { headerValue, type SipRequest, type SipResponse, serialiseMessage } from '#src/sip';
import {
  branchWith,
  type ClientTransaction,
  cancellationOf,
  type EdgeLimits,
  type Flow,
  findWay,
  type Names,
  ownResponse,
  type PreparedRequest,
  prepare,
  type ReceivedResponse,
  type ServerTransaction,
  type Tally,
  type Transactions,
  type Transport,
  tokenOf,
} from '#src/sip/edge';
import { forwardedRequest, forwardedResponse } from './forwarded.ts';
import type { Outcome, Place, Refusal, Way } from './way.ts';

export interface ForwardingContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly transactions: Transactions;
  readonly transports: readonly Transport[];
  readonly names: Names;
  readonly limits: EdgeLimits;
  readonly tally: Tally;
  /** How long a place may take to answer an INVITE for good. */
  readonly answerMsMax: number;
}

interface Attempt {
  readonly place: Place;
  /** What went out, and where: another one when TCP, taken for the size of it, turned out not to be there. */
  request: SipRequest;
  flow: Flow;
  transaction: ClientTransaction | undefined;
  patience: Timer | undefined;
  /** Until the next place is asked as well. */
  pause: Timer | undefined;
  /** `given-up`: its turn is over, and a CANCEL goes out once something provisional has come (§9.1). */
  phase: 'calling' | 'proceeding' | 'given-up' | 'over';
}

/**
 * Who lives has said something by then, if only 100 (RFC 3261 §8.2.6.1: after 200 ms), also where the first INVITE was lost and its copy
 * came (T1, §17.1.1.2): nobody waits longer for the dead.
 */
const silentMsMax = 600;

/** A recorder that can takes a call within some ten ms; one whose capture is just being started anew needs seconds. */
const promptMs = 300;

/** Longest time that a Retry-After is believed. */
const restMsMax = 60_000;

export class Forwarding {
  readonly #server: ServerTransaction;
  readonly #way: Way;
  readonly #context: ForwardingContext;
  #phase: 'trying' | 'cancelled' | 'answered' = 'trying';
  /** Who may accept yet, in the order they were asked. */
  readonly #open = new Set<Attempt>();
  /** Whose turn it is. */
  #turn: Attempt | 'sought' | 'nobody' = 'sought';

  constructor(server: ServerTransaction, way: Way, context: ForwardingContext) {
    this.#server = server;
    this.#way = way;
    this.#context = context;
    this.#tryNext();
  }

  /** Whoever asked does not want it any more. */
  cancel(): void {
    if (this.#phase !== 'trying') return;
    this.#phase = 'cancelled';
    for (const attempt of [...this.#open]) {
      if (attempt.phase === 'proceeding') this.#sendCancel(attempt);
      else this.#giveUp(attempt, 'cancelled');
    }
    if (this.#open.size === 0) this.#answerCancelled();
  }

  #tryNext(): void {
    const place = this.#way.next();
    this.#turn = place ? 'sought' : 'nobody';
    if (!place) {
      this.#refuseWhenAlone();
      return;
    }
    findWay(this.#context, place.uri, (flow) => {
      if (this.#phase !== 'trying') this.#way.ended(place, 'cancelled');
      else if ('reason' in flow) {
        this.#way.ended(place, 'silent');
        this.#tryNext();
      } else this.#send(place, flow);
    });
  }

  #send(place: Place, flow: Flow): void {
    const { random, clock, answerMsMax } = this.#context;
    const branch = branchWith(tokenOf(random));
    const written = (over: Flow) => forwardedRequest(this.#server.request, place.requestUri, over, branch);
    const prepared = prepare(this.#context, flow, written);
    const { request } = prepared;
    const unsent = { transaction: undefined, patience: undefined, pause: undefined };
    const attempt: Attempt = { place, request, flow, ...unsent, phase: 'calling' };
    this.#turn = attempt;
    this.#open.add(attempt);
    if (request.method === 'INVITE') {
      attempt.patience = clock.after(Math.min(silentMsMax, answerMsMax), () => this.#silent(attempt));
      attempt.pause = clock.after(promptMs, () => this.#passTurn(attempt));
    } else attempt.patience = clock.after(answerMsMax, () => this.#tooLate(attempt));
    this.#transmit(attempt, prepared);
  }

  #transmit(attempt: Attempt, { request, bytes, flow, overUdp }: PreparedRequest): void {
    attempt.request = request;
    attempt.flow = flow;
    attempt.transaction = this.#context.transactions.send(request, bytes, flow, {
      response: (response) => this.#responded(attempt, response),
      failed: (why) => {
        if (why === 'unsent' && overUdp && attempt.phase === 'calling') this.#transmit(attempt, overUdp);
        else this.#failed(attempt);
      },
    });
  }

  #responded(attempt: Attempt, response: ReceivedResponse): void {
    if (response.status < 200) this.#proceeding(attempt, response);
    else if (response.status < 300) this.#accepted(attempt, response);
    else this.#refused(attempt, response);
  }

  #proceeding(attempt: Attempt, response: ReceivedResponse): void {
    if (attempt.phase === 'given-up') {
      attempt.phase = 'over';
      this.#sendCancel(attempt);
    }
    if (attempt.phase === 'over') return;
    attempt.phase = 'proceeding';
    if (response.status > 100 && this.#phase === 'trying') this.#pass(response);
  }

  /** The first one, a copy of it, or one of a place that had lost its turn. */
  #accepted(attempt: Attempt, response: ReceivedResponse): void {
    if (this.#server.isAnswered) {
      const passed = forwardedResponse(response);
      if (passed) this.#context.transactions.sendStateless(serialiseMessage(passed), this.#server.flow);
      return;
    }
    for (const other of [...this.#open]) if (other !== attempt) this.#giveUp(other, 'cancelled');
    this.#end(attempt, 'accepted');
    this.#pass(response);
  }

  #refused(attempt: Attempt, response: ReceivedResponse): void {
    if (attempt.phase === 'given-up' || attempt.phase === 'over') return;
    if (this.#phase !== 'trying') {
      this.#end(attempt, 'cancelled');
      this.#pass(response);
    } else if (response.status === 408 || (response.status >= 500 && response.status < 600)) {
      this.#end(attempt, { failed: response.status, restMs: restOf(response) });
      this.#passTurn(attempt);
    } else {
      this.#end(attempt, 'declined');
      for (const other of [...this.#open]) this.#giveUp(other, 'cancelled');
      this.#pass(response);
    }
  }

  /** It could not be sent, or was never answered. */
  #failed(attempt: Attempt): void {
    if (attempt.phase === 'given-up' || attempt.phase === 'over') return;
    if (this.#phase === 'cancelled') this.#endCancelled(attempt);
    else {
      this.#end(attempt, 'silent');
      this.#passTurn(attempt);
    }
  }

  /** The next one is asked; this one may be among those that can accept yet. */
  #passTurn(attempt: Attempt): void {
    if (this.#phase !== 'trying') return;
    if (this.#turn === attempt) this.#tryNext();
    else if (this.#turn === 'nobody') this.#refuseWhenAlone();
  }

  #refuseWhenAlone(): void {
    if (this.#open.size > 0) return;
    this.#answer(refusalOf(this.#server.request, this.#way.refusal(), tokenOf(this.#context.random)));
  }

  /** Who has said that it is at work is given the time that is left. */
  #silent(attempt: Attempt): void {
    const { clock, answerMsMax } = this.#context;
    const leftMs = answerMsMax - silentMsMax;
    if (attempt.phase !== 'proceeding' || leftMs <= 0) this.#tooLate(attempt);
    else attempt.patience = clock.after(leftMs, () => this.#tooLate(attempt));
  }

  #tooLate(attempt: Attempt): void {
    if (this.#phase === 'cancelled') this.#endCancelled(attempt);
    else {
      this.#giveUp(attempt, 'silent');
      this.#passTurn(attempt);
    }
  }

  /** Its place has not answered the CANCEL: who asked need not wait for it. */
  #endCancelled(attempt: Attempt): void {
    this.#end(attempt, 'cancelled');
    if (this.#open.size === 0) this.#answerCancelled();
  }

  #giveUp(attempt: Attempt, outcome: Outcome): void {
    const isHeard = attempt.phase === 'proceeding';
    this.#end(attempt, outcome);
    if (isHeard) this.#sendCancel(attempt);
    else {
      attempt.phase = 'given-up';
      attempt.transaction?.giveUp();
    }
  }

  /** What came of it is told the first time only: who accepts after its turn was counted as silent. */
  #end(attempt: Attempt, outcome: Outcome): void {
    attempt.patience?.cancel();
    attempt.pause?.cancel();
    attempt.phase = 'over';
    if (this.#open.delete(attempt)) this.#way.ended(attempt.place, outcome);
  }

  #sendCancel(attempt: Attempt): void {
    if (this.#server.request.method !== 'INVITE') return;
    const cancel = cancellationOf(attempt.request);
    attempt.transaction?.cancelled();
    this.#context.transactions.send(cancel, serialiseMessage(cancel), attempt.flow, ignore);
  }

  #answerCancelled(): void {
    this.#answer(ownResponse(this.#server.request.headers, 487, tokenOf(this.#context.random)));
  }

  #pass(response: ReceivedResponse): void {
    const passed = forwardedResponse(response);
    if (passed) this.#answer(passed);
  }

  #answer(response: SipResponse): void {
    if (this.#server.isAnswered) return;
    if (response.status >= 200) this.#phase = 'answered';
    this.#server.respond(response);
  }
}

/** A refusal of the proxy's own. */
export function refusalOf(request: SipRequest, refusal: Refusal, toTag: string): SipResponse {
  const { status, reason, retryAfterSeconds } = refusal;
  const warning = { name: 'Warning', value: `399 twinreel "${reason.replace(/["\\\r\n]/g, "'")}"` };
  const retry = retryAfterSeconds === undefined ? [] : [{ name: 'Retry-After', value: String(retryAfterSeconds) }];
  return ownResponse(request.headers, status, toTag, [...retry, warning]);
}

/** `Retry-After: 18000;duration=3600` and the like (RFC 3261 §20.33). */
function restOf({ headers }: SipResponse): number | undefined {
  const seconds = /^\s*(\d{1,9})/.exec(headerValue(headers, 'Retry-After') ?? '')?.[1];
  return seconds === undefined ? undefined : Math.min(restMsMax, Number(seconds) * 1_000);
}

const ignore = { response: () => {}, failed: () => {} };
