// What our answers to requests make of dialogs: opened, confirmed, answered reliably (RFC 3262), timed (RFC 4028), ended.
// Everything that must outlive this process is in the ledger when it returns. Sends nothing but copies of answers.

import { type Essentials, type Header, headerValue, readMessage, type SipResponse } from '#src/sip';
import { Answer } from './answer.ts';
import { recordedRoutes, responseBy } from './compose.ts';
import type { EdgeContext } from './context.ts';
import { dialogAsCallee, refreshed } from './dialog.ts';
import type { Incoming } from './incoming.ts';
import type { Leg } from './legs.ts';
import { knowsOption, requiresOption } from './option-tags.ts';
import { hangUp } from './own-requests.ts';
import { descriptionIn, type Refresher, takesUpdate } from './refresher.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { agreeAsServer, linesAsServer } from './session-timer.core.ts';
import { isLastNotify, subscriptionSeconds } from './subscription.ts';

/** Lines the edge adds to an application's response, or why the response cannot be sent as it is. */
export type Additions = { readonly lines: readonly Header[] } | { readonly reason: string };

export class Callee {
  readonly #context: EdgeContext;
  readonly #refresher: Refresher;
  readonly #unconfirmed: (incoming: Incoming) => void;

  /** `unconfirmed` is told of an INVITE whose reliable provisional response nobody acknowledged. */
  constructor(context: EdgeContext, refresher: Refresher, unconfirmed: (incoming: Incoming) => void) {
    this.#context = context;
    this.#refresher = refresher;
    this.#unconfirmed = unconfirmed;
  }

  /** What belongs into a response beside what the application put there. */
  additions({ transaction: { request }, leg }: Incoming, { status, headers }: SipResponse): Additions {
    const isInvite = request.method === 'INVITE';
    if (isInvite && status > 100 && status < 200) return this.#reliability(request.headers, headers, leg);
    const agrees = (isInvite || request.method === 'UPDATE') && status >= 200 && status < 300;
    const agreement = agrees ? agreeAsServer(request.headers, headers) : undefined;
    return { lines: agreement ? linesAsServer(agreement) : [] };
  }

  /** A response is about to go out; it has to wait until the ledger has settled. */
  responding(incoming: Incoming, response: SipResponse, bytes: Buffer): void {
    const { request, key } = incoming.transaction;
    const { method } = request;
    const isAccepted = response.status >= 200 && response.status < 300;
    if (method === 'INVITE') this.#invited(incoming, response, bytes);
    else if (method === 'SUBSCRIBE' && isAccepted) this.#subscribed(incoming, response);
    else if (method === 'UPDATE' && isAccepted && incoming.leg) this.#refreshed(incoming, incoming.leg, response);
    if (!incoming.isInDialog || response.status < 200 || method === 'INVITE') return;
    this.#context.ledger.answered({ key, sentAtMs: this.#context.clock.nowMs(), bytes });
    if (!incoming.leg) return;
    const isOver = method === 'BYE' || (incoming.leg.usage === 'subscription' && isLastNotify(request));
    if (isOver) this.#context.legs.remove(incoming.leg);
    else this.#context.legs.keep(incoming.leg, 'soon');
  }

  /** A PRACK came: whether it is for what waits for one. */
  isAcknowledgedBy(rack: string | undefined, { reliable }: Leg): boolean {
    const [rseq, , method] = (rack ?? '').split(/\s+/);
    return Number(rseq) === reliable?.sequence && method === 'INVITE' && reliable.acknowledge();
  }

  /** The ACK of a 2xx of ours came. */
  acknowledged(leg: Leg | undefined, { sequence }: Essentials): 'first' | 'again' | 'stray' {
    if (leg?.answer?.sequence !== sequence) return 'stray';
    if (!leg.answer.acknowledge()) return 'again';
    this.#context.legs.acknowledged(leg);
    return 'first';
  }

  /**
   * An INVITE that was accepted comes by another path, and nobody has acknowledged the answer: whoever stood between may be gone, and with it
   * the answer (RFC 3263 §4.3). It is the same by this path, and repeated there from now on. False when it is none of these.
   */
  answeredBefore(transaction: ServerTransaction, leg: Leg): boolean {
    const { request, essentials, flow, key } = transaction;
    const pending = leg.answer?.pending;
    const reading = pending?.sequence === essentials.sequence ? readMessage(pending.bytes) : undefined;
    if (!pending || !reading || !('message' in reading) || reading.message.type !== 'response') return false;
    const bytes = transaction.respond(responseBy(request, reading.message));
    leg.answer?.stop();
    leg.answer = this.answer(leg, { ...pending, bytes, flow });
    leg.dialog = { ...leg.dialog, routeSet: recordedRoutes(request.headers) };
    leg.accepted = { key, sentAtMs: pending.sentAtMs };
    this.#context.legs.keep(leg, 'soon');
    return true;
  }

