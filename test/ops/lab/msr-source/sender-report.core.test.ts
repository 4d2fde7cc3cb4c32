import { expect, it } from 'vitest';
import { isRtcp } from '#src/media';
import { senderReport } from '../../../../ops/lab/msr-source/sender-report.core.ts';

it('R-REC-3: a sender report and its name fill one compound packet (RFC 3550 §6.1)', () => {
  const atMs = Date.UTC(2026, 0, 1) + 500;
  const report = { ssrc: 0xcafe0001, atMs, timestamp: 4_000, packets: 25, payloadBytes: 4_000 };
  for (const canonicalName of ['a', 'ab', 'abc', 'abcd', 'msr-source@127.0.0.1']) {
    const bytes = senderReport({ ...report, canonicalName });
    expect(isRtcp(bytes)).toBe(true);
    expect([bytes[1], bytes.readUInt16BE(2), bytes.readUInt32BE(4)]).toEqual([200, 6, 0xcafe0001]);
    // 1 January 2026 is 3,976,214,400 s after 1 January 1900; half a second is the fraction's upper bit.
    expect([bytes.readUInt32BE(8), bytes.readUInt32BE(12)]).toEqual([3_976_214_400, 0x80000000]);
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes.readUInt32BE(24)]).toEqual([4_000, 25, 4_000]);
    expect([bytes[28], bytes[29], bytes.readUInt32BE(32)]).toEqual([0x81, 202, 0xcafe0001]);
    expect(bytes.length).toBe(28 + 4 * (bytes.readUInt16BE(30) + 1));
    expect(bytes.toString('utf8', 38, 38 + bytes[37]!)).toBe(canonicalName);
    expect(bytes[38 + bytes[37]!]).toBe(0);
  }
});
