// What responses to our requests make of dialogs (RFC 3261 §12.1.2, §13.2.2): opened, confirmed, refreshed, ended. Sends
// nothing but ACKs, and the BYE to a call nobody wants.

import { headerValue, type SipRequest } from '#src/sip';
import type { EdgeContext } from './context.ts';
import { dialogAsCaller, refreshed } from './dialog.ts';
import type { Leg } from './legs.ts';
import type { Outgoing } from './outgoing.ts';
import {
  bareRequest,
  type DialogRequest,
  hangUp,
  prepareInDialog,
  sendBye,
  type UnsentRequest,
} from './own-requests.ts';
import { descriptionIn, type Refresher, takesUpdate } from './refresher.ts';
import { agreeAsClient } from './session-timer.core.ts';
import { isLastNotify, subscriptionSeconds } from './subscription.ts';
import type { ReceivedResponse } from './transaction.protocol.ts';

export class Caller {
  readonly #context: EdgeContext;
  readonly #refresher: Refresher;

  constructor(context: EdgeContext, refresher: Refresher) {
    this.#context = context;
    this.#refresher = refresher;
  }

  /** A response came: what it means for the dialog. False when the application has seen it before. */
  responded(outgoing: Outgoing, response: ReceivedResponse): boolean {
    const isInvite = outgoing.request.method === 'INVITE';
    if (response.status < 200) return this.#proceeding(outgoing, response);
    if (!isInvite || response.status >= 300) {
      outgoing.phase = response.status < 300 ? 'accepted' : 'refused';
      this.#settled(outgoing, response);
      return true;
    }
    if (outgoing.phase === 'refused') {
      this.#endUnwanted(outgoing, response);
      return false;
    }
    if (outgoing.phase === 'accepted') {
      this.#acceptedAgain(outgoing, response);
      return false;
    }
    this.#accepted(outgoing, response);
    return true;
  }

