// Requests from the network (RFC 3261 §8.2, §12.2.2): what is refused, which application is asked, and how its answers go
// out. What they mean for dialogs is the callee's business.

import {
  type Essentials,
  type Header,
  headerValue,
  type SipRequest,
  type SipResponse,
  serialiseMessage,
} from '#src/sip';
import { type Excess, retryAfterSeconds } from './admission.ts';
import { responseSentFields } from './application-event.ts';
import type { ApplicationSession } from './application-session.ts';
import { Callee } from './callee.ts';
import { completeResponse, lacksContentType, ownResponse } from './compose.ts';
import { type EdgeContext, tokenOf } from './context.ts';
import type { Refusal } from './counters.ts';
import { callOf, type Incoming, IncomingRequests } from './incoming.ts';
import { glanceAtInvite, refusalOf } from './invite-glance.ts';
import type { Leg } from './legs.ts';
import type { Refresher } from './refresher.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { intervalSecondsMin, isTooShort } from './session-timer.core.ts';
import type { Flow } from './transport.ts';

/** Requests that make no sense outside of a dialog. */
const dialogOnly = new Set(['BYE', 'UPDATE', 'PRACK']);

/** Share of the transactions that requests outside of dialogs may take. */
const newShare = 0.8;

const unknownTransaction = 'Response not sent due to unknown transaction';
const retryAfter: readonly Header[] = [{ name: 'Retry-After', value: String(retryAfterSeconds) }];
const letterA = 0x41;
const intervalMin: readonly Header[] = [{ name: 'Min-SE', value: String(intervalSecondsMin) }];

export class UserAgentServer {
  readonly callee: Callee;
  readonly #context: EdgeContext;
  readonly #incoming: IncomingRequests;
  /** Our tag in every answer that is not remembered. No dialog comes of it, so it may be the same. */
  readonly #refusalTag: string;
  readonly #refusalTagBytes: Buffer;

