// How a call is given to somebody else, at once or after a question, and how somebody is brought into it. Asked for by a desktop, or
// by a phone (REFER).

import { errorCodes } from '#src/cti';
import type { Random } from '#src/ports';
import { statusOf } from './agent.ts';
import type { Happening, ModelCall, NewParty } from './call-model.core.ts';
import type { Deliveries } from './deliveries.io.ts';
import type { Leg, Referral } from './leg.io.ts';
import type { LiveCall, LiveCalls } from './live-call.ts';
import { newConnId, newUuid } from './names.ts';
import type { Recordings } from './recordings.io.ts';
import { Refused } from './refused.ts';

export interface TransferSurroundings {
  readonly random: Random;
  readonly live: LiveCalls;
  readonly recordings: Recordings;
  readonly deliveries: Deliveries;
  /** The call as it is now. */
  readonly call: (callUuid: string) => ModelCall | undefined;
  readonly party: (dn: string) => NewParty;
  readonly happen: (happening: Happening) => void;
  /** Throws {@link Refused} when the DN has none. */
  readonly legOf: (call: ModelCall, dn: string) => Leg;
  readonly hold: (call: ModelCall, dn: string) => Promise<void>;
  /** A party goes. */
  readonly left: (callUuid: string, dn: string) => Promise<void>;
  readonly recordByOption: (callUuid: string) => Promise<void>;
}

export class Transfers {
  readonly #around: TransferSurroundings;

  constructor(around: TransferSurroundings) {
    this.#around = around;
  }

