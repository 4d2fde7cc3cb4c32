import { describe, expect, it } from 'vitest';
import { isLooseRouter, parseSipUri, transportOf } from '#src/sip';

describe('R-SIP-3: URIs', () => {
  it.each([
    ['sip:alice@atlanta.example', { user: 'alice', host: 'atlanta.example' }],
    ['sip:alice:secret@192.0.2.1:5070', { user: 'alice:secret', host: '192.0.2.1', port: 5_070 }],
    ['SIPS:[2001:db8::1]:5061;transport=tls', { scheme: 'sips', host: '[2001:db8::1]', port: 5_061 }],
    ['sip:record=a1b2@10.0.0.1;calluuid=3;dn=7001', { user: 'record=a1b2', host: '10.0.0.1' }],
    ['sip:a;b=c@host?Subject=x', { user: 'a;b=c', host: 'host' }],
    ['sip:alice%40example@host', { user: 'alice%40example' }],
    ['sip:host', { host: 'host' }],
  ])('%s', (text, parts) => {
    expect(parseSipUri(text)).toMatchObject(parts);
  });

  it.each([
    'sip:',
    'sip:@',
    'tel:+1',
    'sip:a@b:0',
    'sip:a@b:65536',
    'sip:a@b:x',
    'sip:a b@c',
    'sip:a@[::1',
    '<sip:a@b>',
    'http://a',
  ])('%s is none that can be sent to', (text) => {
    expect(parseSipUri(text)).toBeUndefined();
  });

  it('knows the transport it asks for, and loose routers', () => {
    const uri = (text: string) => parseSipUri(text)!;
    expect([uri('sip:a'), uri('sips:a'), uri('sip:a;transport=TCP')].map(transportOf)).toEqual(['udp', 'tls', 'tcp']);
    expect([uri('sip:a;lr'), uri('sip:a;lr=on'), uri('sip:a')].map(isLooseRouter)).toEqual([true, true, false]);
  });
});
