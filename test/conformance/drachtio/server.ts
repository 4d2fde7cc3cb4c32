// The server under test: an edge of ours in this process, on a clock that stands still until told; or, in real time, whatever
// drachtio-server listens for applications at DRACHTIO=host:port and knows SECRET.

import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom, VirtualClock } from '#src/ports';
import { type EdgeCounters, type EdgeLimits, type Resolver, startEdge } from '#src/sip/edge';
import { datagramAccess } from '../../harness/datagrams.ts';
import { connect, newApplication } from './application.ts';

export interface Server {
  readonly host: string;
  readonly applicationPort: number;
  readonly sipPort: number;
  /** Where it takes SIP, `host:port`. */
  readonly at: string;
  readonly secret: string;
  /** Undefined for a server that is not in this process. */
  counters(): EdgeCounters | undefined;
  /** Lets time pass. */
  advance(durationMs: number): Promise<void>;
  close(): Promise<void>;
}

interface Elsewhere extends Pick<Server, 'host' | 'applicationPort' | 'sipPort' | 'secret'> {
  readonly version: string;
}

/** The server named by DRACHTIO; it tells itself where it takes SIP. */
export const elsewhere = await findServer(process.env['DRACHTIO'], process.env['SECRET'] ?? 'cymru');
/** Whether the server lives in this process: then its counters can be read, and time costs nothing. */
export const isHere = elsewhere === undefined;
/** Whether it is an edge of ours: what differences.md names is tested for these only. */
export const isOurs = elsewhere === undefined || elsewhere.version.endsWith('twinreel');

let seed = 1;

export async function openServer(
  limits: Partial<EdgeLimits> = {},
  resolver: Resolver = { resolve: async () => undefined, close: () => {} },
): Promise<Server> {
  if (elsewhere) {
    return {
      ...elsewhere,
      at: `${elsewhere.host}:${elsewhere.sipPort}`,
      counters: () => undefined,
      advance: (durationMs) => sleep(durationMs),
      close: async () => {},
    };
  }
  const clock = new VirtualClock();
  seed += 1;
  const secret = 'cymru';
  const host = '127.0.0.1';
  const edge = await startEdge({
    listeners: [
      { transport: 'udp', address: host, port: 0 },
      { transport: 'tcp', address: host, port: 0 },
    ],
    application: { host, port: 0, secret },
    clock,
    random: seededRandom(seed),
    limits,
    resolver,
    ...(datagramAccess && { datagrams: datagramAccess }),
  });
  return {
    host,
    applicationPort: edge.application.port,
    sipPort: edge.sip.port,
    at: `${host}:${edge.sip.port}`,
    secret,
    counters: () => edge.counters(),
    advance: async (durationMs) => clock.advance(durationMs),
    close: () => edge.close(),
  };
}

async function findServer(address: string | undefined, secret: string): Promise<Elsewhere | undefined> {
  if (address === undefined || address === '') return undefined;
  const [, applicationHost = '127.0.0.1', port = '9022'] = /^(.*?)(?::(\d+))?$/.exec(address) ?? [];
  const application = newApplication();
  const { hostPorts, version } = await connect(application, { host: applicationHost, port: Number(port), secret });
  application.disconnect();
  const [, host, sipPort] = /udp\/([\d.]+):(\d+)/.exec(hostPorts) ?? [];
  if (host === undefined) throw new Error(`no address for SIP over UDP in what ${address} says: ${hostPorts}`);
  return { host, applicationPort: Number(port), sipPort: Number(sipPort), secret, version };
}
