// The calls of a switch by SIP: every party a leg, all media anchored at the media server. What is told of calls is decided by
// call-model.core.ts; here it is made to happen.

import { errorCodes, type KeyValueList } from '#src/cti';
import type { Clock, Random } from '#src/ports';
import { type SipAgent, type SipRequest, type SipResponse, statusOf } from './agent.ts';
import {
  type Calls,
  type Happening,
  happen,
  type ModelCall,
  type ModelEvent,
  type NewParty,
} from './call-model.core.ts';
import { Deliveries } from './deliveries.io.ts';
import { Distribution, GivenUp, type Route } from './distribution.ts';
import type { SwitchDn } from './dns.ts';
import { Leg, type LegOptions, type WaitingCaller } from './leg.io.ts';
import type { LiveCalls } from './live-call.ts';
import type { MsrOptions } from './msr-options.core.ts';
import { newConnId, newUuid, userOf } from './names.ts';
import { Recordings } from './recordings.io.ts';
import { Refused } from './refused.ts';
import type { Registrar } from './registrar.ts';
import { RingingPhones } from './ringing-phones.io.ts';
import { Transfers } from './transfers.io.ts';

export interface SwitchboardOptions {
  readonly agent: SipAgent;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  /** Where media is anchored when there is no msml service: a lab has to be heard all the same. */
  readonly mediaServer: { readonly address: string; readonly port: number };
  readonly phones: { readonly address: string; readonly port: number };
  readonly registrar: Registrar;
  readonly dns: ReadonlyMap<string, SwitchDn>;
  readonly msr: MsrOptions;
  /** Agents ready for the calls of a queue, best first; whether they are on the phone is not their business. */
  readonly readyAt: (queue: string) => readonly string[];
  /** The agent at a DN did not take a call of a queue. */
  readonly notTaken: (dn: string) => void;
  /** Whether somebody hears what is told of a DN. */
  readonly isWatched: (dn: string) => boolean;
  readonly tell: (events: readonly ModelEvent[]) => void;
}

export class Switchboard {
  readonly recordings: Recordings;
  readonly distribution: Distribution;
  readonly transfers: Transfers;
  readonly #deliveries: Deliveries;
  readonly #options: SwitchboardOptions;
  readonly #phones: RingingPhones;
  readonly #live: LiveCalls = new Map();
  #calls: Calls = new Map();
  #placed = 0;

