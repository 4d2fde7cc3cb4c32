// An element of the lab on the SIP network: an edge of its own and the application connected to it. Knows nothing of calls.

import Srf from 'drachtio-srf';
import { type Clock, type Random, systemRandom } from '#src/ports';
import { startEdge } from '#src/sip/edge';
import type { EndpointAgent } from './agent.protocol.ts';

/** Where it is to be. */
export interface EndpointOptions {
  readonly address: string;
  /** UDP; 0 for any free one. */
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (line: string) => void;
}

/** A running element. */
export interface Endpoint {
  readonly sip: { readonly address: string; readonly port: number };
  readonly agent: EndpointAgent;
  /** Is gone at once: dialogs that stand are not ended. */
  close(): Promise<void>;
}

/** Starts one. Rejects with Node's `EADDRINUSE` or `EADDRNOTAVAIL` when the port cannot be had. */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { address, port, clock, random, log } = options;
  const secret = systemRandom.uuid();
  const edge = await startEdge({
    listeners: [{ transport: 'udp', address, port }],
    application: { host: '127.0.0.1', port: 0, secret },
    clock,
    random,
    log,
  });
  const agent = new Srf() as unknown as EndpointAgent;
  await new Promise<void>((resolve, reject) => {
    // Stays attached: without a listener the library would end the process when the connection breaks.
    agent.on('error', reject);
    agent.on('connect', (error) => (error ? reject(error) : resolve()));
    agent.connect({ ...edge.application, secret });
  });
  return {
    sip: edge.sip,
    agent,
    async close() {
      agent.disconnect();
      await edge.close();
    },
  };
}
