import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress, tagOf } from '#src/sip';

describe('R-SIP-3: addresses', () => {
  it.each([
    ['"A. G. Bell" <sip:agb@bell-telephone.com> ;tag=a48s', '"A. G. Bell"', 'sip:agb@bell-telephone.com', 'a48s'],
    ['sip:+12125551212@server.example;tag=887s', '', 'sip:+12125551212@server.example', '887s'],
    ['Anonymous <sip:c8oqz84zk7z@privacy.example>;tag=hyh8', 'Anonymous', 'sip:c8oqz84zk7z@privacy.example', 'hyh8'],
    ['<sip:a@b;transport=tcp>', '', 'sip:a@b;transport=tcp', ''],
    ['"a<b\\">;tag=x" <sip:a@b>;TAG=y', '"a<b\\">;tag=x"', 'sip:a@b', 'y'],
    ['tel:+1234', '', 'tel:+1234', ''],
    ['<sip:a@b>;x="q;tag=no";tag=yes', '', 'sip:a@b', 'yes'],
  ])('%s', (text, display, uri, tag) => {
    const address = parseAddress(text)!;
    expect([address.display, address.uri, tagOf(address)]).toEqual([display, uri, tag]);
    expect(parseAddress(formatAddress(address))).toEqual(address);
  });

  it.each(['', '<sip:a@b', '<>', 'hello', '"Alice <sip:a@b>', '<sip:a@b> and more', '*', 'sip:'])(
    '"%s" is none',
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );
});
