// Puts an edge together: transports on one side, the application server on the other, the switchboard between. May be
// started several times in one process.

import type { Clock, Random } from '#src/ports';
import { openListeners } from '#src/sip';
import { openApplicationServer } from './application-server.io.ts';
import type { EdgeCounters } from './counters.ts';
import { type EdgeLimits, edgeLimits } from './limits.ts';
import { openStream, type StreamOptions, type TlsCredentials } from './stream.io.ts';
import { Switchboard } from './switchboard.ts';
import { hostPortOf, type Transport } from './transport.ts';
import { openUdp, type UdpOptions } from './udp.io.ts';

/** One SIP socket: already bound, perhaps by a parent process, or where to open one (port 0: any free). */
export type ListenerOptions =
  | ({ readonly transport: 'udp' } & UdpOptions)
  | ({ readonly transport: 'tcp' } & StreamOptions)
  | ({ readonly transport: 'tls'; readonly tls: TlsCredentials } & StreamOptions);

export interface EdgeOptions {
  /**
   * The SIP sockets, at least one. Requests to a peer leave by the first one that suits it. `advertisedAddress` is what
   * peers are told; default is the bound address, or for 0.0.0.0 the first of this machine.
   */
  readonly listeners: readonly ListenerOptions[];
  /** Where applications connect (drachtio protocol, port 0: any free) and what they must know. */
  readonly application: { readonly host: string; readonly port: number; readonly secret: string };
  readonly clock: Clock;
  readonly random: Random;
  /** One line per event an operator may want to see; never a secret. */
  readonly log?: (line: string) => void;
  readonly limits?: Partial<EdgeLimits>;
}

/** A running edge. */
export interface Edge {
  /** The first listener. */
  readonly sip: { readonly address: string; readonly port: number };
  /** Every listener, in the order given. */
  readonly listeners: readonly { readonly transport: string; readonly address: string; readonly port: number }[];
  readonly application: { readonly host: string; readonly port: number };
  counters(): EdgeCounters;
  /** Stops at once: no BYE is sent, dialogs are forgotten, sockets are closed (given ones too). Idempotent. */
  close(): Promise<void>;
}

/** Starts an edge. Rejects when a socket cannot be opened (Node's `EADDRINUSE`, `EADDRNOTAVAIL`). */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { application, clock, random, log = () => {} } = options;
  const limits = { ...edgeLimits, ...options.limits };
  const switchboard = new Switchboard({ clock, random, secret: application.secret, limits, log });
  const open = async (listener: ListenerOptions) => {
    const { transport } = listener;
    const opened =
      transport === 'udp'
        ? await openUdp(listener, switchboard)
        : await openStream(listener, { clock, limits, receiver: switchboard });
    return { opened, port: opened.local.port };
  };
  const transports = (await openListeners(options.listeners, open, ({ opened }) => opened.close())).map(
    ({ opened }) => opened,
  );
  for (const transport of transports) switchboard.addTransport(transport);
  const server = await openApplicationServer({
    host: application.host,
    port: application.port,
    queueBytesMax: limits.queueBytesMax,
    connect: (link) => switchboard.connect(link),
    slow: () => switchboard.refused('application-slow'),
  }).catch(async (error: unknown) => {
    await closeAll(transports);
    throw error;
  });
  const listeners = transports.map(({ protocol, local }) => ({ transport: protocol, ...local }));
  const places = listeners.map((one) => `${one.transport}/${hostPortOf(one)}`).join(', ');
  log(`edge: SIP on ${places}, applications on ${hostPortOf(server.local)}`);
  let closing: Promise<void> | undefined;
  return {
    sip: transports[0]!.local,
    listeners,
    application: { host: server.local.address, port: server.local.port },
    counters: () => switchboard.counters(),
    close: () => {
      closing ??= (async () => {
        switchboard.close();
        await Promise.all([closeAll(transports), server.close()]);
      })();
      return closing;
    },
  };
}

async function closeAll(transports: readonly Transport[]): Promise<void> {
  await Promise.all(transports.map((one) => one.close()));
}
