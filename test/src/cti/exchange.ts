// A telephony server for tests: knows some DNs and their calls, lets in who has the password, and answers what a link asks.

import {
  type AttributesOf,
  addressInfoExtensions,
  agentStatuses,
  errorCodes,
  type TLibClient,
  type TLibRequest,
  TLibServer,
  type TLibServerOptions,
} from '#src/cti';

export interface Call {
  readonly partyState: number;
  readonly attributes: AttributesOf<'EventPartyInfo'>;
}

export class Exchange {
  /** Calls by DN; a DN that is not here is not configured, unless all are. */
  readonly calls = new Map<string, readonly Call[]>();
  readonly asked: string[] = [];
  readonly requests: TLibRequest[] = [];
  /** Requests under these names are not answered. */
  readonly silent = new Set<string>();
  knowsAll = false;
  /** Called when a call was told, in the same turn. */
  told: (dn: string) => void = () => {};
  server!: TLibServer;

  static async open(dns: readonly string[] | 'all', options: Partial<TLibServerOptions> = {}): Promise<Exchange> {
    const exchange = new Exchange();
    if (dns === 'all') exchange.knowsAll = true;
    else for (const dn of dns) exchange.calls.set(dn, []);
    exchange.server = await TLibServer.listen({
      host: '127.0.0.1',
      port: 0,
      handler: {
        admit: ({ attributes }) =>
          attributes.ApplicationPassword === 'callrec'
            ? undefined
            : { code: errorCodes.unknown, text: 'wrong password' },
        mayRegister: ({ attributes }) =>
          exchange.knowsAll || exchange.calls.has(attributes.ThisDN)
            ? undefined
            : { code: errorCodes.dnNotConfigured, text: 'DN is not configured' },
        request: (request, client) => exchange.#answer(request, client),
      },
      ...options,
    });
    return exchange;
  }

  #answer(request: TLibRequest, client: TLibClient): void {
    this.requests.push(request);
    this.asked.push(request.message);
    if (this.silent.has(request.message)) return;
    const { ThisDN: dn = '', ConnID: connId } = request.attributes;
    const calls = this.calls.get(dn) ?? [];
    if (request.message === 'RequestQueryAddress') {
      const parties = calls.map(({ partyState, attributes }) => ({ partyState, connId: attributes.ConnID }));
      const agent = { status: agentStatuses.ready, agentId: `agent-${dn}` };
      client.answer(request, 'EventAddressInfo', { ThisDN: dn, Extensions: addressInfoExtensions(agent, parties) });
    } else if (request.message === 'RequestQueryCall') {
      const call = calls.find(({ attributes }) => attributes.ConnID === connId);
      if (call) {
        client.answer(request, 'EventPartyInfo', call.attributes);
        this.told(dn);
      } else client.refuse(request, errorCodes.invalidConnId, 'no such call');
    } else if (request.message === 'RequestPrivateService') {
      client.acknowledge(request, { ThisDN: dn });
    } else {
      client.refuse(request, errorCodes.unsupported, 'not here');
    }
  }
}
