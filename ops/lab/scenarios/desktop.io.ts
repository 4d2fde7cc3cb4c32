// The agents' desktops of the scenarios, and their routing strategies: one T-Lib client for all of them, which asks on behalf of a DN.

import type { SipServer } from '#ops/lab/sip-server';
import {
  callTypes,
  listOf,
  lookUp,
  privateMessages,
  recordingExtensions,
  type TLibEvent,
  TLibLink,
  textOf,
  workModes,
} from '#src/cti';
import { TwinreelError } from '#src/errors';
import { desktopAt } from './judgement.ts';

const statusKey = 'RECORDING_STATUS_GIM';
/** Who has somebody called is answered when that one has taken the call, and machines that play scenarios are busy. */
const requestMsMax = 30_000;

export class Desktop {
  readonly #sipServer: SipServer;
  readonly #link: TLibLink;
  /** By DN, and kind of call where it is a consult call: what they have said of their recording, one value after the other. */
  readonly notified = new Map<string, string[]>();
  /** Where calls at a route point go, by its DN. */
  readonly #routes = new Map<string, { readonly to: string; readonly record: string }>();

  private constructor(sipServer: SipServer, link: TLibLink) {
    this.#sipServer = sipServer;
    this.#link = link;
  }

  /** Resolves when it may speak for `dns`. */
  static open(sipServer: SipServer, dns: readonly string[]): Promise<Desktop> {
    return new Promise((resolve) => {
      const listener = {
        event: (event: TLibEvent) => desktop.#hear(event),
        dnState() {},
        link() {},
        settled: () => resolve(desktop),
        fault() {},
      };
      const options = { servers: [sipServer.tlib], client: { name: 'lab-desktop' }, requestMsMax };
      const link = new TLibLink(options, listener);
      const desktop = new Desktop(sipServer, link);
      link.watch(dns);
      link.open();
    });
  }

  async login(dn: string, agentId: string, queue?: string): Promise<void> {
    const login = { ThisDN: dn, AgentID: agentId, ...(queue !== undefined && { ThisQueue: queue }) };
    await this.#link.request('RequestAgentLogin', login);
    await this.#link.request('RequestAgentReady', { ThisDN: dn });
  }

  async logout(dn: string): Promise<void> {
    await this.#link.request('RequestAgentLogout', { ThisDN: dn });
  }

  async ready(dn: string): Promise<void> {
    await this.#link.request('RequestAgentReady', { ThisDN: dn });
  }

  async afterCallWork(dn: string): Promise<void> {
    await this.#link.request('RequestAgentNotReady', { ThisDN: dn, AgentWorkMode: workModes.afterCallWork });
  }

  async attach(dn: string, data: Readonly<Record<string, string>>): Promise<void> {
    const ConnID = this.#connId(dn, 'first');
    await this.#link.request('RequestAttachUserData', { ThisDN: dn, ConnID, UserData: listOf(data) });
  }

  /** Resolves when it is asked for. */
  async makeCall(dn: string, to: string): Promise<void> {
    await this.#link.request('RequestMakeCall', { ThisDN: dn, OtherDN: to });
  }

  /** Resolves when the target has answered. */
  async consult(dn: string, to: string): Promise<void> {
    const ConnID = this.#connId(dn, 'first');
    await this.#link.request('RequestInitiateTransfer', { ThisDN: dn, ConnID, OtherDN: to });
  }

  async completeTransfer(dn: string): Promise<void> {
    await this.#link.request('RequestCompleteTransfer', { ThisDN: dn, ConnID: this.#connId(dn, 'consult') });
  }

  /** Goes back from who is consulted to who waits. */
  async reconnect(dn: string): Promise<void> {
    await this.#link.request('RequestReconnectCall', { ThisDN: dn, ConnID: this.#connId(dn, 'consult') });
  }

  /** Has a party recorded, as somebody who is no core. */
  async askRecording(dn: string, id: string): Promise<void> {
    const PrivateMsgID = privateMessages.GSIP_RECORD_START;
    const asked = {
      PrivateMsgID,
      ThisDN: dn,
      ConnID: this.#connId(dn, 'first'),
      Extensions: recordingExtensions({ id }),
    };
    await this.#link.request('RequestPrivateService', asked);
  }

  /** Resolves when who is to be brought in has answered. */
  async confer(dn: string, to: string): Promise<void> {
    const ConnID = this.#connId(dn, 'first');
    await this.#link.request('RequestInitiateConference', { ThisDN: dn, ConnID, OtherDN: to });
  }

  async completeConference(dn: string): Promise<void> {
    await this.#link.request('RequestCompleteConference', { ThisDN: dn, ConnID: this.#connId(dn, 'consult') });
  }

  /** The strategy of a route point from now on. */
  route(routePoint: string, to: string, record: string): void {
    this.#routes.set(routePoint, { to, record });
  }

  close(): void {
    this.#link.close();
  }

  #hear({ message, attributes }: TLibEvent): void {
    const { ThisDN: dn = '', ConnID, UserData, CallType } = attributes;
    const status = message === 'EventAttachedDataChanged' && textOf(lookUp(UserData, statusKey));
    const at = desktopAt(dn, CallType === callTypes.consult ? 'consult' : undefined);
    const seen = this.notified.get(at) ?? [];
    if (status && seen.at(-1) !== status) this.notified.set(at, [...seen, status]);
    const route = this.#routes.get(dn);
    if (message !== 'EventRouteRequest' || !route || !ConnID) return;
    const { to: OtherDN, record } = route;
    const asked = { ThisDN: dn, ConnID, OtherDN, Extensions: listOf({ record }) };
    void this.#link.request('RequestRouteCall', asked).catch(() => {}); // nobody rings, and the scenario says so
  }

  #connId(dn: string, which: 'first' | 'consult'): string {
    const calls = [...this.#sipServer.calls.values()].filter(({ parties }) => parties.some((party) => party.dn === dn));
    const call = calls.find(({ about }) => (about !== undefined) === (which === 'consult'));
    if (!call) throw new TwinreelError('scenario-impossible', `DN ${dn} has no ${which} call`);
    return call.connId;
  }
}
