// The server under test: an edge of ours in this process on a clock that stands still until told, or any drachtio-server
// named by DRACHTIO=host:port (application port), SIP=port (5060) and SECRET, in real time.

import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom, VirtualClock } from '#src/ports';
import { type EdgeCounters, type EdgeLimits, startEdge } from '#src/sip/edge';

export interface Server {
  readonly applicationPort: number;
  readonly sipPort: number;
  readonly secret: string;
  /** Undefined for a server that is not ours. */
  counters(): EdgeCounters | undefined;
  /** Lets time pass. */
  advance(durationMs: number): Promise<void>;
  close(): Promise<void>;
}

/** Whether the suite runs against our own edge. */
export const isOurs = process.env['DRACHTIO'] === undefined;

let seed = 1;

export async function openServer(limits: Partial<EdgeLimits> = {}): Promise<Server> {
  const address = process.env['DRACHTIO'];
  if (address !== undefined) {
    return {
      applicationPort: Number(address.split(':')[1] ?? 9022),
      sipPort: Number(process.env['SIP'] ?? 5060),
      secret: process.env['SECRET'] ?? 'cymru',
      counters: () => undefined,
      advance: (durationMs) => sleep(durationMs),
      close: async () => {},
    };
  }
  const clock = new VirtualClock();
  seed += 1;
  const secret = 'cymru';
  const edge = await startEdge({
    listeners: [
      { transport: 'udp', address: '127.0.0.1', port: 0 },
      { transport: 'tcp', address: '127.0.0.1', port: 0 },
    ],
    application: { host: '127.0.0.1', port: 0, secret },
    clock,
    random: seededRandom(seed),
    limits,
  });
  return {
    applicationPort: edge.application.port,
    sipPort: edge.sip.port,
    secret,
    counters: () => edge.counters(),
    advance: async (durationMs) => clock.advance(durationMs),
    close: () => edge.close(),
  };
}
