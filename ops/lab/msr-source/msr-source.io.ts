// A stand-in for a media server that replicates calls to a recorder: its SIP end (an edge of its own), its packet sender,
// and the calls that are placed through them. It knows nothing of the recorder but its address.

import Srf from 'drachtio-srf';
import { type Clock, type Random, systemClock, systemRandom } from '#src/ports';
import { startEdge } from '#src/sip/edge';
import { MediaSender } from './media-sender.io.ts';
import { MsrCall, type MsrCallOptions } from './msr-call.io.ts';
import type { SipAgent } from './sip-agent.ts';

/** How to start a source. */
export interface MsrSourceOptions {
  /** Where INVITEs are sent. */
  readonly recorder: { readonly address: string; readonly port: number };
  /** Address of its own SIP and RTP sockets; default 127.0.0.1. */
  readonly address?: string;
  readonly clock?: Clock;
  /** Decides ids, SSRCs, first sequence numbers and timestamps. */
  readonly random?: Random;
}

/** A running source. */
export interface MsrSource {
  /** Places a call. The promises of the call say how it goes. */
  call(options: MsrCallOptions): MsrCall;
  /** Packets the kernel refused to send; not 0 means that the ledgers claim too much. */
  readonly sendFailures: number;
  /** Is gone at once, as after a crash: calls that are up are not ended, their audio just stops. */
  close(): Promise<void>;
}

/** Starts a source on free ports. */
export async function startMsrSource(options: MsrSourceOptions): Promise<MsrSource> {
  const { recorder, address = '127.0.0.1', clock = systemClock, random = systemRandom } = options;
  const secret = systemRandom.uuid();
  const edge = await startEdge({
    listeners: [{ transport: 'udp', address, port: 0 }],
    application: { host: '127.0.0.1', port: 0, secret },
    clock,
    random,
  });
  const sender = await MediaSender.open(address, clock);
  const agent = new Srf() as unknown as SipAgent;
  await connected(agent, { ...edge.application, secret });
  return {
    call: (call) => new MsrCall(call, { agent, sender, random, recorder }),
    get sendFailures() {
      return sender.failures;
    },
    async close() {
      agent.disconnect();
      await Promise.all([sender.close(), edge.close()]);
    },
  };
}

function connected(agent: SipAgent, edge: Parameters<SipAgent['connect']>[0]): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays attached: without a listener the library would end the process when the connection breaks.
    agent.on('error', reject);
    agent.on('connect', (error) => (error ? reject(error) : resolve()));
    agent.connect(edge);
  });
}
