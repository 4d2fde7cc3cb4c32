// Requests from the network and their answers (RFC 3261 §8.2, §12.2.2): what is refused, which application is asked, which
// dialogs its answers open. Sends requests of its own through nobody but `hangUp`.

import type { Timer } from '#src/ports';
import type { Essentials, Header, SipRequest, SipResponse } from '#src/sip';
import { Answer } from './answer.ts';
import { messageLeader, responseSentFields } from './application-event.ts';
import type { ApplicationSession } from './application-session.ts';
import { completeResponse, lacksContentType, ownResponse } from './compose.ts';
import { type EdgeContext, tokenOf } from './context.ts';
import type { Refusal } from './counters.ts';
import { dialogAsCallee, dialogIdOf, refreshed } from './dialog.ts';
import type { Leg } from './legs.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { Endpoint, Flow } from './transport.ts';

/** A request an application is to answer. */
export interface Incoming {
  readonly transactionId: string;
  readonly transaction: ServerTransaction;
  readonly owner: ApplicationSession;
  /** The dialog it came in, or the one its answer opened. */
  leg: Leg | undefined;
  readonly isInDialog: boolean;
  /** Our tag: of the dialog, or drawn for the answers to this request. */
  readonly toTag: string;
  patience: Timer | undefined;
}

/** Requests that make no sense outside of a dialog. */
const dialogOnly = new Set(['BYE', 'UPDATE', 'PRACK']);

const unknownTransaction = 'Response not sent due to unknown transaction';
const retryAfter: readonly Header[] = [{ name: 'Retry-After', value: '5' }];

export class UserAgentServer {
  readonly #context: EdgeContext;
  readonly #hangUp: (leg: Leg, reason: string) => void;
  readonly #incoming = new Map<string, Incoming>();
  readonly #byTransaction = new Map<ServerTransaction, Incoming>();
  /** INVITEs outside of dialogs that wait for an answer, by the id of the dialog to come. */
  readonly #calls = new Map<string, Incoming>();

  /** `hangUp` ends a dialog on the edge's own initiative, for a reason in the form of a Reason header. */
  constructor(context: EdgeContext, hangUp: (leg: Leg, reason: string) => void) {
    this.#context = context;
    this.#hangUp = hangUp;
  }

  /** A request that is no copy of one seen before. `bytes` is what applications are shown. */
  request(request: SipRequest, essentials: Essentials, flow: Flow, bytes: Buffer): void {
    if (request.method === 'ACK') {
      this.#acknowledged(essentials, flow, bytes);
      return;
    }
    const { transactions, limits, random } = this.#context;
    if (transactions.size >= limits.transactionsMax) {
      this.#context.tally.refuse('transactions-full');
      // Without a transaction: what is over the bound must not be remembered.
      this.refuseStateless(request.headers, flow, 503, retryAfter);
      return;
    }
    const transaction = transactions.serve(request, essentials, flow);
    if (request.method === 'CANCEL') {
      this.#cancelled(transaction, bytes);
      return;
    }
    if (request.method === 'INVITE') transaction.respond(ownResponse(request.headers, 100, ''));
    if (essentials.toTag !== '') {
      this.#inDialog(transaction, bytes);
      return;
    }
    this.#outsideDialogs(transaction, tokenOf(random), bytes);
  }

  /** Answers without remembering: broken requests, and those over the bounds. */
  refuseStateless(headers: readonly Header[], flow: Flow, status: number, extra: readonly Header[] = []): void {
    this.#context.transactions.sendStateless(ownResponse(headers, status, tokenOf(this.#context.random), extra), flow);
  }

  /** An application's response to `transactionId`. */
  respond(session: ApplicationSession, commandId: string, transactionId: string, partial: SipResponse): void {
    const incoming = this.#incoming.get(transactionId);
    if (!incoming || incoming.owner !== session || incoming.transaction.isAnswered) {
      this.#context.tally.refuse('no-transaction');
      session.refuse(commandId, unknownTransaction);
      return;
    }
    if (lacksContentType(partial)) {
      session.refuse(commandId, 'missing content-type');
      return;
    }
    const { request, flow } = incoming.transaction;
    const response = completeResponse(partial, request, {
      toTag: incoming.toTag,
      isInDialog: incoming.isInDialog,
      flow,
    });
    const bytes = incoming.transaction.respond(response);
    const isInvite = request.method === 'INVITE';
    if (isInvite) this.#progress(incoming, response, bytes);
    if (response.status >= 200) this.#settle(incoming);
    else this.#wait(incoming, this.#context.limits.ringMsMax);
    const note = {
      bytes: bytes.length,
      protocol: isInvite ? flow.protocol : '',
      peer: flow.remote,
      timeMs: this.#context.clock.nowMs(),
      transactionId,
      dialogId: this.#dialogIdIn(incoming),
    };
    session.done(commandId, responseSentFields(note), bytes);
  }