  /**
   * Gives the call of `by` to another number, and lets `by` go when that is answered. `tell` hears the status of it on the way.
   * Rejects when it is not answered: then `by` is back, or, if it rang, nobody is left.
   */
  async blind(call: ModelCall, by: string, to: string, tell = async (_status: number) => {}): Promise<void> {
    const { deliveries, happen, left, legOf, recordByOption, recordings } = this.#around;
    const { callUuid } = call;
    const [leg, live] = [legOf(call, by), this.#liveOf(call)];
    let told = Promise.resolve();
    const say = (status: number) => {
      told = told.then(() => tell(status));
    };
    let isGiven = false;
    const given = async () => {
      isGiven = true;
      live.legs.delete(by);
      await recordings.end(callUuid, by);
      await leg.part();
      happen({ type: 'transferred-blind', callUuid, by });
    };
    try {
      if (live.service?.transfers === false)
        throw new Refused(errorCodes.unsupported, `${live.service.dn}: refer-enabled is not false`);
      await deliveries.bring(callUuid, to, { caller: by, by, given, ringing: () => say(180) });
      say(200);
      await told;
      await leg.hangUp();
    } catch (error) {
      say(error instanceof Refused ? 403 : statusOf(error));
      await told;
      if (isGiven) {
        await leg.hangUp();
        for (const { dn } of (this.#around.call(callUuid) ?? call).parties) await left(callUuid, dn);
      }
      throw error;
    }
    await recordByOption(callUuid);
  }

  /** As a phone asks for it; it is told what comes of that. */
  async referred(call: ModelCall, by: string, { to, replaces, tell }: Referral): Promise<void> {
    if (!replaces) return this.blind(call, by, to, tell).catch(() => {}); // told already
    const asked = [...this.#around.live].find(([, { legs }]) => legs.get(by)?.isDialog(replaces))?.[0];
    const consult = asked === undefined ? undefined : this.#around.call(asked);
    // RFC 3891 §3: a dialog that is not there, or that is not its own to give away.
    if (!consult || consult.callUuid === call.callUuid) return tell(481);
    await this.#transfer(call, consult, by, () => tell(200)).catch((error) => tell(statusOf(error)));
  }

  /** A further party in a call that stands. */
  async add(call: ModelCall, by: string, to: string): Promise<void> {
    const { deliveries, left, recordByOption } = this.#around;
    const { callUuid } = call;
    this.#mustHaveConferences(call);
    try {
      await deliveries.bring(callUuid, to, { caller: by, by });
    } catch (error) {
      const rung = this.#around.call(callUuid)?.parties.find(({ phase }) => phase === 'ringing');
      if (rung) await left(callUuid, rung.dn);
      throw error;
    }
    await recordByOption(callUuid);
  }

  /** The DN calls somebody else about its call, which is held meanwhile; when that is not taken, it is back. */
  async consult(call: ModelCall, by: string, to: string): Promise<void> {
    const { deliveries, happen, hold, legOf, live, party, random, recordByOption } = this.#around;
    await hold(call, by);
    const callUuid = newUuid(random);
    const { service } = this.#liveOf(call);
    const consulted: LiveCall = { legs: new Map(), service, routed: undefined, cancel: undefined };
    live.set(callUuid, consulted);
    const leg = legOf(call, by);
    await leg.consultIn(callUuid);
    consulted.legs.set(by, leg);
    const about = { callUuid: call.callUuid, connId: call.connId };
    const placed = { callUuid, connId: newConnId(random), callType: 'consult', dnis: to, ani: by, about } as const;
    happen({ type: 'placed', call: { ...placed, userData: call.userData }, from: party(by) });
    try {
      await deliveries.bring(callUuid, to, { caller: by });
    } catch (error) {
      const consult = this.#around.call(callUuid);
      if (consult) await this.reconnect(consult, by);
      throw error;
    }
    await recordByOption(callUuid);
  }

  /** Gives up a consult call and goes back to the one it is about. */
  async reconnect(consult: ModelCall, by: string): Promise<void> {
    this.#consultedAbout(consult);
    await this.#around.recordings.endAll(consult.callUuid);
    await this.#around.left(consult.callUuid, by);
  }

  /** Completes a consult call: `transfer` leaves it to the others, `conference` stays in it. */
  async complete(consult: ModelCall, by: string, how: 'transfer' | 'conference'): Promise<void> {
    const call = this.#consultedAbout(consult);
    if (how === 'transfer') return this.#transfer(call, consult, by);
    this.#mustHaveConferences(call);
    const { callUuid } = call;
    await this.#bringInto(call, consult, by);
    await this.#liveOf(call).legs.get(by)?.quit(consult.callUuid);
    this.#around.happen({ type: 'conferenced', callUuid, by, consultUuid: consult.callUuid });
    await this.#around.recordByOption(callUuid);
  }

  /** Both calls of `by` become one without it. `tell` comes before its phone is let go. */
  async #transfer(call: ModelCall, consult: ModelCall, by: string, tell = async () => {}): Promise<void> {
    const { happen, recordByOption, recordings } = this.#around;
    const { callUuid } = call;
    const { legs } = this.#liveOf(call);
    // One leg that is in both calls, or one in each, where the phone has made the second one.
    const own = new Set([legs.get(by), this.#liveOf(consult).legs.get(by)]);
    await this.#bringInto(call, consult, by);
    await recordings.end(callUuid, by);
    happen({ type: 'transferred-attended', callUuid, by, consultUuid: consult.callUuid });
    legs.delete(by);
    await tell();
    for (const leg of own) await leg?.hangUp();
    await recordByOption(callUuid);
  }

  /** Whom `by` has asked is in the call from now on. */
  async #bringInto(call: ModelCall, consult: ModelCall, by: string): Promise<void> {
    const { live, recordings } = this.#around;
    await recordings.endAll(consult.callUuid);
    for (const [dn, leg] of this.#liveOf(consult).legs) {
      if (dn === by) continue;
      await leg.moveTo(call.callUuid);
      this.#liveOf(call).legs.set(dn, leg);
    }
    live.delete(consult.callUuid);
  }

  #consultedAbout({ about }: ModelCall): ModelCall {
    const call = about && this.#around.call(about.callUuid);
    if (!call) throw new Refused(errorCodes.invalidConnId, 'not a consult call');
    return call;
  }

  #liveOf({ callUuid }: ModelCall): LiveCall {
    const live = this.#around.live.get(callUuid);
    if (!live) throw new Refused(errorCodes.invalidConnId, 'the call is over');
    return live;
  }

  #mustHaveConferences(call: ModelCall): void {
    if (!this.#liveOf(call).service)
      throw new Refused(errorCodes.unsupported, 'there is no msml service, and so no conference');
  }
}
