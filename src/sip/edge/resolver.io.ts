// Asks the name servers of this machine. Not the system's own look-up, which blocks a thread that the disk needs as well.

import { Resolver as NameServers } from 'node:dns/promises';
import type { Resolver } from './names.ts';

/** Node doubles what each attempt may take: 1 s, then another one. */
const answerMsMax = 500;
const attempts = 2;

/** A resolver that asks for A or AAAA records; gives up after about two seconds. Other `nameServers` as `address:port`. */
export function systemResolver(nameServers?: readonly string[]): Resolver {
  const servers = new NameServers({ timeout: answerMsMax, tries: attempts });
  if (nameServers) servers.setServers(nameServers);
  return {
    async resolve(host, family) {
      const asked = family === 4 ? servers.resolve4(host, { ttl: true }) : servers.resolve6(host, { ttl: true });
      // No such name, no such record, no answer: all the same to who wants to send something.
      const [first] = await asked.catch(() => []);
      return first && { address: first.address, ttlSeconds: first.ttl };
    },
    close: () => servers.cancel(),
  };
}
