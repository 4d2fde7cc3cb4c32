// One dialog of a replicated call: INVITE, re-INVITEs, CANCEL and BYE, and which streams the recorder has accepted. The
// order of offers and answers is kept here; what is said in them is given.

import { messageOf, TwinreelError } from '#src/errors';
import { type OfferedMedia, parseOffer } from '#src/sip';
import type { MsrInvite } from './msr-invite.core.ts';
import type { AgentDialog, SentInvite, SipAgent } from './sip-agent.ts';

/** How a dialog ended. */
export type DialogEnd =
  | { readonly reason: 'hung-up' }
  | { readonly reason: 'hung-up-by-recorder' }
  | { readonly reason: 'cancelled' }
  | { readonly reason: 'refused'; readonly status: number | undefined };

type Phase =
  | { readonly phase: 'inviting'; readonly sent?: SentInvite; readonly cancelling: boolean }
  | { readonly phase: 'answered'; readonly dialog: AgentDialog }
  | { readonly phase: 'ended'; readonly end: DialogEnd };

/** A dialog, from before its INVITE until after its end. */
export class MsrDialog {
  readonly invite: MsrInvite;
  /** Resolves once, however it ends. */
  readonly ended: Promise<DialogEnd>;
  /** How the BYE was answered: 481 when the recorder knew nothing of the dialog any more. */
  byeStatus: number | undefined;
  readonly #agent: Pick<SipAgent, 'createUAC'>;
  readonly #route: string | undefined;
  #resolveEnded: (end: DialogEnd) => void = () => {};
  #phase: Phase = { phase: 'inviting', cancelling: false };

  /** `route`: the next hop, when it is not where the INVITE's Request-URI points; the INVITE says so in a Route line. */
  constructor(agent: Pick<SipAgent, 'createUAC'>, invite: MsrInvite, route?: string) {
    this.#agent = agent;
    this.#route = route;
    this.invite = invite;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /**
   * Sends the INVITE and gives the m-lines of the answer, in the order of the offer.
   * @throws TwinreelError `msr-call-refused` when it is refused, not answered, or was cancelled.
   */
  async open(offer: string): Promise<readonly OfferedMedia[]> {
    const cbRequest = (_error: Error | null, sent?: SentInvite) => {
      if (this.#phase.phase !== 'inviting' || !sent) return;
      this.#phase = { ...this.#phase, sent };
      if (this.#phase.cancelling) sent.cancel(() => {});
    };
    const { requestUri, headers } = this.invite;
    const route = this.#route;
    const options = {
      localSdp: offer,
      headers: { ...headers, ...(route !== undefined && { Route: `<${route}>` }) },
      ...(route !== undefined && { proxy: route }),
    };
    const dialog = await this.#agent.createUAC(requestUri, options, { cbRequest }).catch((error: unknown) => {
      throw this.#refused(error);
    });
    const isCancelling = this.#phase.phase === 'inviting' && this.#phase.cancelling;
    this.#phase = { phase: 'answered', dialog };
    dialog.on('destroy', () => this.#end({ reason: 'hung-up-by-recorder' }));
    try {
      if (!isCancelling) return parseOffer(dialog.remote.sdp).media;
    } catch (error) {
      await this.hangUp();
      throw error;
    }
    // The answer was faster than the CANCEL: the dialog stands and has to be ended (RFC 3261 §15).
    await this.hangUp('cancelled');
    throw new TwinreelError('msr-call-refused', `the INVITE for ${requestUri} was cancelled`);
  }

  /** Offers again; gives the answer's m-lines. */
  async reoffer(offer: string): Promise<readonly OfferedMedia[]> {
    if (this.#phase.phase !== 'answered')
      throw new Error(`a re-INVITE needs an answered dialog, not ${this.#phase.phase}`);
    const { dialog } = this.#phase;
    const headers = { Contact: dialog.local.contact, 'Content-Type': 'application/sdp' };
    const answer = await dialog.request({ method: 'INVITE', body: offer, headers });
    if (answer.status < 300) return parseOffer(answer.body).media;
    throw new TwinreelError('msr-call-refused', `a re-INVITE was answered ${answer.status} ${answer.reason}`, {
      status: answer.status,
    });
  }

  /** Asks the other end whether the dialog still stands there: OPTIONS within it (RFC 3261 §11). Says nothing of later. */
  async isKnownThere(): Promise<boolean> {
    if (this.#phase.phase !== 'answered') return false;
    const { status } = await this.#phase.dialog.request({ method: 'OPTIONS' });
    return status < 300;
  }

  /** Takes the INVITE back before it is answered; as soon as it has left, when it has not yet. */
  cancel(): void {
    if (this.#phase.phase !== 'inviting' || this.#phase.cancelling) return;
    this.#phase = { ...this.#phase, cancelling: true };
    this.#phase.sent?.cancel(() => {});
  }

  /** Sends BYE and waits for its answer. Without effect when the dialog does not stand. */
  async hangUp(reason: 'hung-up' | 'cancelled' = 'hung-up'): Promise<void> {
    if (this.#phase.phase !== 'answered') return;
    const { dialog } = this.#phase;
    this.#phase = { phase: 'ended', end: { reason } };
    try {
      this.byeStatus = (await dialog.request({ method: 'BYE' })).status;
    } finally {
      this.#resolveEnded({ reason });
    }
  }

  #end(end: DialogEnd): void {
    if (this.#phase.phase === 'ended') return;
    this.#phase = { phase: 'ended', end };
    this.#resolveEnded(end);
  }

  #refused(error: unknown): TwinreelError {
    const status = (error as { readonly status?: number }).status;
    const isCancelling = this.#phase.phase === 'inviting' && this.#phase.cancelling;
    this.#end(isCancelling ? { reason: 'cancelled' } : { reason: 'refused', status });
    const text = `the INVITE for ${this.invite.requestUri} was not accepted: ${messageOf(error)}`;
    return new TwinreelError('msr-call-refused', text, { status }, { cause: error });
  }
}
