// The transaction layer: which transaction a message belongs to (RFC 3261 §17.1.3, §17.2.3), and all that are alive. Knows
// nothing of dialogs or applications.

import type { Clock } from '#src/ports';
import { branchCookie, branchOf, type Essentials, type SipRequest, type Via } from '#src/sip';
import { ClientTransaction, type ResponseReceiver } from './client-transaction.ts';
import { essentialsOf } from './compose.ts';
import type { Tally } from './counters.ts';
import type { AnswerRecord } from './dialog-ledger.ts';
import type { EdgeLimits } from './limits.ts';
import { RememberedAnswers } from './remembered-answers.ts';
import { ServerTransaction } from './server-transaction.ts';
import type { ReceivedResponse, Timing } from './transaction.protocol.ts';
import { t1Ms, t2Ms, t4Ms } from './transaction-effect.ts';
import type { Flow } from './transport.ts';

export class Transactions {
  readonly #clock: Clock;
  readonly #tally: Tally;
  readonly #ringMsMax: number;
  readonly #servers = new Map<string, ServerTransaction>();
  readonly #clients = new Map<string, ClientTransaction>();

  readonly #answers: RememberedAnswers;

  constructor(clock: Clock, tally: Tally, { ringMsMax, answersMax }: Pick<EdgeLimits, 'ringMsMax' | 'answersMax'>) {
    this.#clock = clock;
    this.#tally = tally;
    this.#ringMsMax = ringMsMax;
    this.#answers = new RememberedAnswers(clock, answersMax);
  }

  get size(): number {
    return this.#servers.size + this.#clients.size;
  }

  /** Requests that are answered and may come again. */
  get answerCount(): number {
    return this.#answers.size;
  }

  /** Whether a request is a copy of one that is known, or the ACK of an error response: then it is dealt with here. */
  absorbs(request: SipRequest, essentials: Essentials, flow: Flow): boolean {
    const isAck = request.method === 'ACK';
    const key = serverKey(request, essentials, isAck ? 'INVITE' : request.method);
    const transaction = this.#servers.get(key);
    if (!transaction) return !isAck && this.#answersAgain(key, flow);
    if (isAck) transaction.acknowledged();
    else transaction.repeated();
    return true;
  }

  /** Whether an INVITE with this top Via is a copy of one that is known; undefined for peers that name no branch (RFC 2543). */
  isKnown(via: Via): boolean | undefined {
    const key = keyOfBranch(via, 'INVITE');
    return key === undefined ? undefined : this.#servers.has(key) || this.#answers.get(key) !== undefined;
  }

  /** The INVITE a CANCEL is about (RFC 3261 §9.2). */
  inviteOf(cancel: SipRequest, essentials: Essentials): { readonly isAnswered: boolean } | undefined {
    const key = serverKey(cancel, essentials, 'INVITE');
    return this.#servers.get(key) ?? this.#answers.get(key);
  }

  /** Begins to serve a request that is not absorbed. */
  serve(request: SipRequest, essentials: Essentials, flow: Flow): ServerTransaction {
    const key = serverKey(request, essentials, request.method);
    const transaction = new ServerTransaction({
      key,
      clock: this.#clock,
      tally: this.#tally,
      timing: this.#timing(flow),
      request,
      essentials,
      flow,
      answered: (bytes) => this.#answers.add(key, bytes),
      ended: () => this.#servers.delete(key),
    });
    this.#servers.set(key, transaction);
    return transaction;
  }

  /** Takes up an answer of this edge's earlier life; without `bytes` it is a 2xx to INVITE, which its dialog repeats. */
  restore(answer: Omit<AnswerRecord, 'bytes'> & { readonly bytes?: Buffer }): void {
    this.#answers.add(answer.key, answer.bytes, Math.max(0, this.#clock.nowMs() - answer.sentAtMs));
  }

  /** Sends a request of ours; its top Via carries a branch of ours. */
  send(request: SipRequest, bytes: Buffer, flow: Flow, receiver: ResponseReceiver): ClientTransaction {
    const key = clientKey(essentialsOf(request).via, request.method);
    this.#tally.requestsSent += 1;
    const options = { clock: this.#clock, tally: this.#tally, timing: this.#timing(flow), request, flow, receiver };
    const ended = () => {
      if (this.#clients.get(key) === transaction) this.#clients.delete(key);
    };
    const transaction: ClientTransaction = new ClientTransaction({ ...options, ended }, bytes);
    this.#clients.set(key, transaction);
    return transaction;
  }

  /** Sends a response that nobody will remember. */
  sendStateless(response: Buffer, flow: Flow): void {
    this.#tally.responsesSent += 1;
    flow.send(response, () => this.#tally.refuse('send-failed'));
  }

  /** Hands a response to its request's transaction; false when there is none. */
  receive(response: ReceivedResponse): boolean {
    const { via, sequenceMethod } = response.essentials;
    const transaction = this.#clients.get(clientKey(via, sequenceMethod));
    transaction?.received(response);
    return transaction !== undefined;
  }

  /** Stops everything at once. */
  close(): void {
    for (const transaction of [...this.#servers.values(), ...this.#clients.values()]) transaction.stop();
    this.#servers.clear();
    this.#clients.clear();
    this.#answers.close();
  }

  /** A copy of an answered request. The ACK of a 2xx, which a sloppy peer gives the INVITE's branch, is the dialog's business. */
  #answersAgain(key: string, flow: Flow): boolean {
    const answer = this.#answers.get(key);
    if (!answer) return false;
    this.#tally.repeatsAbsorbed += 1;
    if (answer.bytes) {
      this.#tally.repeatsSent += 1;
      flow.send(answer.bytes, () => this.#tally.refuse('send-failed'));
    }
    return true;
  }

  #timing(flow: Flow): Timing {
    return { t1Ms, t2Ms, t4Ms, isReliable: flow.isReliable, ringMsMax: this.#ringMsMax };
  }
}

/** Branch, sent-by and method; without the cookie (RFC 2543 peers) the fields that must stay the same. */
function serverKey(request: SipRequest, essentials: Essentials, method: string): string {
  const { via, callId, fromTag, sequence } = essentials;
  return keyOfBranch(via, method) ?? `${method} ${callId} ${fromTag} ${sequence} ${request.uri} ${sentByOf(via)}`;
}

function keyOfBranch(via: Via, method: string): string | undefined {
  const branch = branchOf(via);
  const isNamed = branch.startsWith(branchCookie) && branch.length > branchCookie.length;
  return isNamed ? `${method} ${branch} ${sentByOf(via)}` : undefined;
}

function sentByOf({ host, port }: Via): string {
  return `${host.toLowerCase()}:${port ?? ''}`;
}

function clientKey(via: Essentials['via'], method: string): string {
  return `${method} ${branchOf(via)}`;
}