  /** The application is gone: what waits for it is answered 503, so that the peer can try elsewhere. */
  releaseOwnedBy(owner: ApplicationSession): void {
    for (const incoming of [...this.#incoming.values()]) {
      if (incoming.owner === owner) this.#close(incoming, 503);
    }
  }

  /** Stops every wait. */
  close(): void {
    for (const incoming of this.#incoming.values()) incoming.patience?.cancel();
    this.#incoming.clear();
  }

  #outsideDialogs(transaction: ServerTransaction, toTag: string, bytes: Buffer): void {
    const { request, essentials, flow } = transaction;
    if (dialogOnly.has(request.method)) {
      this.#refuse(transaction, 'no-dialog', 481);
      return;
    }
    if (request.method === 'INVITE') {
      const dialogId = dialogIdOf(essentials.callId, essentials.fromTag);
      // The same call by another path (RFC 3261 §8.2.2.2): one of the two is enough.
      const isMerged = this.#calls.has(dialogId) || this.#context.legs.byId(dialogId) !== undefined;
      if (isMerged) {
        this.#refuse(transaction, 'merged-request', 482);
        return;
      }
      if (this.#context.legs.size + this.#calls.size >= this.#context.limits.dialogsMax) {
        this.#refuse(transaction, 'dialogs-full', 503, retryAfter);
        return;
      }
    }
    const owner = this.#context.applications.next(request.method);
    if (!owner) {
      this.#refuse(transaction, 'no-application', 503);
      return;
    }
    const incoming = this.#admit({ transaction, owner, leg: undefined, isInDialog: false, toTag });
    this.#show(incoming, flow.protocol, bytes, '', flow.local);
  }

  #inDialog(transaction: ServerTransaction, bytes: Buffer): void {
    const { request, essentials, flow } = transaction;
    const leg = this.#context.legs.of(essentials);
    if (!leg) {
      this.#refuse(transaction, 'no-dialog', 481);
      return;
    }
    const { remoteSequence } = leg.dialog;
    if (remoteSequence !== undefined && essentials.sequence <= remoteSequence) {
      this.#refuse(transaction, 'out-of-order', 500);
      return;
    }
    // Glare and overlapping INVITEs: RFC 3261 §14.2.
    if (request.method === 'INVITE' && leg.isInviting) {
      this.#refuse(transaction, 'request-pending', 491);
      return;
    }
    if (request.method === 'INVITE' && leg.incomingInvite) {
      this.#refuse(transaction, 'request-pending', 500, retryAfter);
      return;
    }
    leg.dialog = { ...leg.dialog, remoteSequence: essentials.sequence };
    const incoming = this.#admit({ transaction, owner: leg.owner, leg, isInDialog: true, toTag: leg.dialog.localTag });
    if (request.method === 'INVITE') leg.incomingInvite = incoming;
    this.#show(incoming, flow.protocol, bytes, leg.dialog.id);
    if (request.method === 'BYE') this.#ended(incoming, leg);
  }

