// Which of our transports leads to a place.

import { parseSipUri, type SipUri, transportOf } from '#src/sip';
import { type Endpoint, type Flow, hostPortOf, type Transport } from './transport.ts';

/** The way to where a URI points, or why there is none. Hosts are addresses: names are not looked up. */
export function flowTo(transports: readonly Transport[], uri: string): Flow | { readonly reason: string } {
  const target = parseSipUri(uri);
  if (!target) return { reason: `not a SIP URI: ${uri}` };
  const protocol = transportOf(target);
  const address = addressOf(target);
  if (!address) return { reason: `unable to resolve ${target.host}: only addresses are supported` };
  const remote = { address, port: target.port ?? defaultPortOf(protocol) };
  const transport = transportTo(transports, protocol, remote);
  if (!transport) return { reason: `transport ${protocol} is not configured` };
  if (transports.some((one) => hostPortOf(one.local) === hostPortOf(remote)))
    return { reason: 'can not send request to myself' };
  return transport.flowTo(remote);
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
