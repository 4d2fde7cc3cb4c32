// Which of our transports leads to a place.

import { parseSipUri, type SipUri, transportOf } from '#src/sip';
import type { Names } from './names.ts';
import { type Endpoint, type Flow, hostPortOf, type Transport } from './transport.ts';

/** Why there is no way to where a URI points. */
export interface NoWay {
  readonly reason: string;
  /** The URI is right, but nobody knows its host: what was to be sent is answered with 503 (RFC 3263 §4.3). */
  readonly isUnknownName: boolean;
}

/** Finds the way to where a URI points: at once for addresses and names that are known, later for other names. */
export function findWay(
  { transports, names }: { readonly transports: readonly Transport[]; readonly names: Names },
  uri: string,
  found: (way: Flow | NoWay) => void,
): void {
  const target = parseSipUri(uri);
  if (!target) {
    found(refused(`not a SIP URI: ${uri}`));
    return;
  }
  const protocol = transportOf(target);
  const reached = (address: string) =>
    wayTo(transports, protocol, { address, port: target.port ?? defaultPortOf(protocol) });
  const address = addressOf(target);
  const able = transports.filter((one) => one.protocol === protocol);
  if (address || able.length === 0) {
    found(reached(address ?? ''));
    return;
  }
  const family = able.some(({ local }) => !local.address.includes(':')) ? 4 : 6;
  names.find(target.host, family, (looked) => {
    if (looked !== undefined) found(reached(looked));
    else found({ reason: `unable to resolve ${target.host}`, isUnknownName: true });
  });
}

function wayTo(transports: readonly Transport[], protocol: string, remote: Endpoint): Flow | NoWay {
  const transport = transportTo(transports, protocol, remote);
  if (!transport) return refused(`transport ${protocol} is not configured`);
  const isOurselves = transports.some((one) => hostPortOf(one.local) === hostPortOf(remote));
  return isOurselves ? refused('can not send request to myself') : transport.flowTo(remote);
}

function refused(reason: string): NoWay {
  return { reason, isUnknownName: false };
}

/** The same place over TCP, for what is too large for UDP; undefined where TCP is not spoken here. */
export function overTcp(transports: readonly Transport[], { remote }: Flow): Flow | undefined {
  return transportTo(transports, 'tcp', remote)?.flowTo(remote);
}

/** The port a URI or a Via without one means (RFC 3261 §18.2.2, §19.1.2). */
export function defaultPortOf(protocol: string): number {
  return protocol === 'tls' ? 5061 : 5060;
}

/** The first that speaks the protocol and the address family, from loopback to loopback and from outside to outside if it can be. */
function transportTo(transports: readonly Transport[], protocol: string, remote: Endpoint): Transport | undefined {
  const able = transports.filter(
    (one) => one.protocol === protocol && one.local.address.includes(':') === remote.address.includes(':'),
  );
  return able.find((one) => isLoopback(one.local.address) === isLoopback(remote.address)) ?? able[0];
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

function addressOf({ host }: SipUri): string | undefined {
  if (host.toLowerCase() === 'localhost') return '127.0.0.1';
  if (host.startsWith('[')) return host.slice(1, -1);
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host)?.slice(1);
  return octets?.every((octet) => Number(octet) <= 255) ? host : undefined;
}
