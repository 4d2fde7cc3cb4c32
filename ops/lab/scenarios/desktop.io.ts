// The agents' desktops of the scenarios: one T-Lib client for all of them, which asks on behalf of a DN.

import type { SipServer } from '#ops/lab/sip-server';
import { listOf, TLibLink } from '#src/cti';
import { TwinreelError } from '#src/errors';

export class Desktop {
  readonly #sipServer: SipServer;
  readonly #link: TLibLink;

  private constructor(sipServer: SipServer, link: TLibLink) {
    this.#sipServer = sipServer;
    this.#link = link;
  }

  /** Resolves when it may speak for `dns`. */
  static open(sipServer: SipServer, dns: readonly string[]): Promise<Desktop> {
    return new Promise((resolve) => {
      const listener = {
        event() {},
        dnState() {},
        link() {},
        settled: () => resolve(new Desktop(sipServer, link)),
        fault() {},
      };
      const link = new TLibLink({ servers: [sipServer.tlib], client: { name: 'lab-desktop' } }, listener);
      link.watch(dns);
      link.open();
    });
  }

  async login(dn: string, agentId: string): Promise<void> {
    await this.#link.request('RequestAgentLogin', { ThisDN: dn, AgentID: agentId });
    await this.#link.request('RequestAgentReady', { ThisDN: dn });
  }

  async logout(dn: string): Promise<void> {
    await this.#link.request('RequestAgentLogout', { ThisDN: dn });
  }

  async attach(dn: string, data: Readonly<Record<string, string>>): Promise<void> {
    const ConnID = this.#connId(dn, 'first');
    await this.#link.request('RequestAttachUserData', { ThisDN: dn, ConnID, UserData: listOf(data) });
  }

  /** Resolves when the target has answered. */
  async consult(dn: string, to: string): Promise<void> {
    const ConnID = this.#connId(dn, 'first');
    await this.#link.request('RequestInitiateTransfer', { ThisDN: dn, ConnID, OtherDN: to });
  }

  async completeTransfer(dn: string): Promise<void> {
    await this.#link.request('RequestCompleteTransfer', { ThisDN: dn, ConnID: this.#connId(dn, 'consult') });
  }

  close(): void {
    this.#link.close();
  }

  #connId(dn: string, which: 'first' | 'consult'): string {
    const calls = [...this.#sipServer.calls.values()].filter(({ parties }) => parties.some((party) => party.dn === dn));
    const call = calls.find(({ about }) => (about !== undefined) === (which === 'consult'));
    if (!call) throw new TwinreelError('scenario-impossible', `DN ${dn} has no ${which} call`);
    return call.connId;
  }
}