  constructor(options: SwitchboardOptions) {
    this.#options = options;
    this.#phones = new RingingPhones(options.agent, options.phones, options.registrar);
    const isFree = (dn: string) =>
      ![...this.#calls.values()].some(({ parties }) => parties.some((one) => one.dn === dn));
    this.distribution = new Distribution((queue) => options.readyAt(queue).filter(isFree));
    this.recordings = new Recordings({
      msr: options.msr,
      dn: (number) => options.dns.get(number),
      call: (callUuid) => this.#calls.get(callUuid),
      leg: (callUuid, dn) => this.#live.get(callUuid)?.legs.get(dn),
      attach: (call, by, userData) => this.attach(call, by, userData),
      log: options.log,
    });
    this.#deliveries = new Deliveries({
      clock: options.clock,
      dns: options.dns,
      isWatched: options.isWatched,
      distribution: this.distribution,
      party: (dn) => this.#party(dn),
      stands: (callUuid) => this.#calls.has(callUuid),
      happen: (happening) => this.#happen(happening),
      call: (callUuid, dn, caller, ringing) => this.#call(callUuid, dn, caller, ringing),
      cancel: (callUuid) => this.#live.get(callUuid)?.cancel?.(),
      notTaken: options.notTaken,
      keep: (callUuid, leg) => this.#keep(callUuid, leg),
      routed: (callUuid, recording) => void Object.assign(this.#live.get(callUuid) ?? {}, { routed: recording }),
    });
    this.transfers = new Transfers({
      random: options.random,
      live: this.#live,
      recordings: this.recordings,
      deliveries: this.#deliveries,
      call: (callUuid) => this.#calls.get(callUuid),
      party: (dn) => this.#party(dn),
      happen: (happening) => this.#happen(happening),
      legOf: (call, dn) => this.#legOf(call, dn),
      hold: (call, dn) => this.hold(call, dn, true),
      left: (callUuid, dn) => this.#left(callUuid, dn),
      recordByOption: (callUuid) => this.#recordByOption(callUuid),
    });
    options.agent.invite((request, response) => void this.#invited(request, response));
  }

  get calls(): Calls {
    return this.#calls;
  }

  /** The call of a DN under a ConnID. Throws {@link Refused}. */
  callOf(dn: string, connId: string | undefined): ModelCall {
    const call = [...this.#calls.values()].find((one) => one.connId === connId);
    if (!call) throw new Refused(errorCodes.invalidConnId, `invalid ConnID ${connId ?? '(none)'} for DN ${dn}`);
    return call;
  }

  answer({ callUuid }: ModelCall, dn: string): Promise<void> {
    return this.#phones.answer(callUuid, dn);
  }

  async hold(call: ModelCall, dn: string, held: boolean): Promise<void> {
    await this.#legOf(call, dn).hold(held);
    this.#happen({ type: held ? 'held' : 'retrieved', callUuid: call.callUuid, dn });
  }

  /** `by`: who puts it out of a conference. Where it rings, it is called no longer, and its call may go on elsewhere. */
  async release({ callUuid, parties }: ModelCall, dn: string, by?: string): Promise<void> {
    const rings = parties.some((party) => party.dn === dn && party.phase === 'ringing');
    const cancel = rings ? this.#live.get(callUuid)?.cancel : undefined;
    if (cancel) cancel();
    else await this.#left(callUuid, dn, by);
  }

  async clear({ callUuid, parties }: ModelCall): Promise<void> {
    for (const { dn } of parties) await this.#left(callUuid, dn);
  }

  attach({ callUuid }: ModelCall, by: string, userData: KeyValueList): void {
    this.#happen({ type: 'data', callUuid, by, userData });
  }

  /** A strategy has said where a call goes that waits at a route point. Throws {@link Refused} when none does. */
  route({ callUuid }: ModelCall, routePoint: string, route: Route): void {
    if (!this.distribution.routed(routePoint, callUuid, route))
      throw new Refused(errorCodes.invalidConnId, `no call waits at ${routePoint} to be routed`);
  }

  /** A DN calls a number without lifting its receiver: its phone is called first. */
  async placeFrom(dn: string, to: string): Promise<void> {
    const { callUuid, live } = this.#place(dn, to);
    try {
      const leg = live.service?.rfc3725
        ? await Leg.ofMaker(this.#legOptions(dn, callUuid), this.#phones.uriOf(dn), to)
        : await this.#call(callUuid, dn, to, () => {});
      this.#keep(callUuid, leg);
      await this.#deliveries.bring(callUuid, to, {
        caller: dn,
        ringing: () => live.service?.ringTone && leg.ring(callUuid),
        answered: () => leg.hush(callUuid),
      });
      await this.#recordByOption(callUuid);
    } catch {
      await this.#left(callUuid, dn);
    }
  }

  async hangUpAll(): Promise<void> {
    for (const callUuid of this.#calls.keys()) this.distribution.giveUp(callUuid);
    const legs = [...this.#live.values()].flatMap((live) => [...live.legs.values()]);
    await Promise.all(legs.map((leg) => leg.hangUp()));
  }

  #legOf({ callUuid }: ModelCall, dn: string): Leg {
    const leg = this.#live.get(callUuid)?.legs.get(dn);
    if (!leg) throw new Refused(errorCodes.invalidConnId, `DN ${dn} is not in this call`);
    return leg;
  }

  #party(number: string): NewParty {
    return { dn: number, outside: !this.#options.dns.has(number), partyUuid: newUuid(this.#options.random) };
  }

  /** A call begins. Msml services are taken in turn. */
  #place(from: string, to: string) {
    const { random, msr } = this.#options;
    const [caller, target] = [this.#party(from), this.#party(to)];
    const callUuid = newUuid(random);
    const service = msr.services[this.#placed % Math.max(1, msr.services.length)];
    this.#placed += 1;
    const live = { legs: new Map(), service, routed: undefined, cancel: undefined };
    this.#live.set(callUuid, live);
    const callType = caller.outside ? 'inbound' : target.outside ? 'outbound' : 'internal';
    const call = { callUuid, connId: newConnId(random), callType, dnis: to, ani: from } as const;
    this.#happen({ type: 'placed', call, from: caller });
    return { callUuid, live };
  }

  async #invited(request: SipRequest, response: SipResponse): Promise<void> {
    const [to, caller] = [userOf(request.uri), userOf(request.getParsedHeader('From').uri)];
    const { callUuid } = this.#place(caller, to);
    const say = (status: number) => {
      if (!response.finalResponseSent) response.send(status);
    };
    request.on('cancel', () => void this.#left(callUuid, caller));
    let waiting: WaitingCaller | undefined;
    // Who hears that it is answered may ask for the recording of either party at once: both must be there.
    const answered = async () => this.#keep(callUuid, await waiting!.answer(response));
    try {
      waiting = await Leg.ofCaller(this.#legOptions(caller, callUuid), request);
      await this.#deliveries.bring(callUuid, to, {
        caller,
        answered,
        ringing: () => this.#calls.has(callUuid) && say(180),
      });
      await this.#recordByOption(callUuid);
    } catch (error) {
      const status = error instanceof GivenUp ? 487 : statusOf(error);
      this.#options.log.info({ from: caller, to, status }, 'a call did not come about');
      say(status);
      await waiting?.leave();
      await this.#left(callUuid, caller);
    }
  }

  async #call(callUuid: string, dn: string, caller: string, ringing: () => void): Promise<Leg> {
    const live = this.#live.get(callUuid);
    if (!live) throw new GivenUp();
    const sent = (cancel: () => void) => {
      live.cancel = cancel;
    };
    return this.#phones.call(this.#legOptions(dn, callUuid), caller, { ringing, sent }).finally(() => {
      live.cancel = undefined;
    });
  }

  #legOptions(dn: string, callUuid: string): LegOptions {
    const { agent, mediaServer } = this.#options;
    const service = this.#live.get(callUuid)?.service;
    const holdsBy = service && !service.rfc3264 ? 'address' : 'direction';
    return { agent, mediaServer: service?.contact ?? mediaServer, dn, callUuid, holdsBy };
  }

  #keep(callUuid: string, leg: Leg): void {
    const live = this.#live.get(callUuid);
    if (!live) {
      void leg.hangUp();
      throw new GivenUp();
    }
    live.legs.set(leg.dn, leg);
    const where = () => this.#callsOf(leg).at(-1) ?? callUuid;
    leg.onGone(() => {
      for (const one of this.#callsOf(leg)) void this.#left(one, leg.dn);
    });
    leg.onOffer((direction) => {
      const held = direction === 'sendonly' || direction === 'inactive';
      this.#happen({ type: held ? 'held' : 'retrieved', callUuid: where(), dn: leg.dn });
    });
    leg.onRecordingStopped((one) => this.recordings.stopped(one, leg.dn));
    leg.onRefer((referral) => {
      const call = this.#calls.get(where());
      void (call ? this.transfers.referred(call, leg.dn, referral) : referral.tell(481));
    });
  }

  /** Legs move between calls; who consults somebody is in two, the latter last. */
  #callsOf(leg: Leg): string[] {
    return [...this.#live].flatMap(([callUuid, { legs }]) => (legs.get(leg.dn) === leg ? [callUuid] : []));
  }

  /** A party goes; with one left, that one is let go, too. */
  async #left(callUuid: string, dn: string, by?: string): Promise<void> {
    const live = this.#live.get(callUuid);
    if (!live) return;
    const leg = live.legs.get(dn);
    live.legs.delete(dn);
    await this.recordings.end(callUuid, dn);
    this.#happen({ type: 'left', callUuid, dn, by });
    if (leg) await this.#quit(leg, callUuid);
    if (this.#calls.has(callUuid)) return;
    this.#live.delete(callUuid);
    this.recordings.forget(callUuid);
    live.cancel?.();
    this.distribution.giveUp(callUuid);
    for (const other of live.legs.values()) await this.#quit(other, callUuid);
    this.distribution.settle();
  }

  async #quit(leg: Leg, callUuid: string): Promise<void> {
    const back = await leg.quit(callUuid).catch(() => undefined); // its phone has gone meanwhile
    if (back !== undefined) this.#happen({ type: 'retrieved', callUuid: back, dn: leg.dn });
  }

  async #recordByOption(callUuid: string): Promise<void> {
    const call = this.#calls.get(callUuid);
    if (call) await this.recordings.startByOption(call, this.#live.get(callUuid)?.routed);
  }

  #happen(happening: Happening): void {
    const { calls, events } = happen(this.#calls, happening);
    this.#calls = calls;
    this.#options.tell(events);
  }
}
