// The dialogs that are up, each with what is in progress inside of it. Found by the name applications use and by the fields
// of a SIP message. Bounded by its user.

import type { Essentials } from '#src/sip';
import type { Answer } from './answer.ts';
import type { ApplicationSession } from './application-session.ts';
import type { Dialog } from './dialog.ts';
import type { Incoming } from './user-agent-server.ts';

/** One dialog in use. */
export interface Leg {
  dialog: Dialog;
  /** Early: only provisional responses so far. */
  phase: 'early' | 'confirmed';
  /** The application that answered or started it: it gets every request inside of it. */
  readonly owner: ApplicationSession;
  /** A 2xx of ours whose ACK has not come yet. */
  answer?: Answer | undefined;
  /** An INVITE of the peer, inside the dialog, that waits for its final response. */
  incomingInvite?: Incoming | undefined;
  /** An INVITE of ours, inside the dialog, is on its way. */
  isInviting: boolean;
}

export class Legs {
  readonly #byId = new Map<string, Leg>();
  readonly #byFields = new Map<string, Leg>();

  get size(): number {
    return this.#byId.size;
  }

  /** Takes a leg in; a leg of the same id goes (another branch of a forked call). */
  add(leg: Leg): Leg {
    const former = this.#byId.get(leg.dialog.id);
    if (former) this.remove(former);
    this.#byId.set(leg.dialog.id, leg);
    this.#byFields.set(fieldsOf(leg.dialog), leg);
    return leg;
  }

  byId(id: string): Leg | undefined {
    return this.#byId.get(id);
  }

  /** The leg a request of the peer belongs to (RFC 3261 §12.2.2). */
  of({ callId, toTag, fromTag }: Essentials): Leg | undefined {
    return this.#byFields.get(fieldsOf({ callId, localTag: toTag, remoteTag: fromTag }));
  }

  /** Forgets a leg and stops repeating its answer. */
  remove(leg: Leg): void {
    leg.answer?.stop();
    if (this.#byId.get(leg.dialog.id) === leg) this.#byId.delete(leg.dialog.id);
    const fields = fieldsOf(leg.dialog);
    if (this.#byFields.get(fields) === leg) this.#byFields.delete(fields);
  }

  /** The application is gone: its dialogs are answered 481 from now on. */
  releaseOwnedBy(owner: ApplicationSession): void {
    for (const leg of [...this.#byId.values()]) if (leg.owner === owner) this.remove(leg);
  }

  /** Stops everything that is in progress. */
  close(): void {
    for (const leg of [...this.#byId.values()]) this.remove(leg);
  }
}

function fieldsOf({ callId, localTag, remoteTag }: Pick<Dialog, 'callId' | 'localTag' | 'remoteTag'>): string {
  return `${callId} ${localTag} ${remoteTag}`;
}