  constructor(context: EdgeContext, refresher: Refresher) {
    this.#context = context;
    this.#refusalTag = tokenOf(context.random);
    this.#refusalTagBytes = Buffer.from(this.#refusalTag, 'latin1');
    this.#incoming = new IncomingRequests(context, (incoming) => this.#unanswered(incoming));
    this.callee = new Callee(context, refresher, (incoming) => this.#close(incoming, 504));
  }

  /**
   * A request that is no copy of one seen before. `bytes` is what applications are shown; `isLetIn`: there is room for it, a
   * {@link glance} says.
   */
  request(
    request: SipRequest,
    essentials: Essentials,
    flow: Flow,
    { bytes, isLetIn }: { readonly bytes: Buffer; readonly isLetIn: boolean },
  ): void {
    if (request.method === 'ACK') {
      this.#acknowledged(essentials, flow, bytes);
      return;
    }
    const { transactions, random, tally } = this.#context;
    const excess = this.#excess(request, essentials, isLetIn);
    if (excess) {
      tally.refuse(excess.reason);
      // Without a transaction: what is too much must not be remembered.
      this.refuseStateless(request.headers, flow, 503, linesOf(excess));
      return;
    }
    const transaction = transactions.serve(request, essentials, flow);
    if (request.method === 'CANCEL') {
      this.#cancelled(transaction, bytes);
      return;
    }
    if (isTooShort(request, essentials.toTag !== '')) this.#refuse(transaction, 'interval-too-short', 422, intervalMin);
    else if (essentials.toTag !== '') this.#inDialog(transaction, bytes);
    else this.#outsideDialogs(transaction, tokenOf(random), bytes);
  }

  /** Answers without remembering: broken requests, and those over the bounds. */
  refuseStateless(headers: readonly Header[], flow: Flow, status: number, extra: readonly Header[] = []): void {
    const response = serialiseMessage(ownResponse(headers, status, this.#refusalTag, extra));
    this.#context.transactions.sendStateless(response, flow);
  }

  /** Whether this acknowledges an answer that was not remembered: nothing follows from it, so it need not be read. */
  isAckOfRefusal(bytes: Buffer): boolean {
    return bytes[0] === letterA && bytes.toString('latin1', 0, 4) === 'ACK ' && bytes.includes(this.#refusalTagBytes);
  }

  /**
   * Refuses a new call without reading it, when there are too many. `let-in`: it has been asked for, and is none too many;
   * `unread`: whether it is a new call at all is to be found out by reading it.
   */
  glance(bytes: Buffer, flow: Flow): 'refused' | 'let-in' | 'unread' {
    const { admission, transactions, tally } = this.#context;
    if (!admission.isRefusing || flow.isReliable) return 'unread';
    const invite = glanceAtInvite(bytes);
    if (!invite || transactions.isKnown(invite.topVia) !== false) return 'unread';
    const excess = admission.refusal();
    if (!excess) return 'let-in';
    tally.refuse(excess.reason);
    const toTag = this.#refusalTag;
    const extra = linesOf(excess)
      .map(({ name, value }) => `\r\n${name}: ${value}`)
      .join('');
    const refusal = refusalOf(invite, { source: flow.remote, status: '503 Service Unavailable', toTag, extra });
    transactions.sendStateless(refusal, flow);
    return 'refused';
  }

  /** New INVITEs applications have not answered in any way. */
  get unanswered(): IncomingRequests['unanswered'] {
    return this.#incoming.unanswered;
  }

  /** An application's response to `transactionId`. */
  respond(session: ApplicationSession, commandId: string, transactionId: string, partial: SipResponse): void {
    const incoming = this.#incoming.byId(transactionId);
    if (!incoming || incoming.session !== session || incoming.transaction.isAnswered) {
      this.#context.tally.refuse('no-transaction');
      session.refuse(commandId, unknownTransaction);
      return;
    }
    const additions = this.callee.additions(incoming, partial);
    if (lacksContentType(partial) || 'reason' in additions) {
      session.refuse(commandId, 'reason' in additions ? additions.reason : 'missing content-type');
      return;
    }
    const { transaction, toTag, isInDialog } = incoming;
    const { request, flow } = transaction;
    const settings = { toTag, isInDialog, flow, added: additions.lines };
    const response = completeResponse(partial, request, settings);
    const bytes = transaction.respond(response, (send, sent) => {
      this.callee.responding(incoming, response, sent);
      if (response.status < 200) send();
      else this.#context.ledger.settle(send);
    });
    const note = {
      bytes: bytes.length,
      protocol: request.method === 'INVITE' ? flow.protocol : '',
      peer: flow.remote,
      timeMs: this.#context.clock.nowMs(),
      transactionId,
      dialogId: this.#dialogIdIn(incoming),
    };
    const done = () => session.done(commandId, responseSentFields(note), bytes);
    if (response.status >= 200) {
      this.#incoming.settle(incoming);
      // A kill must not come between: the application would believe in a call that the next edge does not know.
      this.#context.ledger.settle(done);
    } else {
      this.#incoming.ring(incoming);
      done();
    }
  }

  /**
   * A connection is gone. What was asked outside of dialogs is answered 503, so that the peer can try elsewhere; what was
   * asked inside of one waits for the application to come back.
   */
  releaseShownTo(session: ApplicationSession): void {
    for (const incoming of this.#incoming.shownTo(session)) {
      incoming.session = undefined;
      if (incoming.isInDialog && incoming.leg) this.#offer(incoming, incoming.leg);
      else this.#close(incoming, 503);
    }
  }

  /** Stops every wait. */
  close(): void {
    this.#incoming.close();
  }

  /** Why there is no room for a request. Those inside of dialogs always go first. */
  #excess({ method }: SipRequest, { toTag }: Essentials, isLetIn: boolean): Excess | undefined {
    const { transactions, legs, limits, admission } = this.#context;
    const isNew = toTag === '' && method !== 'CANCEL';
    if (transactions.size >= limits.transactionsMax * (isNew ? newShare : 1)) {
      return { reason: 'transactions-full', retryAfterSeconds };
    }
    if (!isNew || method !== 'INVITE') return undefined;
    if (legs.size + this.#incoming.callCount >= limits.dialogsMax) return { reason: 'dialogs-full', retryAfterSeconds };
    return isLetIn ? undefined : admission.refusal();
  }

  #outsideDialogs(transaction: ServerTransaction, toTag: string, bytes: Buffer): void {
    const { request, essentials, flow } = transaction;
    const { legs, applications, offers } = this.#context;
    if (dialogOnly.has(request.method)) {
      this.#refuse(transaction, 'no-dialog', 481);
      return;
    }
    if (request.method === 'INVITE') {
      const dialogId = callOf(essentials);
      const leg = legs.byId(dialogId);
      if (leg && this.callee.answeredBefore(transaction, leg)) return;
      // The same call by another path (RFC 3261 §8.2.2.2): one of the two is enough.
      if (this.#incoming.call(dialogId) || leg) {
        this.#refuse(transaction, 'merged-request', 482);
        return;
      }
    }
    const session = applications.next(request.method);
    if (!session && !(request.method === 'INVITE' && offers.areMadeToAll)) {
      this.#refuse(transaction, 'no-application', 503);
      return;
    }
    const fields = { transaction, leg: undefined, isInDialog: false, dialogId: '', toTag, bytes };
    const incoming = this.#incoming.admit(fields);
    if (session) this.#incoming.show(incoming, session, flow.local);
    else this.#offerToAll(incoming);
  }

  #inDialog(transaction: ServerTransaction, bytes: Buffer): void {
    const { request, essentials } = transaction;
    const leg = this.#context.legs.of(essentials);
    if (!leg) {
      this.#refuse(transaction, 'no-dialog', 481);
      return;
    }
    const { remoteSequence, id: dialogId, localTag: toTag } = leg.dialog;
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
    if (request.method === 'PRACK' && !this.callee.isAcknowledgedBy(headerValue(request.headers, 'RAck'), leg)) {
      this.#refuse(transaction, 'no-transaction', 481);
      return;
    }
    const incoming = this.#incoming.admit({ transaction, leg, isInDialog: true, dialogId, toTag, bytes });
    if (request.method === 'INVITE') leg.incomingInvite = incoming;
    this.#offer(incoming, leg);
    if (request.method === 'BYE') this.#ended(leg);
  }

  /** Shows a request inside a dialog to its application, when that is there or comes back in time. */
  #offer(incoming: Incoming, { owner }: Leg): void {
    const { applicationReturnMsMax, byeReturnMsMax } = this.#context.limits;
    const isBye = incoming.transaction.request.method === 'BYE';
    incoming.offer = this.#context.offers.offer(
      owner,
      (session) => this.#incoming.show(incoming, session),
      () => {
        this.#context.tally.refuse('application-away');
        // The peer's call is over whatever we say; anything else it may try again (RFC 5057 §5.1).
        if (isBye) this.#close(incoming, 481);
        else this.#close(incoming, 503, retryAfter);
      },
      isBye ? byeReturnMsMax : applicationReturnMsMax,
    );
  }

