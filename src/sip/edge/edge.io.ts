// Puts an edge together: transports on one side, the application server on the other, the switchboard between. May be
// started several times in one process.

import type { Clock, Random } from '#src/ports';
import { openApplicationServer } from './application-server.io.ts';
import type { EdgeCounters } from './counters.ts';
import { type EdgeLimits, edgeLimits } from './limits.ts';
import { Switchboard } from './switchboard.ts';
import { openUdp, type UdpOptions } from './udp.io.ts';

export interface EdgeOptions {
  /**
   * The SIP socket: one already bound, perhaps by a parent process, or where to open one (port 0: any free).
   * `advertisedAddress` is what peers are told; default is the bound address, or for 0.0.0.0 the first of this machine.
   */
  readonly udp: UdpOptions;
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
  readonly sip: { readonly address: string; readonly port: number };
  readonly application: { readonly host: string; readonly port: number };
  counters(): EdgeCounters;
  /** Stops at once: no BYE is sent, dialogs are forgotten, sockets are closed (the given UDP socket too). Idempotent. */
  close(): Promise<void>;
}

/** Starts an edge. Rejects when a socket cannot be opened (Node's `EADDRINUSE`, `EADDRNOTAVAIL`). */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { application, clock, random, log = () => {} } = options;
  const limits = { ...edgeLimits, ...options.limits };
  const switchboard = new Switchboard({ clock, random, secret: application.secret, limits, log });
  const udp = await openUdp(options.udp, switchboard);
  switchboard.addTransport(udp);
  const server = await openApplicationServer({
    host: application.host,
    port: application.port,
    queueBytesMax: limits.queueBytesMax,
    connect: (link) => switchboard.connect(link),
    slow: () => switchboard.refused('application-slow'),
  }).catch(async (error: unknown) => {
    await udp.close();
    throw error;
  });
  log(
    `edge: SIP on udp ${udp.local.address}:${udp.local.port}, applications on ${server.local.address}:${server.local.port}`,
  );
  let closing: Promise<void> | undefined;
  return {
    sip: udp.local,
    application: { host: server.local.address, port: server.local.port },
    counters: () => switchboard.counters(),
    close: () => {
      closing ??= (async () => {
        switchboard.close();
        await Promise.all([udp.close(), server.close()]);
      })();
      return closing;
    },
  };
}
