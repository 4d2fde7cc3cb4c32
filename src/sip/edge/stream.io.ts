// SIP over TCP and TLS: a listening socket, the connections made to it, and those made from here. A connection serves both
// directions: responses go back on the one their request came on, requests use one that is there already (RFC 3261 §18).

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Clock } from '#src/ports';
import { reachableAddress, unmapped } from './reachable-address.io.ts';
import { StreamConnection } from './stream-connection.io.ts';
import { type Member, StreamCrowd } from './stream-crowd.ts';
import type { StreamLimits } from './stream-limits.ts';
import { type Endpoint, type Flow, hostPortOf, type Transport, type TransportReceiver } from './transport.ts';

/** What a TLS listener shows and asks for; the texts are PEM. */
export interface TlsCredentials {
  readonly certificate: string;
  readonly key: string;
  /** Who may sign the certificates of peers; absent: the authorities Node knows. */
  readonly authorities?: string;
  /** Whether those who connect must show a certificate of theirs. */
  readonly mutual: boolean;
}

/** The listening socket, a bound handle of a parent process (`unaccepted-listener.io.ts`), or where to open one (port 0: any free). */
export type StreamOptions = ({ readonly handle: object } | { readonly address: string; readonly port: number }) & {
  readonly advertisedAddress?: string;
};

/** Absent: plain TCP. */
interface Tls {
  readonly tls?: TlsCredentials;
}

export interface StreamContext {
  readonly clock: Clock;
  readonly limits: StreamLimits;
  readonly receiver: TransportReceiver;
}

/** How long a peer may take to shake hands. */
const handshakeMsMax = 10_000;
const backlogMax = 1_024;
/** Names one connection may have: of its far end, and what it said it may be reached as. */
const placesMax = 4;

/** Opens (or takes over) a listening socket. Rejects with what `listen` gives, or with what is wrong with the certificate. */
export async function openStream(options: StreamOptions & Tls, context: StreamContext): Promise<Transport> {
  const server = createServer();
  const secure = options.tls && createTlsServer({ ...secretsOf(options.tls), handshakeTimeout: handshakeMsMax });
  if ('handle' in options) server.listen(options.handle, backlogMax);
  else server.listen({ port: options.port, host: options.address, backlog: backlogMax });
  await once(server, 'listening');
  return new StreamTransport(server, secure, options, context);
}

class StreamTransport implements Transport {
  readonly queuedMs = 0;
  readonly protocol: 'tcp' | 'tls';
  readonly local: Endpoint;
  readonly #server: Server;
  readonly #bound: string;
  readonly #tls: TlsCredentials | undefined;
  readonly #context: StreamContext;
  /** Every socket, also those that shake hands. */
  readonly #sockets = new Set<Socket>();
  readonly #crowd: StreamCrowd;
  /** Those who connected, by their far end. */
  readonly #strangers = new Map<string, Member>();
  readonly #connections = new Set<StreamConnection>();
  /** The connection to a place: of its far end, or of what it said it may be reached as. */
  readonly #byPlace = new Map<string, StreamConnection>();

