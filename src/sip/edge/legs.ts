// The dialogs that are up, each with what is in progress inside of it. Found by the name applications use and by the fields
// of a SIP message. Bounded by its user. Calls that are answered stand in the ledger as long as they stand here.

import type { Timer } from '#src/ports';
import type { Essentials } from '#src/sip';
import type { Answer } from './answer.ts';
import type { Dialog } from './dialog.ts';
import type { DialogLedger, DialogRecord } from './dialog-ledger.ts';
import type { Incoming } from './incoming.ts';
import type { Owner } from './owner.ts';
import type { SessionTimer } from './session-timer.ts';

/** One dialog in use. */
export interface Leg {
  dialog: Dialog;
  /** A call, or a subscription (RFC 6665), which ends with its last NOTIFY or with its time. */
  readonly usage: 'call' | 'subscription';
  /** Early: only provisional responses so far. Answered: our 2xx waits for its ACK. */
  phase: 'early' | 'answered' | 'confirmed';
  /** The application that answered or started it: it gets every request inside of it. */
  readonly owner: Owner;
  /** Our last 2xx to INVITE, acknowledged or not. */
  answer?: Answer | undefined;
  /** The INVITE it is for, by which copies of that are recognised. */
  accepted?: DialogRecord['accepted'];
  /** Our last reliable provisional response (RFC 3262). */
  reliable?: Answer | undefined;
  /** An INVITE of the peer, inside the dialog, that waits for its final response. */
  incomingInvite?: Incoming | undefined;
  /** An INVITE of ours, inside the dialog, is on its way. */
  isInviting: boolean;
  /** A BYE of the application that may not go out before the ACK came (RFC 3261 §15). */
  heldBye?: (() => void) | undefined;
  /** RFC 4028. */
  session?: SessionTimer | undefined;
  /** The peer takes UPDATE (RFC 3311). */
  peerUpdates: boolean;
  /** The session description we sent last. */
  description?: Buffer | undefined;
  /** Ends a subscription that nobody renews. */
  expiry?: Timer | undefined;
}

export class Legs {
  readonly #ledger: DialogLedger;
  readonly #byId = new Map<string, Leg>();
  readonly #byFields = new Map<string, Leg>();
  readonly #kept = new Set<Leg>();

  constructor(ledger: DialogLedger) {
    this.#ledger = ledger;
  }

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

  /** Writes down how a leg stands. Does nothing for dialogs that need not outlive this process. */
  keep(leg: Leg, urgency: 'now' | 'soon'): void {
    if (leg.usage !== 'call' || leg.phase === 'early' || this.#byId.get(leg.dialog.id) !== leg) return;
    this.#kept.add(leg);
    this.#ledger.keep(recordOf(leg), urgency);
  }

  /** Its 2xx has been acknowledged. */
  acknowledged(leg: Leg): void {
    leg.phase = 'confirmed';
    if (this.#kept.has(leg)) this.#ledger.acknowledged(leg.dialog.id);
  }

  byId(id: string): Leg | undefined {
    return this.#byId.get(id);
  }

  /** The leg a request of the peer belongs to (RFC 3261 §12.2.2). */
  of({ callId, toTag, fromTag }: Essentials): Leg | undefined {
    return this.#byFields.get(fieldsOf({ callId, localTag: toTag, remoteTag: fromTag }));
  }

  ownedBy(owner: Owner): Leg[] {
    return [...this.#byId.values()].filter((leg) => leg.owner === owner);
  }

  /** Forgets a leg and stops what is in progress inside of it. */
  remove(leg: Leg): void {
    this.detach(leg);
    if (this.#kept.delete(leg)) this.#ledger.ended(leg.dialog.id);
  }

  /** Takes a leg out that still stands in the ledger: its BYE is not answered yet. */
  detach(leg: Leg): void {
    this.#stop(leg);
    if (this.#byId.get(leg.dialog.id) === leg) this.#byId.delete(leg.dialog.id);
    const fields = fieldsOf(leg.dialog);
    if (this.#byFields.get(fields) === leg) this.#byFields.delete(fields);
    const held = leg.heldBye;
    leg.heldBye = undefined;
    held?.();
  }

  /** Stops everything that is in progress; what stands in the ledger stays there. */
  close(): void {
    for (const leg of this.#byId.values()) this.#stop(leg);
    this.#byId.clear();
    this.#byFields.clear();
  }

  #stop({ answer, reliable, session, expiry }: Leg): void {
    answer?.stop();
    reliable?.stop();
    session?.stop();
    expiry?.cancel();
  }
}

function recordOf({ dialog, owner, accepted, answer, session, peerUpdates, description }: Leg): DialogRecord {
  const pending = answer?.pending;
  const mayRepeat = session?.agreement.refresher === 'us' && !peerUpdates;
  return {
    dialog,
    tags: owner.tags,
    ...(accepted && { accepted }),
    ...(pending && {
      answer: {
        sequence: pending.sequence,
        transactionId: pending.transactionId,
        sentAtMs: pending.sentAtMs,
        bytes: pending.bytes,
        protocol: pending.flow.protocol,
        // A connection does not outlive this process.
        remote: pending.flow.returnTo ?? pending.flow.remote,
      },
    }),
    ...(session && { session: { ...session.agreement, refreshedAtMs: session.refreshedAtMs } }),
    peerUpdates,
    ...(mayRepeat && description && { description }),
  };
}

function fieldsOf({ callId, localTag, remoteTag }: Pick<Dialog, 'callId' | 'localTag' | 'remoteTag'>): string {
  return `${callId} ${localTag} ${remoteTag}`;
}
