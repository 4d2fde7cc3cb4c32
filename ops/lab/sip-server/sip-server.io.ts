// A SIP Server for the lab: calls between its DNs and the outside by SIP, all of their media anchored at the media server, and
// T-Lib for whoever watches. What is told of calls is decided by call-model.core.ts; here it is made to happen.

import Srf from 'drachtio-srf';
import { type Attributes, type EventName, errorCodes, type KeyValueList, TLibServer } from '#src/cti';
import type { Clock, Random } from '#src/ports';
import { type Edge, startEdge } from '#src/sip/edge';
import type { Endpoint } from '#src/wire';
import { type SipAgent, type SipRequest, type SipResponse, statusOf } from './agent.ts';
import { AgentStates } from './agents.ts';
import { type Calls, type Happening, happen, type ModelCall, type NewParty } from './call-model.core.ts';
import { msrOptions, type SwitchDn } from './dns.ts';
import type { Hostility } from './hostility.core.ts';
import { Leg, type WaitingCaller } from './leg.io.ts';
import { newConnId, newUuid } from './names.ts';
import { Recordings } from './recordings.io.ts';
import { Refused } from './refused.ts';
import { TelephonyRequests } from './requests.ts';

export interface SipServerOptions {
  readonly address: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  readonly mediaServer: { readonly address: string; readonly port: number };
  /** Where phones are: those of DNs, and everybody outside behind the trunk. */
  readonly phones: { readonly address: string; readonly port: number };
  readonly dns: readonly SwitchDn[];
  /** Options of the switch's application. */
  readonly options?: Readonly<Record<string, string>>;
  /** Decides when events are told; without it each is told once and at once. */
  readonly hostility?: Hostility | undefined;
  /** T-Lib; 0 takes any free port. */
  readonly tlibPort?: number;
}

/** What a call has besides what is told of it. */
interface Live {
  readonly legs: Map<string, Leg>;
  /** Stops the phone that is being called. */
  cancel: (() => void) | undefined;
}

const edgeSecret = 'lab-sip-server';

export class SipServer {
  readonly agents: AgentStates;
  readonly recordings: Recordings;
  readonly #options: SipServerOptions;
  readonly #dns: ReadonlyMap<string, SwitchDn>;
  readonly #edge: Edge;
  readonly #agent: SipAgent;
  readonly #tlib: TLibServer;
  readonly #live = new Map<string, Live>();
  #calls: Calls = new Map();

