// Keeps sessions with a timer alive (RFC 4028 §7, §10): refreshes those that are ours to refresh, by UPDATE where the peer
// takes it, else by a re-INVITE with the description it knows; ends those that nobody refreshed.

import { headerValues, type SipRequest, type SipResponse, splitList } from '#src/sip';
import type { EdgeContext } from './context.ts';
import { refreshed } from './dialog.ts';
import type { Leg } from './legs.ts';
import { bareRequest, hangUp, prepareInDialog } from './own-requests.ts';
import { agreeAsClient, intervalAfterRefusal, linesAsClient, type SessionAgreement } from './session-timer.core.ts';
import { SessionTimer } from './session-timer.ts';

const expired = 'SIP;cause=408;text="Session timer expired"';

export class Refresher {
  readonly #context: EdgeContext;

  constructor(context: EdgeContext) {
    this.#context = context;
  }

  /** A 2xx has agreed on this just now; without an agreement the session has no timer any more. */
  agreed(leg: Leg, agreement: SessionAgreement | undefined, refreshedAtMs = this.#context.clock.nowMs()): void {
    leg.session?.stop();
    leg.session =
      agreement &&
      new SessionTimer({
        clock: this.#context.clock,
        agreement,
        refreshedAtMs,
        refresh: () => this.#refresh(leg),
        expire: () => hangUp(this.#context, leg, expired),
      });
  }

  #refresh(leg: Leg): void {
    const { legs, transactions } = this.#context;
    if (!leg.session || legs.byId(leg.dialog.id) !== leg) return;
    if (leg.isInviting || leg.incomingInvite || leg.phase !== 'confirmed') {
      this.#later(leg);
      return;
    }
    const method = leg.peerUpdates || !leg.description ? 'UPDATE' : 'INVITE';
    const body = method === 'INVITE' ? { body: leg.description! } : {};
    const partial = { ...bareRequest(method, linesAsClient(leg.session.agreement)), ...body };
    leg.isInviting = method === 'INVITE';
    prepareInDialog(this.#context, leg, partial, 'next', (prepared) => {
      if ('reason' in prepared) {
        leg.isInviting = false;
        this.#later(leg);
        return;
      }
      const { request, bytes, flow, sequence } = prepared;
      transactions.send(request, bytes, flow, {
        response: (response) => this.#answered(leg, request, sequence, response),
        failed: () => this.#failed(leg, request.method, 408),
      });
    });
  }

  #answered(leg: Leg, request: SipRequest, sequence: number, response: SipResponse): void {
    if (response.status < 200 || this.#context.legs.byId(leg.dialog.id) !== leg) return;
    if (response.status >= 300) {
      this.#refused(leg, request.method, response);
      return;
    }
    if (request.method === 'INVITE') {
      leg.isInviting = false;
      prepareInDialog(this.#context, leg, bareRequest('ACK'), sequence, (ack) => {
        if ('bytes' in ack) ack.flow.send(ack.bytes);
      });
    }
    leg.dialog = refreshed(leg.dialog, response);
    this.agreed(leg, agreeAsClient(response.headers) ?? leg.session?.agreement);
    this.#context.legs.keep(leg, 'soon');
  }

  #refused(leg: Leg, method: string, response: SipResponse): void {
    const agreement = leg.session?.agreement;
    const longer = agreement && intervalAfterRefusal(agreement, response.headers);
    if (response.status === 422 && longer && longer.intervalSeconds > agreement.intervalSeconds) {
      leg.isInviting = false;
      this.agreed(leg, longer, leg.session?.refreshedAtMs);
      leg.session?.retry(0);
    } else this.#failed(leg, method, response.status);
  }

  #failed(leg: Leg, method: string, status: number): void {
    if (method === 'INVITE') leg.isInviting = false;
    // RFC 3261 §12.2.1.2: the peer does not know the call any more.
    if (status === 408 || status === 481) hangUp(this.#context, leg, expired);
    else if (method === 'UPDATE' && leg.description && (status === 405 || status === 501)) {
      leg.peerUpdates = false;
      leg.session?.retry(0);
    } else this.#later(leg);
  }

  /** RFC 3261 §14.1: after 2.1 to 4 seconds. */
  #later(leg: Leg): void {
    leg.session?.retry(2_100 + this.#context.random.fraction() * 1_900);
  }
}

/** Whether the sender of a message takes UPDATE; undefined when it does not say. */
export function takesUpdate({ headers }: SipRequest | SipResponse): boolean | undefined {
  const allowed = headerValues(headers, 'Allow').flatMap(splitList);
  return allowed.length === 0 ? undefined : allowed.includes('UPDATE');
}

/** The session description in a message; undefined when its body is something else. */
export function descriptionIn({ body }: SipRequest | SipResponse): Buffer | undefined {
  // A copy: the body is a view into a much larger buffer, and is kept as long as the call lasts.
  return body.toString('latin1', 0, 3) === 'v=0' ? Buffer.from(body) : undefined;
}
