// Puts an edge together: transports on one side, the application server on the other, the switchboard between. May be
// started several times in one process.

import type { KeyObject } from 'node:crypto';
import { messageOf } from '#src/errors';
import type { Clock, Random } from '#src/ports';
import { openListeners } from '#src/sip';
import { openApplicationServer } from './application-server.io.ts';
import { measureBusyShare } from './busy-share.io.ts';
import type { EdgeCounters } from './counters.ts';
import type { DatagramAccess } from './datagrams.io.ts';
import { DialogJournal } from './dialog-journal.io.ts';
import { type EdgeLimits, edgeLimits } from './limits.ts';
import type { Resolver } from './names.ts';
import { systemResolver } from './resolver.io.ts';
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
  /** What an operator must see: calls would not survive a crash, or some did not. */
  readonly alarm?: (message: string) => void;
  readonly limits?: Partial<EdgeLimits>;
  /** Where calls are kept, so that a killed edge's successor goes on with them; without it they end with the process. */
  readonly journal?: { readonly folder: string; readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  /** How UDP over IPv4 is read and written many datagrams at a time; without it Node does it one by one, which costs more. */
  readonly datagrams?: DatagramAccess;
  /** Who knows the addresses of host names; default the name servers of this machine. */
  readonly resolver?: Resolver;
}

/** A running edge. */
export interface Edge {
  /** The first listener. */
  readonly sip: { readonly address: string; readonly port: number };
  /** Every listener, in the order given. */
  readonly listeners: readonly { readonly transport: string; readonly address: string; readonly port: number }[];
  readonly application: { readonly host: string; readonly port: number };
  counters(): EdgeCounters;
  /** Stops at once: no BYE is sent, dialogs live on in the journal only, sockets are closed (given ones too). Idempotent. */
  close(): Promise<void>;
}

/** Starts an edge. Rejects when a socket cannot be opened (Node's `EADDRINUSE`, `EADDRNOTAVAIL`). */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { application, clock, random, resolver = systemResolver(), log = () => {} } = options;
  const limits = { ...edgeLimits, ...options.limits };
  const kept = await openJournal(options, log);
  const ledger = kept && { ledger: kept.journal };
  const { secret } = application;
  const busyShare = measureBusyShare();
  const switchboard = new Switchboard({ clock, random, secret, limits, ...ledger, resolver, busyShare, log });
  if (kept) switchboard.restore(kept.contents);
  const open = async (listener: ListenerOptions) => {
    const { transport } = listener;
    const opened =
      transport === 'udp'
        ? await openUdp(listener, switchboard, clock, options.datagrams)
        : await openStream(listener, { clock, limits, receiver: switchboard });
    return { opened, port: opened.local.port };
  };
  const abandon = async (error: unknown, transports: readonly Transport[] = []): Promise<never> => {
    switchboard.close();
    await Promise.all([closeAll(transports), kept?.journal.close()]);
    throw error;
  };
  const transports = await openListeners(options.listeners, open, ({ opened }) => opened.close()).then(
    (listeners) => listeners.map(({ opened }) => opened),
    (error: unknown) => abandon(error),
  );
  for (const transport of transports) switchboard.addTransport(transport);
  const server = await openApplicationServer({
    host: application.host,
    port: application.port,
    queueBytesMax: limits.queueBytesMax,
    connect: (link) => switchboard.connect(link),
    slow: () => switchboard.refused('application-slow'),
  }).catch((error: unknown) => abandon(error, transports));
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
        resolver.close();
        await Promise.all([closeAll(transports), server.close(), kept?.journal.close()]);
      })();
      return closing;
    },
  };
}

/** An edge without its journal still takes calls: recording goes on, and the alarm says what is at stake. */
async function openJournal(options: EdgeOptions, log: (line: string) => void) {
  const { journal, clock, random, alarm = log } = options;
  if (!journal) return undefined;
  try {
    const opened = await DialogJournal.open({ ...journal, clock, random, alarm });
    log(`edge: ${opened.contents.dialogs.length} calls taken up again`);
    return opened;
  } catch (error) {
    alarm(`calls would not survive a crash of this process: ${messageOf(error)}`);
    return undefined;
  }
}

async function closeAll(transports: readonly Transport[]): Promise<void> {
  await Promise.all(transports.map((one) => one.close()));
}
