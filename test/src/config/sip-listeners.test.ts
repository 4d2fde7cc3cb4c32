import { describe, expect, it } from 'vitest';
import { parseConfig, sipListenersOf } from '#src/config';

const listenersOf = (text: string) =>
  sipListenersOf(parseConfig(`sip: {${text}}`, 'a.yaml').sip).map(
    ({ transport, address, port, advertisedAddress = '' }) =>
      `${transport} ${address} ${port} ${advertisedAddress}`.trim(),
  );

describe('R-SIP-3: places to listen at', () => {
  it.each([
    ['UDP and TCP by default', '', ['udp 127.0.0.1 5060', 'tcp 127.0.0.1 5060']],
    [
      'at another address, told to peers as a third one',
      'address: 0.0.0.0, port: 5070, advertisedAddress: 192.0.2.1',
      ['udp 0.0.0.0 5070 192.0.2.1', 'tcp 0.0.0.0 5070 192.0.2.1'],
    ],
    [
      'TLS with a certificate',
      'tlsCertificateFile: a, tlsKeyFile: b, tlsPort: 5081',
      ['udp 127.0.0.1 5060', 'tcp 127.0.0.1 5060', 'tls 127.0.0.1 5081'],
    ],
    [
      'further ones',
      "listeners: ['udp/192.0.2.7:5060', 'tcp/[2001:db8::1]:5062']",
      ['udp 127.0.0.1 5060', 'tcp 127.0.0.1 5060', 'udp 192.0.2.7 5060', 'tcp 2001:db8::1 5062'],
    ],
  ])('%s', (_, text, wanted) => expect(listenersOf(text)).toEqual(wanted));

  it.each([
    [
      'sctp/192.0.2.1:5060',
      'listeners: [sctp/192.0.2.1:5060]',
      'sip.listeners.0: "sctp/192.0.2.1:5060" is not allowed; transport/address:port',
    ],
    [
      'a certificate without its key',
      'tlsCertificateFile: a',
      'sip.tlsKeyFile: nothing is not allowed; a certificate and its key go together',
    ],
    [
      'TLS without a certificate',
      'listeners: [tls/192.0.2.1:5061]',
      'a tls listener needs tlsCertificateFile and tlsKeyFile',
    ],
  ])('%s is refused', (_, text, message) => expect(() => listenersOf(text)).toThrow(message));
});
