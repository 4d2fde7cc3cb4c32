// Dials a server: a connected socket, or the reason why there is none. One attempt; when to try again is for the caller.

import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { messageOf } from '#src/errors';
import type { Clock } from '#src/ports';
import type { ClientTls, Endpoint } from './endpoint.ts';

export interface DialOptions {
  readonly endpoint: Endpoint;
  readonly tls?: ClientTls | undefined;
  readonly clock: Clock;
  /** How long connecting and shaking hands may take. */
  readonly connectMsMax: number;
}

/** How an attempt ends. */
export type Dialled = { readonly socket: Socket | TLSSocket } | { readonly failure: string };

/** Dials; `ended` hears of it once. The returned function gives up: then `ended` is not called. */
export function dial(
  { endpoint, tls, clock, connectMsMax }: DialOptions,
  ended: (dialled: Dialled) => void,
): () => void {
  let phase: 'dialling' | 'over' = 'dialling';
  const socket = tls ? connectTls({ ...endpoint, ...secretsOf(tls, endpoint) }) : connect(endpoint);
  const over = (dialled: Dialled | undefined) => {
    if (phase === 'over') return;
    phase = 'over';
    timeout.cancel();
    if (!dialled || 'failure' in dialled) socket.destroy();
    if (dialled) ended(dialled);
  };
  const timeout = clock.after(connectMsMax, () => over({ failure: `no connection within ${connectMsMax} ms` }));
  socket.once(tls ? 'secureConnect' : 'connect', () => over({ socket }));
  socket.on('error', (error) => over({ failure: messageOf(error) }));
  socket.once('close', () => over({ failure: 'closed while connecting' }));
  return () => over(undefined);
}

function secretsOf({ authorities, serverName, certificate, key }: ClientTls, { host }: Endpoint): object {
  return {
    ...(authorities !== undefined && { ca: authorities }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
    // Without a name of its own an address is compared with the addresses of the certificate.
    ...(serverName === undefined ? { host } : { servername: serverName }),
  };
}
