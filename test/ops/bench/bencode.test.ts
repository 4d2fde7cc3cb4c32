import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bencoded, decodeBencode, encodeBencode } from '../../../ops/bench/bencode.ts';

const { value } = fc.letrec<{ value: Bencoded }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
}));

describe('bencode', () => {
  it('is what rtpengine writes', () => {
    expect(encodeBencode({ command: 'ping', list: ['ä', -3] })).toBe('d7:command4:ping4:listl2:äi-3eee');
    expect(decodeBencode(Buffer.from('d6:result4:ponge'))).toEqual({ result: 'pong' });
  });

  it('comes back as it went', () => {
    const back = (one: Bencoded) => decodeBencode(Buffer.from(encodeBencode(one)));
    fc.assert(
      fc.property(value, (one) => void expect(back(one)).toEqual(one)),
      { seed: 7, numRuns: 200 },
    );
  });

  it.each(['', 'i1', 'ie', 'l', 'd1:ae', 'di1ei2ee', '5:abc', '-1:', 'i1ei2e', 'x'])('takes no %j', (text) => {
    expect(decodeBencode(Buffer.from(text))).toBeUndefined();
  });
});
