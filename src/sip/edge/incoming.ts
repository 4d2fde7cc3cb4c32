// Requests of the network that an application is to answer, from their coming to their final response. Each is shown to its
// application, waits a bounded time for the answer, and is answered in its place when none comes.

import type { Timer } from '#src/ports';
import type { Essentials } from '#src/sip';
import { messageLeader } from './application-event.ts';
import type { ApplicationSession } from './application-session.ts';
import type { EdgeContext } from './context.ts';
import { dialogIdOf } from './dialog.ts';
import type { Leg } from './legs.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { Endpoint, Flow } from './transport.ts';

/** A request an application is to answer. */
export interface Incoming {
  readonly transactionId: string;
  readonly transaction: ServerTransaction;
  /** The request as applications are shown it. */
  readonly bytes: Buffer;
  /** The connection that was shown it; undefined while its application is away, or not known yet. */
  session: ApplicationSession | undefined;
  /** The dialog it came in, or the one its answer opened. */
  leg: Leg | undefined;
  readonly isInDialog: boolean;
  /** The dialog it came in as applications call it; '' outside of dialogs. */
  readonly dialogId: string;
  /** Our tag: of the dialog, or drawn for the answers to this request. */
  readonly toTag: string;
  patience: Timer | undefined;
  /** While it waits for its application to come back. */
  offer: Timer | undefined;
}

/** What is told of a message from the network. */
export interface NetworkNote {
  readonly transactionId: string;
  readonly dialogId: string;
  /** As shown: see `application-event.ts`. */
  readonly protocol: string;
  readonly flow: Flow;
  readonly bytes: Buffer;
}

export class IncomingRequests {
  readonly #context: EdgeContext;
  readonly #unanswered: (incoming: Incoming) => void;
  readonly #byId = new Map<string, Incoming>();
  readonly #byTransaction = new Map<object, Incoming>();
  /** INVITEs outside of dialogs, by the id of the dialog to come. */
  readonly #calls = new Map<string, Incoming>();
  /** Those of them that an application was shown and has not answered in any way, and since when; in that order. */
  readonly #unansweredSince = new Map<Incoming, number>();

  /** `unanswered` is called when an application took too long. */
  constructor(context: EdgeContext, unanswered: (incoming: Incoming) => void) {
    this.#context = context;
    this.#unanswered = unanswered;
  }

  /** Takes a request in, not yet shown to anybody. */
  admit(fields: Pick<Incoming, 'transaction' | 'bytes' | 'leg' | 'isInDialog' | 'dialogId' | 'toTag'>): Incoming {
    const transactionId = this.#context.random.uuid();
    const { transaction, bytes, leg, isInDialog, dialogId, toTag } = fields;
    const incoming: Incoming = {
      transactionId,
      transaction,
      bytes,
      leg,
      isInDialog,
      dialogId,
      toTag,
      session: undefined,
      patience: undefined,
      offer: undefined,
    };
    this.#byId.set(transactionId, incoming);
    this.#byTransaction.set(incoming.transaction, incoming);
    if (!incoming.isInDialog && incoming.transaction.request.method === 'INVITE') {
      this.#calls.set(callOf(incoming.transaction.essentials), incoming);
    }
    this.wait(incoming, this.#context.limits.unansweredMsMax);
    return incoming;
  }

  /** Shows it to a connection of its application. `receivedOn` is told of requests outside of dialogs. */
  show(incoming: Incoming, session: ApplicationSession, receivedOn?: Endpoint): void {
    const { transactionId, transaction, bytes, dialogId } = incoming;
    const { flow } = transaction;
    incoming.session = session;
    if (isNewCall(incoming)) {
      session.invites += 1;
      this.#unansweredSince.set(incoming, this.#context.clock.monotonicMs());
    }
    this.tell(session, { transactionId, dialogId, protocol: flow.protocol, flow, bytes }, receivedOn);
  }

  /** Tells a connection of a message of the network. */
  tell(
    session: ApplicationSession,
    { transactionId, dialogId, protocol, flow, bytes }: NetworkNote,
    on?: Endpoint,
  ): void {
    const { clock, random } = this.#context;
    const note = { bytes: bytes.length, protocol, peer: flow.remote, timeMs: clock.nowMs(), transactionId, dialogId };
    session.send(messageLeader(random.uuid(), 'network', note, on), bytes);
  }

  byId(transactionId: string): Incoming | undefined {
    return this.#byId.get(transactionId);
  }

  byTransaction(transaction: object): Incoming | undefined {
    return this.#byTransaction.get(transaction);
  }

  /** The INVITE that waits to open this dialog. */
  call(dialogId: string): Incoming | undefined {
    return this.#calls.get(dialogId);
  }

  /** INVITEs outside of dialogs that were shown and have no answer, and how long the first of them has waited. */
  get unanswered(): { readonly unanswered: number; readonly unansweredMs: number } {
    const { value: sinceMs } = this.#unansweredSince.values().next();
    const unansweredMs = sinceMs === undefined ? 0 : this.#context.clock.monotonicMs() - sinceMs;
    return { unanswered: this.#unansweredSince.size, unansweredMs };
  }

  get callCount(): number {
    return this.#calls.size;
  }

  /** All that were shown to a connection. */
  shownTo(session: ApplicationSession): Incoming[] {
    return [...this.#byId.values()].filter((incoming) => incoming.session === session);
  }

  /** It has a provisional response: the wait for its final one begins. */
  ring(incoming: Incoming): void {
    this.#unansweredSince.delete(incoming);
    this.wait(incoming, this.#context.limits.ringMsMax);
  }

  /** Starts the wait for its answer anew. */
  wait(incoming: Incoming, delayMs: number): void {
    incoming.patience?.cancel();
    incoming.patience = this.#context.clock.after(delayMs, () => this.#unanswered(incoming));
  }

  /** It has its final response. */
  settle(incoming: Incoming): void {
    incoming.patience?.cancel();
    incoming.offer?.cancel();
    const waited = this.#byId.delete(incoming.transactionId);
    if (waited && incoming.session && isNewCall(incoming)) incoming.session.invites -= 1;
    this.#byTransaction.delete(incoming.transaction);
    this.#unansweredSince.delete(incoming);
    const call = callOf(incoming.transaction.essentials);
    if (this.#calls.get(call) === incoming) this.#calls.delete(call);
    if (incoming.leg?.incomingInvite === incoming) incoming.leg.incomingInvite = undefined;
  }

  /** Stops every wait. */
  close(): void {
    for (const { patience, offer } of this.#byId.values()) {
      patience?.cancel();
      offer?.cancel();
    }
    this.#byId.clear();
  }
}

function isNewCall({ isInDialog, transaction }: Incoming): boolean {
  return !isInDialog && transaction.request.method === 'INVITE';
}

/** The id of the dialog a request outside of dialogs may open. */
export function callOf({ callId, fromTag }: Essentials): string {
  return dialogIdOf(callId, fromTag);
}