  /** Sends the ACK of a 2xx. */
  acknowledge(
    invite: Outgoing,
    leg: Leg,
    partial: SipRequest = bareRequest('ACK'),
    sent: (ack: DialogRequest | UnsentRequest) => void = () => {},
  ): void {
    prepareInDialog(this.#context, leg, partial, invite.sequence, (ack) => {
      if ('bytes' in ack) {
        invite.acknowledged = { toTag: leg.dialog.remoteTag, bytes: ack.bytes };
        ack.flow.send(ack.bytes);
        this.#context.tally.requestsSent += 1;
      }
      sent(ack);
    });
  }

  /** A 2xx to an INVITE of this edge's earlier life: whoever repeats it has not heard our ACK. */
  acknowledgeAgain({ essentials }: ReceivedResponse): boolean {
    const { callId, fromTag, toTag, sequence } = essentials;
    const leg = this.#context.legs.of({ ...essentials, callId, fromTag: toTag, toTag: fromTag });
    if (!leg) return false;
    prepareInDialog(this.#context, leg, bareRequest('ACK'), sequence, (ack) => {
      if ('bytes' in ack) ack.flow.send(ack.bytes);
    });
    return true;
  }

  /** The application that asked is gone: what it would have confirmed is confirmed, a call that nobody has is ended. */
  release(outgoing: Outgoing): void {
    const { leg, isInDialog } = outgoing;
    if (!leg || outgoing.phase !== 'accepted' || outgoing.acknowledged) return;
    this.acknowledge(outgoing, leg);
    if (!isInDialog) hangUp(this.#context, leg, 'SIP;cause=480;text="application gone"');
  }

  #proceeding(outgoing: Outgoing, response: ReceivedResponse): boolean {
    outgoing.phase = 'proceeding';
    if (response.status === 100) return false;
    if (outgoing.request.method !== 'INVITE') return true;
    if (!outgoing.isInDialog && response.essentials.toTag !== '') this.#open(outgoing, response, 'early');
    const number = Number(headerValue(response.headers, 'RSeq') ?? 0);
    const isCopy = number > 0 && number <= outgoing.reliableSequence;
    outgoing.reliableSequence = Math.max(outgoing.reliableSequence, number);
    return !isCopy;
  }

  /** The first 2xx to an INVITE. */
  #accepted(outgoing: Outgoing, response: ReceivedResponse): void {
    outgoing.phase = 'accepted';
    if (outgoing.isInDialog && outgoing.leg) outgoing.leg.isInviting = false;
    else this.#open(outgoing, response, 'confirmed');
    if (!outgoing.leg) return;
    this.#refreshed(outgoing, outgoing.leg, response, 'now');
    if (!outgoing.session.isOpen) this.release(outgoing);
  }

  /** A 2xx that came before (our ACK was lost), or one from another branch of a forked call (RFC 3261 §13.2.2.4). */
  #acceptedAgain(outgoing: Outgoing, response: ReceivedResponse): void {
    const { toTag } = response.essentials;
    const { acknowledged, flow, leg } = outgoing;
    if (acknowledged?.toTag === toTag) {
      this.#context.tally.repeatsSent += 1;
      flow.send(acknowledged.bytes);
    } else if (leg && leg.dialog.remoteTag !== toTag) this.#endUnwanted(outgoing, response);
  }

  /** One call is enough, and of one that counts as refused none is wanted: it is confirmed and ended at once. */
  #endUnwanted({ request, session, sequence }: Outgoing, response: ReceivedResponse): void {
    const { owner } = session;
    if (!owner) return;
    const dialog = dialogAsCaller(request, response, response.essentials);
    const unwanted: Leg = { dialog, usage: 'call', phase: 'confirmed', owner, isInviting: false, peerUpdates: false };
    prepareInDialog(this.#context, unwanted, bareRequest('ACK'), sequence, (ack) => {
      if (!('bytes' in ack)) return;
      ack.flow.send(ack.bytes);
      sendBye(this.#context, unwanted);
    });
  }

  /** A final response that opens no call, and what it means for the dialog it came in. */
  #settled(outgoing: Outgoing, response: ReceivedResponse): void {
    const { request, leg, isInDialog } = outgoing;
    const { legs } = this.#context;
    const isSuccess = response.status < 300;
    if (request.method === 'SUBSCRIBE' && isSuccess) this.#subscribed(outgoing, response);
    if (!leg) return;
    const isChallenge = response.status === 401 || response.status === 407;
    if (request.method === 'INVITE') {
      leg.isInviting = false;
      if (!isInDialog) legs.remove(leg);
    } else if (request.method === 'BYE') {
      // A challenged BYE comes again with credentials; any other answer ends the dialog.
      if (!isChallenge) legs.remove(leg);
    } else if (leg.usage === 'subscription' && isLastNotify(request)) legs.remove(leg);
    else if (request.method === 'UPDATE' && isSuccess) this.#refreshed(outgoing, leg, response, 'soon');
  }

  #refreshed({ request }: Outgoing, leg: Leg, response: ReceivedResponse, urgency: 'now' | 'soon'): void {
    leg.dialog = refreshed(leg.dialog, response);
    leg.description = descriptionIn(request) ?? leg.description;
    leg.peerUpdates = takesUpdate(response) ?? leg.peerUpdates;
    this.#refresher.agreed(leg, agreeAsClient(response.headers));
    this.#context.legs.keep(leg, urgency);
  }

  #subscribed(outgoing: Outgoing, response: ReceivedResponse): void {
    if (!outgoing.leg) this.#open(outgoing, response, 'confirmed', 'subscription');
    const { leg } = outgoing;
    if (leg?.usage !== 'subscription') return;
    const { clock, legs } = this.#context;
    leg.expiry?.cancel();
    leg.expiry = clock.after(subscriptionSeconds(response) * 1_000, () => legs.remove(leg));
  }

  #open(outgoing: Outgoing, response: ReceivedResponse, phase: Leg['phase'], usage: Leg['usage'] = 'call'): void {
    const dialog = dialogAsCaller(outgoing.request, response, response.essentials);
    const former = outgoing.leg;
    const { owner } = outgoing.session;
    if (former?.dialog.remoteTag === dialog.remoteTag) {
      // Requests may have gone both ways in the early dialog: their numbering goes on.
      const { localSequence, remoteSequence } = former.dialog;
      former.dialog = { ...dialog, localSequence, remoteSequence };
      former.phase = phase;
      this.#context.legs.add(former);
    } else if (owner) {
      const leg: Leg = { dialog, usage, phase, owner, isInviting: false, peerUpdates: takesUpdate(response) ?? false };
      outgoing.leg = this.#context.legs.add(leg);
    }
  }
}