  /** Shows a new INVITE to the first application that comes for it, if one does in time. */
  #offerToAll(incoming: Incoming): void {
    const { method } = incoming.transaction.request;
    incoming.offer = this.#context.offers.offerToAll(
      method,
      (session) => this.#incoming.show(incoming, session, incoming.transaction.flow.local),
      () => {
        this.#context.tally.refuse('no-application');
        this.#close(incoming, 503);
      },
    );
  }

  /** A BYE: the dialog is over, and an INVITE that waits, inside of it or for it, is answered (RFC 3261 §15.1.2). */
  #ended(leg: Leg): void {
    const waiting = leg.incomingInvite ?? this.#incoming.call(leg.dialog.id);
    if (waiting) this.#close(waiting, 487);
    // It leaves the ledger with the answer to the BYE.
    this.#context.legs.detach(leg);
  }

  #acknowledged(essentials: Essentials, flow: Flow, bytes: Buffer): void {
    const { legs, tally, applications } = this.#context;
    const leg = legs.of(essentials);
    const kind = this.callee.acknowledged(leg, essentials);
    if (kind === 'stray') tally.refuse('stray-ack');
    else if (kind === 'again') tally.repeatsAbsorbed += 1;
    if (kind !== 'first' || !leg?.answer) return;
    const session = leg.owner.session(applications);
    const { transactionId } = leg.answer;
    if (session) this.#incoming.tell(session, { transactionId, dialogId: leg.dialog.id, protocol: '', flow, bytes });
    const bye = leg.heldBye;
    leg.heldBye = undefined;
    bye?.();
  }

  #cancelled(cancel: ServerTransaction, bytes: Buffer): void {
    const invite = this.#context.transactions.inviteOf(cancel.request, cancel.essentials);
    if (!invite) {
      this.#refuse(cancel, 'no-transaction', 481);
      return;
    }
    const incoming = this.#incoming.byTransaction(invite);
    const toTag = incoming?.toTag ?? tokenOf(this.#context.random);
    cancel.respond(ownResponse(cancel.request.headers, 200, toTag));
    // Too late once a final response went out (RFC 3261 §9.2): the 200 above is all there is to it.
    if (!incoming || invite.isAnswered) return;
    const { transactionId, leg, session } = incoming;
    const dialogId = leg?.dialog.id ?? '';
    const { flow } = cancel;
    this.#close(incoming, 487);
    if (session) this.#incoming.tell(session, { transactionId, dialogId, protocol: flow.protocol, flow, bytes });
  }

  /** An application did not answer: an INVITE gets 408, anything else nothing, since its sender gave up long ago (RFC 4320). */
  #unanswered(incoming: Incoming): void {
    if (incoming.transaction.request.method === 'INVITE') {
      this.#close(incoming, 408);
      return;
    }
    this.#incoming.settle(incoming);
    incoming.transaction.abandon();
    this.#forgetEnded(incoming);
  }

  /** Answers in the application's place. */
  #close(incoming: Incoming, status: number, extra: readonly Header[] = []): void {
    const { transaction, toTag, leg, isInDialog } = incoming;
    if (!transaction.isAnswered) transaction.respond(ownResponse(transaction.request.headers, status, toTag, extra));
    if (!isInDialog && leg?.phase === 'early') this.#context.legs.remove(leg);
    this.#incoming.settle(incoming);
    this.#forgetEnded(incoming);
  }

  #forgetEnded({ transaction, leg }: Incoming): void {
    if (transaction.request.method === 'BYE' && leg) this.#context.legs.remove(leg);
  }

  #refuse(transaction: ServerTransaction, reason: Refusal, status: number, extra: readonly Header[] = []): void {
    this.#context.tally.refuse(reason);
    transaction.respond(ownResponse(transaction.request.headers, status, tokenOf(this.#context.random), extra));
  }

  /** The dialog's id as the reply to a response gives it: of every INVITE, of other requests while their dialog is up. */
  #dialogIdIn({ leg, transaction }: Incoming): string {
    if (transaction.request.method === 'INVITE') return leg?.dialog.id ?? callOf(transaction.essentials);
    return leg && this.#context.legs.byId(leg.dialog.id) === leg ? leg.dialog.id : '';
  }
}

/** What a refusal says of when to come again, and why for people (399: RFC 3261 §20.43). */
function linesOf({ reason, retryAfterSeconds: seconds }: Excess): Header[] {
  return [
    { name: 'Retry-After', value: String(seconds) },
    { name: 'Warning', value: `399 twinreel "${reason}"` },
  ];
}
