import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildRtp,
  formatOf,
  isRtcp,
  isRtp,
  markerOf,
  parseRtp,
  payloadTypeOf,
  type RtpPacket,
  sequenceOf,
  ssrcOf,
  staticPayloadFormats,
  timestampOf,
} from '#src/media/rtp';

interface PeerPacket {
  readonly marker: number;
  readonly payloadType: number;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Buffer;
}
const peer = createRequire(import.meta.url)('rtp-parser') as {
  parseRtpPacket(bytes: Buffer): PeerPacket;
  parseRtpPayloadType(type: number): { name: string; clockRate?: number };
};

const runs = process.env['TWINREEL_FULL'] ? 20_000 : 500;
const bytesOf = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
const fieldsOf = fc.record({
  payloadType: fc.integer({ min: 0, max: 63 }),
  sequence: fc.integer({ min: 0, max: 0xffff }),
  timestamp: fc.integer({ min: 0, max: 0xffffffff }),
  ssrc: fc.integer({ min: 0, max: 0xffffffff }),
  marker: fc.boolean(),
});

describe('RTP header', () => {
  it('R-REC-3: what is built is parsed back: CSRC list, extension, padding', () => {
    const extras = fc.record({
      csrcs: fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 15 }),
      extension: fc.option(fc.record({ profile: fc.integer({ min: 0, max: 0xffff }), bytes: bytesOf(40) })),
      paddingBytes: fc.integer({ min: 0, max: 255 }),
    });
    fc.assert(
      fc.property(fieldsOf, extras, bytesOf(200), (fields, { extension, ...rest }, payload) => {
        const packet = buildRtp({ ...fields, ...rest, ...(extension && { extension }) }, payload);
        const parsed = parseRtp(packet) as RtpPacket;
        expect(parsed).toMatchObject({ ...fields, ...rest });
        expect(parsed.payload.equals(payload)).toBe(true);
        expect(parsed.extension?.profile).toBe(extension?.profile);
        if (extension)
          expect(parsed.extension?.bytes.subarray(0, extension.bytes.length).equals(extension.bytes)).toBe(true);
        expect(isRtp(packet)).toBe(true);
      }),
      { seed: 1, numRuns: runs },
    );
  });

  it('R-REC-3: agrees with rtp-parser where that is right: no CSRC list, extension or padding', () => {
    fc.assert(
      fc.property(fieldsOf, bytesOf(200), (fields, payload) => {
        const packet = buildRtp(fields, payload);
        const theirs = peer.parseRtpPacket(packet);
        const ours = parseRtp(packet) as RtpPacket;
        expect(theirs.marker === 1).toBe(ours.marker);
        expect(theirs.payloadType).toBe(ours.payloadType);
        expect(theirs.sequenceNumber).toBe(ours.sequence);
        expect(theirs.timestamp).toBe(ours.timestamp);
        expect(theirs.ssrc).toBe(ours.ssrc);
        expect(theirs.payload.equals(ours.payload)).toBe(true);
      }),
      { seed: 2, numRuns: runs },
    );
  });

  it('R-REC-3: reads in place at any offset what the full parser reads', () => {
    fc.assert(
      fc.property(fieldsOf, fc.integer({ min: 0, max: 40 }), (fields, offset) => {
        const block = Buffer.concat([Buffer.alloc(offset, 0xff), buildRtp(fields, Buffer.alloc(3))]);
        expect(isRtp(block, offset)).toBe(true);
        expect({
          marker: markerOf(block, offset),
          payloadType: payloadTypeOf(block, offset),
          sequence: sequenceOf(block, offset),
          timestamp: timestampOf(block, offset),
          ssrc: ssrcOf(block, offset),
        }).toEqual(fields);
      }),
      { seed: 3, numRuns: runs },
    );
  });

  it('R-REC-3: false lengths are problems, and no bytes whatever make it throw', () => {
    const packet = buildRtp({ payloadType: 0, sequence: 1, timestamp: 2, ssrc: 3 }, Buffer.alloc(8));
    const broken = (change: (bytes: Buffer) => void) => {
      const bytes = Buffer.from(packet);
      change(bytes);
      return parseRtp(bytes);
    };
    expect(parseRtp(packet.subarray(0, 11))).toBe('shorter than a header');
    expect(broken((bytes) => bytes.set([0x40], 0))).toBe('not version 2');
    expect(broken((bytes) => bytes.set([0x8f], 0))).toBe('CSRC list beyond the end');
    expect(broken((bytes) => bytes.set([0x90], 0) ?? bytes.set([0, 0, 0, 9], 12))).toBe('extension beyond the end');
    expect(broken((bytes) => bytes.set([0xa0], 0) ?? bytes.set([9], 19))).toBe('false padding length');
    expect(broken((bytes) => bytes.set([0xa0], 0) ?? bytes.set([0], 19))).toBe('false padding length');
    fc.assert(
      fc.property(bytesOf(80), (bytes) => {
        const parsed = parseRtp(bytes);
        if (typeof parsed === 'string') return;
        expect(parsed.payload.length).toBeLessThanOrEqual(bytes.length - 12);
      }),
      { seed: 4, numRuns: runs * 4 },
    );
  });

  it('R-REC-3: RTCP on the RTP port is told apart by its packet type', () => {
    expect(isRtcp(Buffer.from([0x80, 200, 0, 6]))).toBe(true);
    expect(isRtcp(Buffer.from([0x81, 207, 0, 6]))).toBe(true);
    expect(
      isRtcp(buildRtp({ payloadType: 0, marker: true, sequence: 0, timestamp: 0, ssrc: 0 }, Buffer.alloc(1))),
    ).toBe(false);
    expect(isRtp(Buffer.alloc(12, 0x80))).toBe(true);
    expect(isRtp(Buffer.concat([Buffer.from([0x80, 201, 0, 1]), Buffer.alloc(8)]))).toBe(false);
    expect(isRtcp(Buffer.alloc(0))).toBe(false);
  });
});

describe('payload types', () => {
  it('R-REC-1: the static table agrees with that of rtp-parser, but for 19, which gateways use for comfort noise', () => {
    for (const [type, format] of staticPayloadFormats) {
      if (type === 19) continue;
      expect(peer.parseRtpPayloadType(type)).toMatchObject({ name: format.codec, clockRate: format.clockRateHz });
    }
    expect([0, 8, 9, 18, 13, 19].map((type) => formatOf(type)?.codec)).toEqual([
      'PCMU',
      'PCMA',
      'G722',
      'G729',
      'CN',
      'CN',
    ]);
  });

  it('R-REC-1: a negotiated number wins, an unknown one stays unknown', () => {
    const negotiated = new Map([[111, { codec: 'OPUS', clockRateHz: 48000, channels: 2 }]]);
    expect(formatOf(111, negotiated)?.codec).toBe('OPUS');
    expect(formatOf(0, negotiated)?.codec).toBe('PCMU');
    expect(formatOf(96, negotiated)).toBeUndefined();
  });
});
