// The addresses of sockets as peers know them.

import { networkInterfaces } from 'node:os';

/** An address peers can use: the bound one, or for "any address" the first of this machine that is not loopback. */
export function reachableAddress(bound: string): string {
  if (bound !== '0.0.0.0' && bound !== '::') return bound;
  const family = bound === '::' ? 'IPv6' : 'IPv4';
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  const outside = all.find((one) => !one.internal && one.family === family);
  return outside?.address ?? (family === 'IPv6' ? '::1' : '127.0.0.1');
}

/** An IPv4 address that a socket of both families gives as `::ffff:192.0.2.1`, as IPv4. */
export function unmapped(address: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice(7) : address;
}