  /** A BYE: the dialog is over, and an INVITE that waits, inside of it or for it, is answered (RFC 3261 §15.1.2). */
  #ended(bye: Incoming, leg: Leg): void {
    const waiting = leg.incomingInvite ?? this.#calls.get(leg.dialog.id);
    if (waiting) this.#close(waiting, 487);
    this.#context.legs.remove(leg);
    bye.leg = undefined;
  }

  #acknowledged(essentials: Essentials, flow: Flow, bytes: Buffer): void {
    const leg = this.#context.legs.of(essentials);
    const answer = leg?.answer;
    if (!leg || answer?.sequence !== essentials.sequence) {
      this.#context.tally.refuse('stray-ack');
      return;
    }
    if (!answer.acknowledge()) {
      this.#context.tally.repeatsAbsorbed += 1;
      return;
    }
    const leader = this.#leader({
      transactionId: answer.transactionId,
      dialogId: leg.dialog.id,
      protocol: '',
      flow,
      bytes,
    });
    leg.owner.send(leader, bytes);
  }

  #cancelled(cancel: ServerTransaction, bytes: Buffer): void {
    const invite = this.#context.transactions.inviteOf(cancel.request, cancel.essentials);
    if (!invite) {
      this.#refuse(cancel, 'no-transaction', 481);
      return;
    }
    const incoming = this.#byTransaction.get(invite);
    const toTag = incoming?.toTag ?? tokenOf(this.#context.random);
    cancel.respond(ownResponse(cancel.request.headers, 200, toTag));
    // Too late once a final response went out (RFC 3261 §9.2): the 200 above is all there is to it.
    if (!incoming || invite.isAnswered) return;
    const { transactionId, leg } = incoming;
    const dialogId = leg?.dialog.id ?? '';
    const { flow } = cancel;
    this.#close(incoming, 487);
    const leader = this.#leader({ transactionId, dialogId, protocol: flow.protocol, flow, bytes });
    incoming.owner.send(leader, bytes);
  }

  /** What a response to INVITE means for the dialog. */
  #progress(incoming: Incoming, response: SipResponse, bytes: Buffer): void {
    const { request, essentials, flow } = incoming.transaction;
    if (response.status === 100) return;
    if (response.status >= 300) {
      if (!incoming.isInDialog && incoming.leg) this.#context.legs.remove(incoming.leg);
      return;
    }
    const leg = incoming.leg ?? this.#open(incoming, response);
    incoming.leg = leg;
    if (response.status < 200) return;
    leg.phase = 'confirmed';
    leg.answer?.stop();
    if (incoming.isInDialog) leg.dialog = refreshed(leg.dialog, request);
    leg.answer = new Answer({
      clock: this.#context.clock,
      sequence: essentials.sequence,
      // The ACK of a re-INVITE is shown with an id of its own.
      transactionId: incoming.isInDialog ? this.#context.random.uuid() : incoming.transactionId,
      repeat: () => {
        this.#context.tally.repeatsSent += 1;
        flow.send(bytes);
      },
      giveUp: () => {
        this.#context.tally.answersAbandoned += 1;
        this.#hangUp(leg, 'SIP;cause=200;text="ACK timeout"');
      },
    });
  }

  #open(incoming: Incoming, response: SipResponse): Leg {
    const { request, essentials } = incoming.transaction;
    return this.#context.legs.add({
      dialog: dialogAsCallee(request, essentials, response, incoming.toTag),
      phase: 'early',
      owner: incoming.owner,
      isInviting: false,
    });
  }

  #admit(fields: Omit<Incoming, 'transactionId' | 'patience'>): Incoming {
    const incoming: Incoming = { ...fields, transactionId: this.#context.random.uuid(), patience: undefined };
    this.#incoming.set(incoming.transactionId, incoming);
    this.#byTransaction.set(incoming.transaction, incoming);
    if (!incoming.isInDialog && incoming.transaction.request.method === 'INVITE') {
      this.#calls.set(callOf(incoming.transaction.essentials), incoming);
    }
    this.#wait(incoming, this.#context.limits.unansweredMsMax);
    return incoming;
  }

  /** An application does not answer: an INVITE gets 408, anything else nothing, since its sender gave up long ago (RFC 4320). */
  #wait(incoming: Incoming, delayMs: number): void {
    incoming.patience?.cancel();
    incoming.patience = this.#context.clock.after(delayMs, () => {
      if (incoming.transaction.request.method === 'INVITE') return this.#close(incoming, 408);
      this.#settle(incoming);
      incoming.transaction.abandon();
    });
  }

  /** Answers in the application's place. */
  #close(incoming: Incoming, status: number): void {
    if (!incoming.transaction.isAnswered) {
      const { request } = incoming.transaction;
      incoming.transaction.respond(ownResponse(request.headers, status, incoming.toTag));
    }
    if (!incoming.isInDialog && incoming.leg?.phase === 'early') this.#context.legs.remove(incoming.leg);
    this.#settle(incoming);
  }

  /** The request has its final response. */
  #settle(incoming: Incoming): void {
    incoming.patience?.cancel();
    this.#incoming.delete(incoming.transactionId);
    this.#byTransaction.delete(incoming.transaction);
    const call = callOf(incoming.transaction.essentials);
    if (this.#calls.get(call) === incoming) this.#calls.delete(call);
    if (incoming.leg?.incomingInvite === incoming) incoming.leg.incomingInvite = undefined;
  }

  #refuse(transaction: ServerTransaction, reason: Refusal, status: number, extra: readonly Header[] = []): void {
    this.#context.tally.refuse(reason);
    transaction.respond(ownResponse(transaction.request.headers, status, tokenOf(this.#context.random), extra));
  }

  /** Shows a request to the application that is to answer it. */
  #show(incoming: Incoming, protocol: string, bytes: Buffer, dialogId: string, receivedOn?: Endpoint): void {
    const { transactionId, transaction } = incoming;
    const leader = this.#leader({ transactionId, dialogId, protocol, flow: transaction.flow, bytes }, receivedOn);
    incoming.owner.send(leader, bytes);
  }

  #leader(
    what: { transactionId: string; dialogId: string; protocol: string; flow: Flow; bytes: Buffer },
    receivedOn?: Endpoint,
  ): string {
    const { clock, random } = this.#context;
    const { transactionId, dialogId, protocol, flow, bytes } = what;
    const note = { bytes: bytes.length, protocol, peer: flow.remote, timeMs: clock.nowMs(), transactionId, dialogId };
    return messageLeader(random.uuid(), 'network', note, receivedOn);
  }

  /** The dialog's id as the reply to a response gives it: of every INVITE, of other requests while their dialog is up. */
  #dialogIdIn({ leg, transaction }: Incoming): string {
    if (transaction.request.method === 'INVITE') return leg?.dialog.id ?? callOf(transaction.essentials);
    return leg?.dialog.id ?? '';
  }
}

function callOf({ callId, fromTag }: Essentials): string {
  return dialogIdOf(callId, fromTag);
}
