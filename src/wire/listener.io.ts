// The listening end of framed connections, over TCP or TLS. Bounded: who comes when it is full is turned away.

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Clock } from '#src/ports';
import { WireConnection, type WireLimits, type WireReceiver, wireLimits } from './connection.io.ts';
import type { Endpoint, ServerTls } from './endpoint.ts';

export interface WireListenerOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly tls?: ServerTls;
  readonly clock: Clock;
  readonly limits?: WireLimits;
  readonly connectionsMax?: number;
  /** Somebody has come; what is returned hears of it from then on. */
  readonly attend: (connection: WireConnection) => WireReceiver;
}

const handshakeMsMax = 10_000;

export class WireListener {
  /** Where it listens. */
  readonly endpoint: Endpoint;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    const { address, port } = server.address() as { address: string; port: number };
    this.#server = server;
    this.#sockets = sockets;
    this.endpoint = { host: address, port };
  }

  /** Listens. Rejects with what the system says, or with what is wrong with the certificate. */
  static async listen(options: WireListenerOptions): Promise<WireListener> {
    const { host, port, tls, connectionsMax = 1_000 } = options;
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      socket.on('error', () => {}); // 'close' follows
      if (sockets.size >= connectionsMax) {
        socket.destroy();
        return;
      }
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      if (secure) secure.emit('connection', socket);
      else attend(socket, options);
    });
    const secure = tls && createTlsServer({ ...secretsOf(tls), handshakeTimeout: handshakeMsMax });
    secure?.on('secureConnection', (socket) => attend(socket, options));
    secure?.on('tlsClientError', (_error, socket) => socket.destroy());
    server.listen(port, host);
    await once(server, 'listening');
    return new WireListener(server, sockets);
  }

  /** Stops listening and cuts every connection. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

function attend(socket: Socket, { attend, clock, limits = wireLimits }: WireListenerOptions): void {
  new WireConnection(socket, attend, clock, limits);
}

function secretsOf({ certificate: cert, key, authorities }: ServerTls): object {
  return authorities === undefined
    ? { cert, key }
    : { cert, key, ca: authorities, requestCert: true, rejectUnauthorized: true };
}