  constructor(server: Server, secure: Server | undefined, options: StreamOptions & Tls, context: StreamContext) {
    const { address, port } = server.address() as { address: string; port: number };
    this.protocol = options.tls ? 'tls' : 'tcp';
    this.local = { address: options.advertisedAddress ?? reachableAddress(address), port };
    this.#server = server;
    this.#bound = address;
    this.#tls = options.tls;
    this.#context = context;
    this.#crowd = new StreamCrowd(context.limits, (reason) => context.receiver.refused(reason));
    server.on('connection', (socket) => {
      if (!this.#admit(socket)) return;
      if (secure) secure.emit('connection', socket);
      else this.#attend(socket, 'open');
    });
    // A connection that broke before it was accepted; nothing to see to.
    server.on('error', () => context.receiver.refused('socket-error'));
    secure?.on('secureConnection', (socket) => this.#attend(socket, 'open'));
    secure?.on('tlsClientError', () => context.receiver.refused('tls-failed'));
  }

  flowTo(remote: Endpoint): Flow {
    const send: Flow['send'] = (bytes, failed) => {
      const connection = this.#connectionTo(remote);
      if (connection) connection.send(bytes, failed);
      else if (failed) queueMicrotask(() => failed('too many connections'));
    };
    return { protocol: this.protocol, isReliable: true, remote, local: this.local, send };
  }

  get connections(): number {
    return this.#crowd.size;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of [...this.#connections]) connection.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #connectionTo(remote: Endpoint): StreamConnection | undefined {
    return this.#byPlace.get(hostPortOf(remote)) ?? this.#connect(remote);
  }

  #connect(remote: Endpoint): StreamConnection | undefined {
    const { address: host, port } = remote;
    // Peers are to see the address they know us by.
    const isAny = this.#bound === '0.0.0.0' || this.#bound === '::';
    const place = { host, port, ...(!isAny && { localAddress: this.#bound }) };
    const tls = this.#tls;
    // Peers are called by address; only an authority of one's own makes a certificate without that address worth something.
    const identity = tls?.authorities === undefined ? {} : { checkServerIdentity: () => undefined };
    const socket = tls
      ? connectTls({ ...place, ...secretsOf(tls), ...identity, rejectUnauthorized: true })
      : connect(place);
    const member = this.#enter(socket, host, 'ours');
    if (!member) return undefined;
    const connection = this.#attend(socket, 'connecting', member, remote);
    socket.once(tls ? 'secureConnect' : 'connect', () => connection.connected());
    return connection;
  }

  #attend(
    socket: Socket | TLSSocket,
    phase: 'open' | 'connecting',
    member: Member | undefined = this.#strangers.get(hostPortOf(farEndOf(socket))),
    remote = farEndOf(socket),
  ): StreamConnection {
    const places = new Set<string>();
    const reachAs = (place: Endpoint) => {
      const key = hostPortOf(place);
      if (places.size >= placesMax || this.#byPlace.has(key)) return;
      places.add(key);
      this.#byPlace.set(key, connection);
    };
    const connection: StreamConnection = new StreamConnection(
      {
        ...this.#context,
        protocol: this.protocol,
        socket,
        remote,
        local: this.local,
        flowTo: (other) => this.flowTo(other),
        // Without a certificate nobody knows who speaks at the other end (RFC 5923 §8).
        serveAs: (place) => (!this.#tls || this.#tls.mutual) && reachAs(place),
        spoke: () => member && this.#crowd.spoke(member),
        holds: (bytes) => member && this.#crowd.holds(member, bytes),
        closed: () => {
          this.#connections.delete(connection);
          for (const place of places) if (this.#byPlace.get(place) === connection) this.#byPlace.delete(place);
        },
      },
      phase,
    );
    this.#connections.add(connection);
    reachAs(remote);
    return connection;
  }

  /** Whether a connection may stay; one over the bounds is closed without a word. */
  #admit(socket: Socket): boolean {
    const remote = farEndOf(socket);
    const member = remote.address === '' ? undefined : this.#enter(socket, remote.address, 'stranger');
    if (!member) return false;
    const place = hostPortOf(remote);
    this.#strangers.set(place, member);
    socket.once('close', () => {
      if (this.#strangers.get(place) === member) this.#strangers.delete(place);
    });
    return true;
  }

  /** Ends a socket for which there is no room. */
  #enter(socket: Socket, address: string, as: 'stranger' | 'ours'): Member | undefined {
    socket.on('error', () => socket.destroy());
    const member = { address, leave: () => void socket.destroy() };
    if (!this.#crowd.enter(member, as)) {
      socket.destroy();
      return undefined;
    }
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#crowd.left(member);
    });
    return member;
  }
}

function secretsOf({ certificate, key, authorities, mutual }: TlsCredentials) {
  return {
    cert: certificate,
    key,
    ...(authorities !== undefined && { ca: authorities }),
    requestCert: mutual,
    rejectUnauthorized: mutual,
    minVersion: 'TLSv1.2' as const,
  };
}

function farEndOf(socket: Socket): Endpoint {
  return { address: unmapped(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
}
