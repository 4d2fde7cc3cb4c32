import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '#src/errors';
import { FrameReader, frameOf } from '../../../../src/sip/edge/application-frame.ts';

describe('R-SIP-4: frames', () => {
  it('count bytes, with the leader and its message apart', () => {
    expect(frameOf('a|b').toString()).toBe('3#a|b');
    expect(frameOf('a|b', Buffer.from('Zoë')).toString()).toBe('9#a|b\r\nZoë');
  });

  it('come out as they went in, however the stream is cut', () => {
    const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 120 }), { maxLength: 8 });
    const cuts = fc.array(fc.nat({ max: 1_000 }), { maxLength: 12 });
    fc.assert(
      fc.property(payloads, cuts, (wanted, places) => {
        const stream = Buffer.concat(wanted.map((one) => Buffer.concat([Buffer.from(`${one.length}#`), one])));
        const reader = new FrameReader(99_999);
        const edges = [
          0,
          ...places.map((place) => Math.min(place, stream.length)).sort((a, b) => a - b),
          stream.length,
        ];
        const got = edges.slice(1).flatMap((end, index) => reader.push(stream.subarray(edges[index]!, end)));
        expect(got.map((one) => [...one])).toEqual(wanted.map((one) => [...one]));
      }),
      { seed: 9_022, numRuns: process.env['TWINREEL_FULL'] ? 4_000 : 200 },
    );
  });

  it.each(['x', '#', '12345x', '123456', '100000#', '-1#', ' 1#', '1 #', '0#', '00000#', '3\r\n#'])(
    '"%s" is none',
    (text) => {
      try {
        new FrameReader(99_999).push(Buffer.from(text));
        expect.unreachable();
      } catch (error) {
        expect(codeOf(error)).toBe('edge-frame-invalid');
      }
    },
  );

  it('are bounded', () => {
    expect(new FrameReader(10).push(Buffer.from('10#0123456789'))).toHaveLength(1);
    expect(() => new FrameReader(10).push(Buffer.from('11#'))).toThrow('frame of 11 bytes, 1 to 10 are allowed');
  });
});
