// What the parts of one edge share.

import type { Clock, Random } from '#src/ports';
import { parseSipUri, type SipUri, transportOf } from '#src/sip';
import type { Applications } from './applications.ts';
import type { Tally } from './counters.ts';
import type { Legs } from './legs.ts';
import type { EdgeLimits } from './limits.ts';
import type { Transactions } from './transactions.ts';
import { type Flow, hostPortOf, type Transport } from './transport.ts';

export interface EdgeContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: EdgeLimits;
  readonly tally: Tally;
  readonly transactions: Transactions;
  readonly legs: Legs;
  readonly applications: Applications;
  /** In order of preference. */
  readonly transports: readonly Transport[];
}

/** A token for tags and branches: 64 random bits. */
export function tokenOf(random: Random): string {
  return random.bytes(8).toString('hex');
}

/** The way to where a URI points, or why there is none. Hosts are addresses: names are not looked up. */
export function flowTo(transports: readonly Transport[], uri: string): Flow | { readonly reason: string } {
  const target = parseSipUri(uri);
  if (!target) return { reason: `not a SIP URI: ${uri}` };
  const wanted = transportOf(target);
  const transport = transports.find((one) => one.protocol === wanted);
  if (!transport) return { reason: `transport ${wanted} is not configured` };
  const address = addressOf(target);
  if (!address) return { reason: `unable to resolve ${target.host}: only addresses are supported` };
  const remote = { address, port: target.port ?? (target.scheme === 'sips' ? 5061 : 5060) };
  if (transports.some((one) => hostPortOf(one.local) === hostPortOf(remote)))
    return { reason: 'can not send request to myself' };
  return transport.flowTo(remote);
}

function addressOf({ host }: SipUri): string | undefined {
  if (host.toLowerCase() === 'localhost') return '127.0.0.1';
  if (host.startsWith('[')) return host.slice(1, -1);
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host)?.slice(1);
  return octets?.every((octet) => Number(octet) <= 255) ? host : undefined;
}
