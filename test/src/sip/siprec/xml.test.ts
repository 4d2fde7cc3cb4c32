import { expect, it } from 'vitest';
import { attribute, parseXml } from '#src/sip/siprec';

it.each([
  ['blanks', ' '],
  ['empty lines', '\r\n'],
  ['zeros', '\0'],
])('a megabyte of %s is refused as fast as it is counted', (_, filling) => {
  // Anything that looks at each run of them from each of its places would take hours.
  expect(() => parseXml(`<a>${filling.repeat(1_000_000)}</a>`)).toThrow('at most 65536 are read');
});

it('blanks around a document do not matter, nor do zeros behind it', () => {
  expect(attribute(parseXml('\uFEFF\r\n <a b="c"/>\r\n\0\0 \0'), 'b')).toBe('c');
});

it('says what the document was about', () => {
  expect(() => parseXml('<a>', 'MSML')).toThrow(/^MSML: line 1/);
});
