// Whatever fills a value, it is gone over a bounded number of times: whoever looks at each place of it from each other place
// would not be done with a megabyte before this test is given up. Messages are shorter, and 60 KB took seconds.

import { describe, expect, it } from 'vitest';
import { parseAddress, parseSipUri, parseVia, splitList } from '#src/sip';
import { numberOf } from '#src/sip/siprec';

const fillings = [' ', '\t', '\r\n ', '<', '>', '"', '\\', ';', ',', ':', '=', '/', 'a ', ' ;', '\u00a0'];
const readers: readonly (readonly [string, (filling: string) => unknown])[] = [
  ['a Via', (filling) => [parseVia(`SIP/2.0/UDP host${filling}x`), parseVia(`${filling}SIP / 2.0 / UDP${filling}x`)]],
  ['an address', (filling) => [parseAddress(`"${filling}<sip:a@b>`), parseAddress(`<sip:a@b>${filling}x`)]],
  ['a URI', (filling) => [parseSipUri(`sip:${filling}@b`), parseSipUri(`sip:a@b${filling}x`)]],
  ['a list', (filling) => splitList(`${filling}x${filling}`).length],
  ['an address of record', (filling) => [numberOf(filling), numberOf(`<${filling}`)]],
];

describe('R-SIP-3: what is read of a long value', () => {
  it.each(readers)('takes no longer for %s than its length', (_, read) => {
    for (const filling of fillings) expect(() => read(filling.repeat(1_000_000 / filling.length))).not.toThrow();
  });

  it('is a Via with blanks wherever they may stand', () => {
    const via = { transport: 'UDP', host: 'h', port: 5_060, parameters: [['branch', 'x']] };
    expect(parseVia(' SIP / 2.0 /\tudp   h : 5060 ;branch=x')).toMatchObject(via);
    expect(parseVia('SIP/2.0/UDP [2001:db8::1] ')).toMatchObject({ host: '[2001:db8::1]', parameters: [] });
    for (const none of ['SIP/2.0/UDP', 'SIP/2.0/UDP h x', 'SIP/2.0/UDP h:', 'SIP/2.0/UDP h:0', 'x SIP/2.0/UDP h'])
      expect(parseVia(none)).toBeUndefined();
  });
});