  /** Repeats a 2xx until its ACK comes. */
  answer(leg: Leg, pending: NonNullable<Answer['pending']>): Answer {
    return new Answer({
      ...pending,
      clock: this.#context.clock,
      repeated: () => this.#repeated(),
      giveUp: () => {
        this.#context.tally.answersAbandoned += 1;
        leg.phase = 'confirmed';
        // The application wants to end it as well: then it does, with its own words.
        const bye = leg.heldBye;
        leg.heldBye = undefined;
        if (bye) bye();
        else hangUp(this.#context, leg, 'SIP;cause=200;text="ACK timeout"');
      },
    });
  }

  /** RFC 3262 §3: only where the peer can, always where it insists; one at a time. */
  #reliability(asked: readonly Header[], given: readonly Header[], leg: Leg | undefined): Additions {
    const isWanted = requiresOption(given, '100rel');
    if (!isWanted && !requiresOption(asked, '100rel')) return { lines: [] };
    if (!knowsOption(asked, '100rel')) return { reason: 'the peer does not support 100rel' };
    if (leg?.reliable?.pending) return { reason: 'a reliable provisional response waits for its PRACK' };
    const first = 1 + Math.floor(this.#context.random.fraction() * 2 ** 30);
    const number = { name: 'RSeq', value: String(leg?.reliable ? leg.reliable.sequence + 1 : first) };
    return { lines: isWanted ? [number] : [number, { name: 'Require', value: '100rel' }] };
  }

  #invited(incoming: Incoming, response: SipResponse, bytes: Buffer): void {
    const { legs } = this.#context;
    if (response.status === 100) return;
    if (response.status < 300) {
      incoming.leg ??= this.#open(incoming, response, 'call');
      if (response.status < 200) this.#repeatReliably(incoming, incoming.leg, response, bytes);
      else this.#accepted(incoming, incoming.leg, response, bytes);
    } else if (!incoming.isInDialog && incoming.leg) legs.remove(incoming.leg);
  }

  #accepted(incoming: Incoming, leg: Leg, response: SipResponse, bytes: Buffer): void {
    const { essentials, flow, key } = incoming.transaction;
    const { legs, clock, random } = this.#context;
    const sentAtMs = clock.nowMs();
    leg.reliable?.stop();
    leg.answer?.stop();
    if (!incoming.isInDialog) leg.phase = 'answered';
    leg.answer = this.answer(leg, {
      sequence: essentials.sequence,
      // The ACK of a re-INVITE is shown with an id of its own.
      transactionId: incoming.isInDialog ? random.uuid() : incoming.transactionId,
      bytes,
      flow,
      sentAtMs,
    });
    this.#refreshed(incoming, leg, response);
    leg.accepted = { key, sentAtMs };
    legs.keep(leg, 'soon');
  }

  /** The peer may have moved, and the session's time begins anew. */
  #refreshed(incoming: Incoming, leg: Leg, response: SipResponse): void {
    const { request } = incoming.transaction;
    if (incoming.isInDialog) leg.dialog = refreshed(leg.dialog, request);
    leg.peerUpdates = takesUpdate(request) ?? leg.peerUpdates;
    leg.description = descriptionIn(response) ?? leg.description;
    this.#refresher.agreed(leg, agreeAsServer(request.headers, response.headers));
  }

  #repeatReliably(incoming: Incoming, leg: Leg, response: SipResponse, bytes: Buffer): void {
    const sequence = Number(headerValue(response.headers, 'RSeq') ?? 0);
    if (sequence === 0) return;
    const { transactionId, transaction } = incoming;
    const { clock } = this.#context;
    leg.reliable?.stop();
    leg.reliable = new Answer({
      ...{ clock, sequence, transactionId, bytes, flow: transaction.flow, sentAtMs: clock.nowMs() },
      pauseMsMax: Number.POSITIVE_INFINITY,
      repeated: () => this.#repeated(),
      giveUp: () => this.#unconfirmed(incoming),
    });
  }

  #subscribed(incoming: Incoming, response: SipResponse): void {
    const { clock, legs } = this.#context;
    const leg = incoming.leg ?? this.#open(incoming, response, 'subscription');
    incoming.leg = leg;
    if (leg.usage !== 'subscription') return;
    leg.expiry?.cancel();
    leg.expiry = clock.after(subscriptionSeconds(response) * 1_000, () => legs.remove(leg));
  }

  #open(incoming: Incoming, response: SipResponse, usage: Leg['usage']): Leg {
    const { request, essentials } = incoming.transaction;
    const owner = incoming.session?.owner;
    if (!owner) throw new Error('an answer that no application gave');
    return this.#context.legs.add({
      dialog: dialogAsCallee(request, essentials, response, incoming.toTag),
      usage,
      phase: usage === 'call' ? 'early' : 'confirmed',
      owner,
      isInviting: false,
      peerUpdates: takesUpdate(request) ?? false,
    });
  }

  #repeated(): void {
    this.#context.tally.repeatsSent += 1;
  }
}