  private constructor(options: SipServerOptions, edge: Edge, agent: SipAgent, tlib: TLibServer) {
    this.#options = options;
    this.#dns = new Map(options.dns.map((dn) => [dn.number, dn]));
    this.#edge = edge;
    this.#agent = agent;
    this.#tlib = tlib;
    this.agents = new AgentStates((message, attributes) => this.#publish(message, attributes));
    this.recordings = new Recordings({
      msr: msrOptions(options.options ?? {}),
      dn: (number) => this.#dns.get(number),
      call: (callUuid) => this.#calls.get(callUuid),
      leg: (callUuid, dn) => this.#live.get(callUuid)?.legs.get(dn),
      attach: (call, by, userData) => this.attach(call, by, userData),
      log: options.log,
    });
    agent.invite((request, response) => void this.#invited(request, response));
  }

  static async start(options: SipServerOptions): Promise<SipServer> {
    const { address, clock, random } = options;
    const edge = await startEdge({
      listeners: [{ transport: 'udp', address, port: 0 }],
      application: { host: '127.0.0.1', port: 0, secret: edgeSecret },
      clock,
      random,
    });
    const agent = new Srf() as unknown as SipAgent;
    agent.on('error', () => {}); // its edge is in this process
    agent.connect({ ...edge.application, secret: edgeSecret });
    await new Promise<void>((resolve) => agent.once('connect', () => resolve()));
    let server: SipServer | undefined;
    const requests = new TelephonyRequests(() => server!);
    const tlib = await TLibServer.listen({
      host: address,
      port: options.tlibPort ?? 0,
      handler: requests,
      fault: (error) => options.log.warn({ error: error.message }, 'T-Lib'),
    });
    server = new SipServer(options, edge, agent, tlib);
    return server;
  }

  get sip(): { readonly address: string; readonly port: number } {
    return this.#edge.sip;
  }

  get tlib(): Endpoint {
    return this.#tlib.endpoint;
  }

  /** The T-Lib server itself: for links that are to be cut, and for hostile tests. */
  get telephony(): TLibServer {
    return this.#tlib;
  }

  /** How many DNs it has. */
  get dns(): number {
    return this.#dns.size;
  }

  get calls(): Calls {
    return this.#calls;
  }

  dn(number: string): SwitchDn | undefined {
    return this.#dns.get(number);
  }

  /** The call of a DN under a ConnID. Throws {@link Refused}. */
  callOf(dn: string, connId: string | undefined): ModelCall {
    const call = [...this.#calls.values()].find((one) => one.connId === connId);
    if (!call) throw new Refused(errorCodes.invalidConnId, `invalid ConnID ${connId ?? '(none)'} for DN ${dn}`);
    return call;
  }

  async hold(call: ModelCall, dn: string, held: boolean): Promise<void> {
    await this.#legOf(call, dn).hold(held);
    this.#happen({ type: held ? 'held' : 'retrieved', callUuid: call.callUuid, dn });
  }

  async release(call: ModelCall, dn: string): Promise<void> {
    await this.#left(call.callUuid, dn);
  }

  /** Gives the call of `by` to another number. */
  async transferBlind(call: ModelCall, by: string, to: string): Promise<void> {
    const leg = this.#legOf(call, by);
    const target = this.#party(to);
    this.#live.get(call.callUuid)!.legs.delete(by);
    await this.recordings.end(call.callUuid, by);
    this.#happen({ type: 'transferred-blind', callUuid: call.callUuid, by, to: target });
    await leg.hangUp();
    await this.#ring(call.callUuid, target, by, () => {});
  }

  /** The DN calls somebody else about its call, which is held meanwhile. */
  async consult(call: ModelCall, by: string, to: string): Promise<ModelCall> {
    await this.hold(call, by, true);
    const { random } = this.#options;
    const consultUuid = newUuid(random);
    const placed = {
      callUuid: consultUuid,
      connId: newConnId(random),
      callType: 'consult' as const,
      dnis: to,
      ani: by,
      about: { callUuid: call.callUuid, connId: call.connId },
      userData: call.userData,
    };
    this.#live.set(consultUuid, { legs: new Map(), cancel: undefined });
    const leg = this.#legOf(call, by);
    await leg.moveTo(consultUuid);
    this.#live.get(consultUuid)!.legs.set(by, leg);
    this.#happen({ type: 'placed', call: placed, from: this.#party(by) });
    const target = this.#party(to);
    this.#happen({ type: 'rings', callUuid: consultUuid, at: target });
    await this.#ring(consultUuid, target, by, () => {});
    return this.#calls.get(consultUuid)!;
  }

  /** Completes a consult call: `transfer` leaves it to the others, `conference` stays in it. */
  async complete(consult: ModelCall, by: string, how: 'transfer' | 'conference'): Promise<void> {
    const callUuid = consult.about?.callUuid;
    const [live, consulted] = [callUuid && this.#live.get(callUuid), this.#live.get(consult.callUuid)];
    if (!callUuid || !live || !consulted) throw new Refused(errorCodes.invalidConnId, 'not a consult call');
    for (const [dn, leg] of consulted.legs) {
      if (dn === by && how === 'transfer') continue;
      await leg.moveTo(callUuid);
      live.legs.set(dn, leg);
    }
    const own = consulted.legs.get(by);
    consulted.legs.clear();
    this.#live.delete(consult.callUuid);
    if (how === 'transfer') await this.recordings.end(callUuid, by);
    this.#happen({
      type: how === 'transfer' ? 'transferred-attended' : 'conferenced',
      callUuid,
      by,
      consultUuid: consult.callUuid,
    });
    if (how === 'transfer') {
      live.legs.delete(by);
      await own?.hangUp();
    }
  }

  /** Replaces attached data, and tells it. */
  attach(call: ModelCall, by: string, userData: KeyValueList): void {
    this.#happen({ type: 'data', callUuid: call.callUuid, by, userData });
  }

  /** A DN calls a number without lifting its receiver: its phone is called first. */
  async placeFrom(dn: string, to: string): Promise<void> {
    const { random } = this.#options;
    const [from, target] = [this.#party(dn), this.#party(to)];
    const callUuid = newUuid(random);
    const callType = target.outside ? 'outbound' : 'internal';
    const live: Live = { legs: new Map(), cancel: undefined };
    this.#live.set(callUuid, live);
    this.#happen({ type: 'placed', call: { callUuid, connId: newConnId(random), callType, dnis: to, ani: dn }, from });
    try {
      this.#keep(callUuid, await this.#call(callUuid, dn, to, () => {}));
      this.#happen({ type: 'rings', callUuid, at: target });
      await this.#ring(callUuid, target, dn, () => {});
      await this.#recordByOption(callUuid);
    } catch {
      await this.#left(callUuid, dn);
    }
  }

  async close(): Promise<void> {
    const legs = [...this.#live.values()].flatMap((live) => [...live.legs.values()]);
    await Promise.all(legs.map((leg) => leg.hangUp()));
    await this.#tlib.close();
    this.#agent.disconnect();
    await this.#edge.close();
  }

  #legOf({ callUuid }: ModelCall, dn: string): Leg {
    const leg = this.#live.get(callUuid)?.legs.get(dn);
    if (!leg) throw new Refused(errorCodes.invalidConnId, `DN ${dn} is not in this call`);
    return leg;
  }

  #party(number: string): NewParty {
    return { dn: number, outside: !this.#dns.has(number), partyUuid: newUuid(this.#options.random) };
  }

  async #invited(request: SipRequest, response: SipResponse): Promise<void> {
    const { random, log } = this.#options;
    const [to, caller] = [userOf(request.uri), userOf(request.getParsedHeader('From').uri)];
    const [from, target] = [this.#party(caller), this.#party(to)];
    const callUuid = newUuid(random);
    const callType = from.outside ? 'inbound' : target.outside ? 'outbound' : 'internal';
    const live: Live = { legs: new Map(), cancel: undefined };
    this.#live.set(callUuid, live);
    const call = { callUuid, connId: newConnId(random), callType, dnis: to, ani: caller } as const;
    this.#happen({ type: 'placed', call, from });
    let gaveUp = false;
    let waiting: WaitingCaller | undefined;
    request.on('cancel', () => {
      gaveUp = true;
      live.cancel?.();
      void this.#left(callUuid, caller);
    });
    try {
      waiting = await Leg.ofCaller(this.#legOptions(caller, callUuid), request);
      this.#happen({ type: 'rings', callUuid, at: target });
      const ringing = () => {
        if (!gaveUp && !response.finalResponseSent) response.send(180);
      };
      this.#keep(callUuid, await this.#call(callUuid, to, caller, ringing));
      this.#keep(callUuid, await waiting.answer(response));
      // Who hears that it is answered may ask for the recording of either party at once: both must be there.
      this.#happen({ type: 'answered', callUuid, dn: to });
      await this.#recordByOption(callUuid);
    } catch (error) {
      const status = statusOf(error);
      log.info({ from: caller, to, status }, 'a call did not come about');
      if (!response.finalResponseSent) response.send(status);
      await waiting?.leave();
      await this.#left(callUuid, caller);
    }
  }

  /** Calls a party into its call; resolves when it has answered. */
  async #ring(callUuid: string, { dn }: NewParty, caller: string, ringing: () => void): Promise<void> {
    this.#keep(callUuid, await this.#call(callUuid, dn, caller, ringing));
    this.#happen({ type: 'answered', callUuid, dn });
  }

  async #call(callUuid: string, dn: string, caller: string, ringing: () => void): Promise<Leg> {
    const { phones } = this.#options;
    const live = this.#live.get(callUuid)!;
    const target = `sip:${encodeURIComponent(dn)}@${phones.address}:${phones.port}`;
    const sent = (cancel: () => void) => {
      live.cancel = cancel;
    };
    const leg = await Leg.ofCalled(this.#legOptions(dn, callUuid), target, caller, { ringing, sent });
    live.cancel = undefined;
    return leg;
  }

  #legOptions(dn: string, callUuid: string) {
    return { agent: this.#agent, mediaServer: this.#options.mediaServer, dn, callUuid };
  }

  #keep(callUuid: string, leg: Leg): void {
    this.#live.get(callUuid)!.legs.set(leg.dn, leg);
    const where = () => this.#whereIs(leg) ?? callUuid;
    leg.onGone(() => void this.#left(where(), leg.dn));
    leg.onOffer((direction) => {
      const held = direction === 'sendonly' || direction === 'inactive';
      this.#happen({ type: held ? 'held' : 'retrieved', callUuid: where(), dn: leg.dn });
    });
    leg.onRefer((to) => {
      const call = this.#calls.get(where());
      if (call) void this.transferBlind(call, leg.dn, to).catch(() => {});
    });
  }

  /** Legs move between calls. */
  #whereIs(leg: Leg): string | undefined {
    for (const [callUuid, { legs }] of this.#live) if (legs.get(leg.dn) === leg) return callUuid;
    return undefined;
  }

  /** A party goes; with one left, that one is let go, too. */
  async #left(callUuid: string, dn: string): Promise<void> {
    const live = this.#live.get(callUuid);
    if (!live) return;
    const leg = live.legs.get(dn);
    live.legs.delete(dn);
    await this.recordings.end(callUuid, dn);
    this.#happen({ type: 'left', callUuid, dn });
    await leg?.hangUp();
    if (this.#calls.has(callUuid)) return;
    this.#live.delete(callUuid);
    for (const other of live.legs.values()) await other.hangUp();
  }

  async #recordByOption(callUuid: string): Promise<void> {
    const call = this.#calls.get(callUuid);
    if (call) await this.recordings.startByOption(call);
  }

  #happen(happening: Happening): void {
    const { calls, events } = happen(this.#calls, happening);
    this.#calls = calls;
    for (const { message, attributes } of events) this.#publish(message, attributes);
  }

  #publish(message: EventName, attributes: Attributes): void {
    const { hostility, clock } = this.#options;
    const publish = () => void this.#tlib.publish(message, attributes as never);
    for (const ms of hostility?.timesMs(message, attributes) ?? [0]) {
      if (ms === 0) publish();
      else clock.after(ms, publish);
    }
  }
}

function userOf(uri: string): string {
  return decodeURIComponent(/^sips?:([^@;>]+)@/.exec(uri)?.[1] ?? '');
}
