// A SIP Server for the lab: calls between its DNs and the outside by SIP, and T-Lib for whoever watches.

import Srf from 'drachtio-srf';
import { type Attributes, type EventName, eventOf, type KeyValueList, TLibServer } from '#src/cti';
import { type Edge, startEdge } from '#src/sip/edge';
import type { Endpoint } from '#src/wire';
import type { SipAgent } from './agent.ts';
import { AgentStates } from './agents.ts';
import type { Calls } from './call-model.core.ts';
import { isPhone, type SwitchDn } from './dns.ts';
import type { Hostility, Telling } from './hostility.core.ts';
import { readMsrOptions } from './msr-options.core.ts';
import { userOf } from './names.ts';
import { Registrar } from './registrar.ts';
import { TelephonyRequests } from './requests.ts';
import { Switchboard, type SwitchboardOptions } from './switchboard.io.ts';
import { ThirdParties } from './third-party.io.ts';

export interface SipServerOptions extends Pick<SwitchboardOptions, 'clock' | 'random' | 'log' | 'mediaServer'> {
  readonly address: string;
  /** Where phones are: those of DNs, and everybody outside behind the trunk. */
  readonly phones: { readonly address: string; readonly port: number };
  readonly dns: readonly SwitchDn[];
  /** Options of the switch's application (guide ch. 6). */
  readonly options?: Readonly<Record<string, string>>;
  /** Service parameters of the tenant's IVR profile (guide ch. 7). */
  readonly profile?: Readonly<Record<string, string>>;
  /** Default `Environment`. */
  readonly tenant?: string;
  /** Decides what is told of events, and who else has calls recorded; without it each event is told once and at once. */
  readonly hostility?: Hostility | undefined;
  /** T-Lib; 0 takes any free port. */
  readonly tlibPort?: number;
}

const edgeSecret = 'lab-sip-server';

export class SipServer {
  readonly agents: AgentStates;
  readonly switchboard: Switchboard;
  /** By DN: the Extensions of the last private request about it. */
  readonly privateServices = new Map<string, KeyValueList>();
  /** The client of this name is not admitted. */
  keptOut: string | undefined;
  readonly #options: SipServerOptions;
  readonly #dns: ReadonlyMap<string, SwitchDn>;
  readonly #edge: Edge;
  readonly #agent: SipAgent;
  readonly #tlib: TLibServer;

  private constructor(options: SipServerOptions, edge: Edge, agent: SipAgent, tlib: TLibServer) {
    const { clock, random, log, mediaServer, phones, hostility, tenant = 'Environment', profile = {} } = options;
    this.#options = options;
    this.#dns = new Map(options.dns.map((dn) => [dn.number, dn]));
    this.#edge = edge;
    this.#agent = agent;
    this.#tlib = tlib;
    const msr = readMsrOptions({ application: options.options ?? {}, dns: options.dns, tenant, profile });
    for (const remark of msr.remarks) log.warn({}, `configuration: ${remark}`);
    this.agents = new AgentStates((message, attributes) => {
      this.#publish(message, attributes);
      if (message === 'EventAgentReady') this.switchboard.distribution.settle();
    });
    const thirdParties = hostility && this.#thirdParties(hostility);
    const registrar = new Registrar(clock);
    agent.use('register', (request, response) => {
      const number = userOf(request.getParsedHeader('To').uri);
      const asked = { number, contact: request.get('Contact'), expires: request.get('Expires') };
      const { status, contact } = registrar.register(asked);
      response.send(status, contact === undefined ? {} : { headers: { Contact: contact } });
    });
    this.switchboard = new Switchboard({
      ...{ agent, clock, random, log, mediaServer, phones, registrar, msr },
      dns: this.#dns,
      readyAt: (queue) => this.agents.readyAt(queue),
      notTaken: (dn) => this.agents.notReady(dn, undefined),
      isWatched: (dn) => tlib.clients.some(({ dns }) => dns.has(dn)),
      tell: (events) => {
        for (const { message, attributes } of events) {
          this.#publish(message, attributes);
          if (message === 'EventEstablished') thirdParties?.answered(attributes.CallUUID, attributes.ThisDN);
        }
      },
    });
    if (hostility) this.switchboard.recordings.refuseAgain();
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
    const requests = new TelephonyRequests(() => server!, options.hostility);
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

  /** How many of its DNs a recording system watches. */
  get dns(): number {
    return [...this.#dns.values()].filter(isPhone).length;
  }

  get calls(): Calls {
    return this.switchboard.calls;
  }

  dn(number: string): SwitchDn | undefined {
    return this.#dns.get(number);
  }

  async close(): Promise<void> {
    await this.switchboard.hangUpAll();
    await this.#tlib.close();
    this.#agent.disconnect();
    await this.#edge.close();
  }

  #thirdParties(hostility: Hostility): ThirdParties {
    return new ThirdParties({
      clock: this.#options.clock,
      calls: () => this.calls,
      recordings: () => this.switchboard.recordings,
      wanted: (dn) => hostility.thirdParty(dn),
    });
  }

  #publish(message: EventName, attributes: Attributes): void {
    const { hostility, clock } = this.#options;
    const asIs: Telling = { told: 'event', ms: 0, message, attributes };
    for (const telling of hostility?.tellings(message, attributes) ?? [asIs]) {
      if (telling.ms === 0) this.#tell(telling, attributes.ThisDN);
      else clock.after(telling.ms, () => this.#tell(telling, attributes.ThisDN));
    }
  }

  /** Sends it to whoever watches the DN. */
  #tell(telling: Telling, dn = ''): void {
    if (telling.told === 'event') {
      this.#tlib.publish(telling.message, telling.attributes as never);
      return;
    }
    for (const client of this.#tlib.clients.filter(({ dns }) => dns.has(dn))) {
      if (telling.told === 'value') client.sendRaw(telling.value);
      else if (telling.told === 'text') client.sendText(telling.text);
      else client.tear(eventOf(telling.message, telling.attributes as never), telling.bytes);
    }
  }
}
