import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameReader } from '#src/frames';

describe('frame', () => {
  it('R-REC-6, R-REC-7, R-CTI-2: frames come out whole, however the bytes were cut', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 10 }), fc.integer({ min: 1, max: 50 }), (values, chunk) => {
        const bytes = Buffer.concat(values.map(encodeFrame));
        const reader = new FrameReader(65_536);
        const read: unknown[] = [];
        for (let at = 0; at < bytes.length; at += chunk) read.push(...reader.push(bytes.subarray(at, at + chunk)));
        expect(read).toEqual(values.map((value) => JSON.parse(JSON.stringify(value))));
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  it('R-REC-6, R-REC-7, R-CTI-2: a frame over the bound is refused before it is taken in, as is one that is no JSON', () => {
    const long = Buffer.alloc(4);
    long.writeUInt32BE(1_001);
    expect(() => new FrameReader(1_000).push(long)).toThrow('1001 bytes, at most 1000');
    expect(() => new FrameReader(1_000).push(Buffer.from('\0\0\0\x02{]'))).toThrow('not JSON: {]');
  });
});
