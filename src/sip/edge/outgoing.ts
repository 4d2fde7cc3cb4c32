// Requests of applications on their way, from the command to the last response. What came of a request is shown to whoever
// asked, never before the reply to the command.

import { type SipRequest, serialiseMessage } from '#src/sip';
import { messageLeader, requestSentFields } from './application-event.ts';
import type { ApplicationSession } from './application-session.ts';
import type { ClientTransaction } from './client-transaction.ts';
import { essentialsOf, ownResponse } from './compose.ts';
import { type EdgeContext, tokenOf } from './context.ts';
import type { Leg } from './legs.ts';
import type { ReceivedResponse } from './transaction.protocol.ts';
import type { Flow } from './transport.ts';

/** A request of an application on its way. */
export interface Outgoing {
  readonly transactionId: string;
  readonly session: ApplicationSession;
  /** What went out, and where: another one when TCP, taken for the size of it, turned out not to be there. */
  request: SipRequest;
  flow: Flow;
  readonly sequence: number;
  /** The dialog it goes in, or will open; '' outside of dialogs. */
  readonly dialogId: string;
  readonly isInDialog: boolean;
  leg: Leg | undefined;
  phase: 'waiting' | 'proceeding' | 'accepted' | 'refused';
  transaction: ClientTransaction | undefined;
  /** RSeq of the last reliable provisional response (RFC 3262 §4). */
  reliableSequence: number;
  /** A CANCEL is wanted; it goes out after the first provisional response (RFC 3261 §9.1). */
  cancel: { readonly request: SipRequest; phase: 'wanted' | 'sent' } | undefined;
  /** The ACK of the 2xx, and the tag it was for: sent again whenever that 2xx comes again. */
  acknowledged: { readonly toTag: string; readonly bytes: Buffer } | undefined;
  /** Shown to the application after a turn: see `ApplicationSession.afterTurn`. Undefined once that turn is over. */
  held: (() => void)[] | undefined;
}

export class OutgoingRequests {
  readonly #context: EdgeContext;
  readonly #byId = new Map<string, Outgoing>();
  /** The latest INVITE of each dialog, until its transaction ends. */
  readonly #invites = new Map<string, Outgoing>();

  constructor(context: EdgeContext) {
    this.#context = context;
  }

  /** Takes a request in; what comes of it is held back until the application has had a turn. */
  admit(fields: Pick<Outgoing, 'session' | 'request' | 'flow' | 'dialogId' | 'leg'>): Outgoing {
    const { session, request, dialogId, leg } = fields;
    const outgoing: Outgoing = {
      ...fields,
      transactionId: this.#context.random.uuid(),
      sequence: essentialsOf(request).sequence,
      isInDialog: leg !== undefined,
      phase: 'waiting',
      transaction: undefined,
      reliableSequence: 0,
      cancel: undefined,
      acknowledged: undefined,
      held: [],
    };
    this.#byId.set(outgoing.transactionId, outgoing);
    if (request.method === 'INVITE') this.#invites.set(dialogId, outgoing);
    session.afterTurn(() => {
      const held = outgoing.held ?? [];
      outgoing.held = undefined;
      for (const show of held) show();
    });
    return outgoing;
  }

  byId(transactionId: string): Outgoing | undefined {
    return this.#byId.get(transactionId);
  }

  /** The latest INVITE of a dialog. */
  invite(dialogId: string): Outgoing | undefined {
    return this.#invites.get(dialogId);
  }

  /** All of one connection. */
  of(session: ApplicationSession): Outgoing[] {
    return [...this.#byId.values()].filter((outgoing) => outgoing.session === session);
  }

  /** No response can come any more. */
  forget(outgoing: Outgoing): void {
    this.#byId.delete(outgoing.transactionId);
    if (this.#invites.get(outgoing.dialogId) === outgoing) this.#invites.delete(outgoing.dialogId);
  }

  /** Shows a response to the application. `flow` undefined: nothing was ever sent. */
  show(outgoing: Outgoing, { bytes, peer }: ReceivedResponse, protocol: string = outgoing.flow.protocol): void {
    const { session, transactionId, dialogId } = outgoing;
    const { clock, random } = this.#context;
    const note = { bytes: peer ? bytes.length : 0, protocol, peer, timeMs: clock.nowMs(), transactionId, dialogId };
    const show = () => session.send(messageLeader(random.uuid(), 'network', note), bytes);
    if (outgoing.held) outgoing.held.push(show);
    else show();
  }

  /** Replies to a command that its request went out. */
  replySent(session: ApplicationSession, commandId: string, bytes: Buffer, flow: Flow, transactionId: string): void {
    // Of a connection the far end is told, as drachtio-server does.
    const peer = flow.isReliable ? flow.remote : flow.local;
    const { protocol } = flow;
    const note = {
      bytes: bytes.length,
      protocol,
      peer,
      timeMs: this.#context.clock.nowMs(),
      transactionId,
      dialogId: '',
    };
    session.done(commandId, requestSentFields(note), bytes);
  }

  /** Replies that nobody knows where the request was to go; a response of nobody says so again. */
  replyUnsent({ session, request, transactionId }: Outgoing, commandId: string): void {
    const timeMs = this.#context.clock.nowMs();
    const note = { bytes: 0, protocol: 'unknown', peer: undefined, timeMs, transactionId, dialogId: '' };
    const withoutVia = request.headers.filter(({ name }) => name !== 'Via');
    session.done(commandId, requestSentFields(note), serialiseMessage({ ...request, headers: withoutVia }));
  }

  /** What an application is shown when its request came to nothing. */
  responseOfNobody(request: SipRequest, status: number, reason?: string): ReceivedResponse {
    const made = ownResponse(request.headers, status, tokenOf(this.#context.random));
    const response = reason === undefined ? made : { ...made, reason };
    return { ...response, bytes: serialiseMessage(response), essentials: essentialsOf(response), peer: undefined };
  }
}
