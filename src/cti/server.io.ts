// The server's end of T-Lib, for the lab and for tests: lets clients in, keeps who registered which DN, sends events to those,
// and hands every other request to a handler. What DNs do and how calls run is the handler's business.

import { TwinreelError } from '#src/errors';
import { type Clock, systemClock } from '#src/ports';
import {
  type Endpoint,
  type ServerTls,
  textOfEndpoint,
  type WireConnection,
  type WireLimits,
  WireListener,
} from '#src/wire';
import { type AttributesOf, type MessageOf, parseRequest, type TLibRequest } from './message.schema.ts';
import { eventOf } from './message.ts';
import type { EventName } from './messages.protocol.ts';
import { errorCodes } from './numbers.protocol.ts';
import { TLibClient } from './server-client.ts';

/** Why a request is refused: an EventError. */
export interface Refusal {
  readonly code: number;
  readonly text: string;
}

/** What a server does with what its clients ask. `undefined` means yes. */
export interface TLibHandler {
  /** A client introduces itself. */
  admit?(request: MessageOf<'RequestRegisterClient'>): Refusal | undefined;
  /** A client wants to hear of a DN. */
  mayRegister?(request: MessageOf<'RequestRegisterAddress'>, client: TLibClient): Refusal | undefined;
  /** Any other request: answer it with `client.answer`, `client.acknowledge` or `client.refuse`, now or later. */
  request(request: Exclude<TLibRequest, MessageOf<'RequestRegisterClient'>>, client: TLibClient): void;
  /** A client has gone. */
  left?(client: TLibClient): void;
}

export interface TLibServerOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly tls?: ServerTls;
  readonly handler: TLibHandler;
  /** For the log: malformed requests. */
  readonly fault?: (error: TwinreelError) => void;
  readonly limits?: WireLimits;
  readonly clock?: Clock;
}

export class TLibServer {
  readonly #handler: TLibHandler;
  readonly #fault: (error: TwinreelError) => void;
  readonly #clock: Clock;
  readonly #clients = new Set<TLibClient>();
  readonly #byDn = new Map<string, Set<TLibClient>>();
  #listener!: WireListener;
  #switchLink: 'EventLinkConnected' | 'EventLinkDisconnected' = 'EventLinkConnected';
  #sequence = 0;

  private constructor({ handler, fault = () => {}, clock = systemClock }: TLibServerOptions) {
    this.#handler = handler;
    this.#fault = fault;
    this.#clock = clock;
  }

  /** Listens. Rejects with what the system says. */
  static async listen(options: TLibServerOptions): Promise<TLibServer> {
    const { host, port, tls, limits, clock = systemClock } = options;
    const server = new TLibServer(options);
    const attend = (connection: WireConnection) => server.#attend(connection);
    const optional = { ...(tls && { tls }), ...(limits && { limits }) };
    server.#listener = await WireListener.listen({ host, port, clock, attend, ...optional });
    return server;
  }

  get endpoint(): Endpoint {
    return this.#listener.endpoint;
  }

  /** Those who have introduced themselves. */
  get clients(): readonly TLibClient[] {
    return [...this.#clients].filter(({ name }) => name !== undefined);
  }

  /** Sends an event to every client that registered its ThisDN; how many that are. Time and sequence number are put in. */
  publish<Name extends EventName>(message: Name, attributes: AttributesOf<Name>): number {
    const { ThisDN: dn } = attributes;
    const listening = dn === undefined ? undefined : this.#byDn.get(dn);
    return listening ? this.#sendAll(listening, message, attributes) : 0;
  }

  /** Sends an event to every client. */
  broadcast<Name extends EventName>(message: Name, attributes: AttributesOf<Name>): number {
    return this.#sendAll(this.clients, message, attributes);
  }

  /** The link to the switch is lost, or back; clients hear of it, and register anew when it is back. */
  setSwitchLink(state: 'connected' | 'disconnected'): void {
    this.#switchLink = state === 'connected' ? 'EventLinkConnected' : 'EventLinkDisconnected';
    for (const client of this.#clients) for (const dn of [...client.dns]) this.#forget(client, dn);
    this.broadcast(this.#switchLink, {});
  }

  /** Stops listening and cuts every client off, as if the process had been killed. */
  close(): Promise<void> {
    return this.#listener.close();
  }

  #sendAll<Name extends EventName>(
    clients: Iterable<TLibClient>,
    message: Name,
    attributes: AttributesOf<Name>,
  ): number {
    this.#sequence += 1;
    const nowMs = this.#clock.nowMs();
    const stamp = {
      TimeinSecs: Math.floor(nowMs / 1_000),
      TimeinuSecs: Math.floor((nowMs % 1_000) * 1_000),
      EventSequenceNumber: this.#sequence,
    };
    return TLibClient.sendAll(clients, eventOf(message, { ...stamp, ...attributes }));
  }

  #attend(connection: WireConnection): ReturnType<ConstructorParameters<typeof WireConnection>[1]> {
    const client = new TLibClient(connection);
    this.#clients.add(client);
    return {
      value: (value) => this.#take(client, value),
      unreadable: (fault) => this.#malformed(client, fault.message),
      closed: () => {
        this.#clients.delete(client);
        for (const dn of [...client.dns]) this.#forget(client, dn);
        if (client.name !== undefined) this.#handler.left?.(client);
      },
    };
  }

  #take(client: TLibClient, value: unknown): void {
    const request = parseRequest(value);
    if ('malformed' in request) {
      this.#malformed(client, request.malformed);
      const { reference } = request;
      if (reference !== undefined) client.refuseReference(reference, errorCodes.invalidAttribute, request.malformed);
      return;
    }
    if (request.message === 'RequestRegisterClient') this.#admit(client, request);
    else if (client.name === undefined) {
      client.refuse(request, errorCodes.notRegistered, 'RequestRegisterClient comes first');
    } else if (request.message === 'RequestRegisterAddress') this.#register(client, request);
    else if (request.message === 'RequestUnregisterAddress') {
      this.#forget(client, request.attributes.ThisDN);
      client.answer(request, 'EventUnregistered', { ThisDN: request.attributes.ThisDN });
    } else this.#handler.request(request, client);
  }

  #admit(client: TLibClient, request: MessageOf<'RequestRegisterClient'>): void {
    const refusal = this.#handler.admit?.(request);
    if (refusal) {
      client.refuse(request, refusal.code, refusal.text);
      client.close();
      return;
    }
    client.name = request.attributes.ApplicationName;
    client.answer(request, this.#switchLink, {});
  }

  #register(client: TLibClient, request: MessageOf<'RequestRegisterAddress'>): void {
    const { ThisDN: dn } = request.attributes;
    const refusal = this.#handler.mayRegister?.(request, client);
    if (refusal) {
      client.refuse(request, refusal.code, refusal.text);
      return;
    }
    const listening = this.#byDn.get(dn);
    if (listening) listening.add(client);
    else this.#byDn.set(dn, new Set([client]));
    client.dns.add(dn);
    client.answer(request, 'EventRegistered', { ThisDN: dn });
  }

  #forget(client: TLibClient, dn: string): void {
    const listening = this.#byDn.get(dn);
    listening?.delete(client);
    if (listening?.size === 0) this.#byDn.delete(dn);
    client.dns.delete(dn);
  }

  #malformed({ name, remote }: TLibClient, why: string): void {
    const from = `${name ?? 'a client without a name'} at ${textOfEndpoint(remote)}`;
    this.#fault(new TwinreelError('cti-message-malformed', `a request of ${from} is left out: ${why}`));
  }
}
