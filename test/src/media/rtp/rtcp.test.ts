import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRtcp } from '#src/media/rtp';
import { bye, senderDescription, senderReport } from './rtcp-packets.ts';

describe('RTCP', () => {
  it('R-REC-3: a compound packet gives sender report, CNAME and BYE', () => {
    const ntpMs = Date.UTC(2026, 0, 1) + 500;
    const compound = Buffer.concat([
      senderReport({ ssrc: 7, ntpMs, rtpTimestamp: 160_000 }),
      senderDescription(7, 'mcp-1@192.0.2.1'),
      bye(7, 'done'),
    ]);
    expect(parseRtcp(compound)).toEqual({
      senderReports: [{ ssrc: 7, ntpMs, rtpTimestamp: 160_000, packets: 3, octets: 480 }],
      cnames: [{ ssrc: 7, cname: 'mcp-1@192.0.2.1' }],
      byes: [{ ssrcs: [7], reason: 'done' }],
      torn: false,
    });
  });

  it('R-REC-3: several chunks in one description, and what stands before a tear is kept', () => {
    const [first, second] = [senderDescription(1, 'abc'), senderDescription(2, 'abcdefg')];
    const both = Buffer.concat([first, second.subarray(4)]);
    both[0] = 0x82;
    both.writeUInt16BE(both.length / 4 - 1, 2);
    expect(parseRtcp(both).cnames).toEqual([
      { ssrc: 1, cname: 'abc' },
      { ssrc: 2, cname: 'abcdefg' },
    ]);
    const torn = parseRtcp(Buffer.concat([first, second.subarray(0, second.length - 1)]));
    expect(torn).toMatchObject({ cnames: [{ ssrc: 1, cname: 'abc' }], torn: true });
  });

  it('R-REC-3: the clock goes on in 2036, when its seconds begin again', () => {
    const report = senderReport({ ssrc: 1, ntpMs: 0, rtpTimestamp: 0 });
    report.writeUInt32BE(0, 8);
    expect(parseRtcp(report).senderReports[0]?.ntpMs).toBe(Date.UTC(2036, 1, 7, 6, 28, 16));
  });

  it('R-REC-3: no bytes make it throw', () => {
    const types = fc.constantFrom(200, 201, 202, 203, 204);
    const part = fc
      .tuple(types, fc.integer({ min: 0, max: 31 }), fc.uint8Array({ maxLength: 60 }))
      .map(([type, count, body]) => {
        const words = Math.ceil(body.length / 4);
        return Buffer.concat([
          Buffer.from([0x80 | count, type, 0, words]),
          body,
          Buffer.alloc(words * 4 - body.length),
        ]);
      });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), fc.integer({ min: 0, max: 8 }), (parts, cut) => {
        const bytes = Buffer.concat(parts);
        const parsed = parseRtcp(bytes.subarray(0, Math.max(0, bytes.length - cut)));
        expect(parsed.cnames.length).toBeLessThanOrEqual(bytes.length);
      }),
      { seed: 6, numRuns: process.env['TWINREEL_FULL'] ? 20_000 : 500 },
    );
  });
});
