// From the section `sip` of a configuration to the places where SIP is listened for.

import type { SipListener } from '#src/sip';
import type { Config } from './config.schema.ts';

/** UDP and TCP at the one port, TLS where there is a certificate, then the further places. */
export function sipListenersOf({
  address,
  port,
  advertisedAddress,
  tlsPort,
  tlsCertificateFile,
  listeners,
}: Config['sip']): SipListener[] {
  const main = [
    { transport: 'udp' as const, address, port },
    { transport: 'tcp' as const, address, port },
    ...(tlsCertificateFile === undefined ? [] : [{ transport: 'tls' as const, address, port: tlsPort }]),
  ];
  return [
    ...main.map((one) => ({ ...one, ...(advertisedAddress !== undefined && { advertisedAddress }) })),
    ...listeners.map(listenerOf),
  ];
}

function listenerOf(text: string): SipListener {
  const [, transport, address = '', port] = /^(\w+)\/\[?([^\]]*?)\]?:(\d+)$/.exec(text) ?? [];
  return { transport: transport as SipListener['transport'], address, port: Number(port) };
}
