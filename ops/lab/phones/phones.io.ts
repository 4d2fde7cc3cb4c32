// The phones of a scenario: one place on the SIP network for all of them, told apart by the number that is called.

import { startEndpoint } from '#ops/lab/endpoint';
import { MediaSender } from '#ops/lab/msr-source';
import { type Clock, type Random, systemClock, systemRandom } from '#src/ports';
import { parseSipUri } from '#src/sip';
import { Phone, type PhoneOptions } from './phone.io.ts';

/** How to start phones. */
export interface PhonesOptions {
  /** Of their SIP and RTP sockets; default 127.0.0.1. */
  readonly address?: string;
  /** Of their SIP socket; default any free one. */
  readonly port?: number;
  /** Where they call a number: `host:port`. */
  readonly proxy?: string;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: (line: string) => void;
}

/** Running phones. */
export interface Phones {
  readonly sip: { readonly address: string; readonly port: number };
  /** A phone with this number; there is one of each, and the second time it is the same one. */
  phone(dn: string, options?: PhoneOptions): Phone;
  /** Packets the kernel refused to send; not 0 means that the ledgers claim too much. */
  readonly sendFailures: number;
  /** Are gone at once, as unplugged. */
  close(): Promise<void>;
}

/** Starts the place for them. Rejects with Node's `EADDRINUSE` or `EADDRNOTAVAIL` when the SIP port cannot be had. */
export async function startPhones(options: PhonesOptions = {}): Promise<Phones> {
  const { address = '127.0.0.1', port = 0, clock = systemClock, random = systemRandom, log = () => {} } = options;
  const endpoint = await startEndpoint({ address, port, clock, random, log });
  const sender = await MediaSender.open(address, clock);
  const phones = new Map<string, Phone>();
  const { agent, sip } = endpoint;
  const around = { agent, sender, random, log, proxy: options.proxy, place: `${sip.address}:${sip.port}` };
  agent.use('invite', (request, reply) => {
    const phone = phones.get(dnOf(request.uri));
    if (phone) phone.invited(request, reply);
    else reply.send(404);
  });
  // What a desktop asks for: the switch passes it on.
  agent.use('notify', (request, reply) => {
    const asks = request.get('Event')?.toLowerCase() === 'talk';
    reply.send(!asks ? 489 : phones.get(dnOf(request.uri))?.talk() ? 200 : 481);
  });
  agent.use('options', (_request, reply) => reply.send(200));
  return {
    sip,
    phone(dn, phoneOptions = {}) {
      const phone = phones.get(dn) ?? new Phone(dn, phoneOptions, around);
      phones.set(dn, phone);
      return phone;
    },
    get sendFailures() {
      return sender.failures;
    },
    async close() {
      await sender.close();
      await endpoint.close();
    },
  };
}

/** The number that is called, without `%41` escapes (RFC 3261 §19.1.2); '' for none. */
function dnOf(uri: string): string {
  try {
    return decodeURIComponent(parseSipUri(uri)?.user ?? '');
  } catch {
    return '';
  }
}
