import { describe, expect, it } from 'vitest';
import { headerName, isKnownHeader, splitList } from '#src/sip';

describe('R-SIP-3: header names and lists', () => {
  it.each([
    ['v', 'Via'],
    ['X', 'Session-Expires'],
    ['cseq', 'CSeq'],
    ['WWW-AUTHENTICATE', 'WWW-Authenticate'],
    ['sip-etag', 'SIP-ETag'],
    ['x-ring', 'X-Ring'],
    ['X-GVP-id', 'X-GVP-id'],
  ])('%s is %s', (written, name) => {
    expect(headerName(written)).toBe(name);
  });

  it('knows which names are its own', () => {
    expect(['Retry-After', 'P-Asserted-Identity', 'X-Ring', 'Foo'].map(isKnownHeader)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it.each([
    ['a, b,c', ['a', 'b', 'c']],
    ['<sip:a,b@c>;x=1, <sip:d@e>', ['<sip:a,b@c>;x=1', '<sip:d@e>']],
    ['"a, b" <sip:c>, "d\\"," <sip:e>', ['"a, b" <sip:c>', '"d\\"," <sip:e>']],
    ['', []],
    [',,', []],
    ['"never closed, a', ['"never closed, a']],
  ])('splits %s', (value, items) => {
    expect(splitList(value)).toEqual(items);
  });
});
