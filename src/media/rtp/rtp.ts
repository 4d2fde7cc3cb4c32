// RTP headers (RFC 3550 §5.1): read in place on the way in, parsed in full off line.
// It must never throw on bytes from the network, and the in-place readers must never allocate.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                           timestamp                           |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                             SSRC                              |
//  +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
//  |                     CSRC (0 to 15 of them)                    |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |   X: extension profile        |   X: length in 32-bit words   |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |            … extension, payload, padding (P: its last byte    |
//  |            counts the padding, itself included)               |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

/** Length of the fixed header in bytes. */
export const rtpHeaderBytes = 12;

/** One RTP packet taken apart. `payload` and `extension.bytes` are views into the datagram, not copies. */
export interface RtpPacket {
  readonly marker: boolean;
  /** 0 to 127. */
  readonly payloadType: number;
  /** 16 bits, as sent. */
  readonly sequence: number;
  /** 32 bits, as sent, in units of the payload type's clock. */
  readonly timestamp: number;
  readonly ssrc: number;
  readonly csrcs: readonly number[];
  readonly extension: { readonly profile: number; readonly bytes: Buffer } | undefined;
  readonly payload: Buffer;
  /** Bytes of padding that were cut from the payload. */
  readonly paddingBytes: number;
}

/** Why a datagram is not an RTP packet whose payload can be trusted. */
export type RtpProblem =
  | 'shorter than a header'
  | 'not version 2'
  | 'CSRC list beyond the end'
  | 'extension beyond the end'
  | 'false padding length';

/** Parses one datagram; a false length is answered by a problem, never by a throw and never by a guess. */
export function parseRtp(bytes: Buffer): RtpPacket | RtpProblem {
  if (bytes.length < rtpHeaderBytes) return 'shorter than a header';
  const first = bytes[0]!;
  if (first >> 6 !== 2) return 'not version 2';
  let offset = rtpHeaderBytes + 4 * (first & 0x0f);
  if (offset > bytes.length) return 'CSRC list beyond the end';
  const csrcs = offset === rtpHeaderBytes ? noCsrcs : csrcsOf(bytes, offset);

  let extension: RtpPacket['extension'];
  if (first & 0x10) {
    if (offset + 4 > bytes.length) return 'extension beyond the end';
    const start = offset + 4;
    const end = start + 4 * bytes.readUInt16BE(offset + 2);
    if (end > bytes.length) return 'extension beyond the end';
    extension = { profile: bytes.readUInt16BE(offset), bytes: bytes.subarray(start, end) };
    offset = end;
  }

  let paddingBytes = 0;
  if (first & 0x20) {
    if (offset === bytes.length) return 'false padding length';
    paddingBytes = bytes[bytes.length - 1]!;
    if (paddingBytes === 0 || offset + paddingBytes > bytes.length) return 'false padding length';
  }

  return {
    marker: markerOf(bytes),
    payloadType: payloadTypeOf(bytes),
    sequence: sequenceOf(bytes),
    timestamp: timestampOf(bytes),
    ssrc: ssrcOf(bytes),
    csrcs,
    extension,
    payload: bytes.subarray(offset, bytes.length - paddingBytes),
    paddingBytes,
  };
}

const noCsrcs: readonly number[] = [];

function csrcsOf(bytes: Buffer, end: number): number[] {
  const csrcs: number[] = [];
  for (let at = rtpHeaderBytes; at < end; at += 4) csrcs.push(bytes.readUInt32BE(at));
  return csrcs;
}

/** True when the datagram has a fixed RTP header that the readers below may read, and is not RTCP. Allocates nothing. */
export function isRtp(bytes: Uint8Array, offset = 0, length = bytes.length - offset): boolean {
  return length >= rtpHeaderBytes && bytes[offset]! >> 6 === 2 && !isRtcp(bytes, offset, length);
}

/**
 * True for RTCP on a port that RTP shares: packet types 192 to 223, which an RTP sender that multiplexes
 * may not produce (payload types 64 to 95 with the marker, RFC 5761 §4). Allocates nothing.
 */
export function isRtcp(bytes: Uint8Array, offset = 0, length = bytes.length - offset): boolean {
  if (length < 4 || bytes[offset]! >> 6 !== 2) return false;
  const type = bytes[offset + 1]!;
  return type >= 192 && type <= 223;
}

/** The marker bit. The in-place readers want `isRtp` first. */
export function markerOf(bytes: Uint8Array, offset = 0): boolean {
  return bytes[offset + 1]! >= 0x80;
}

/** The payload type, 0 to 127. */
export function payloadTypeOf(bytes: Uint8Array, offset = 0): number {
  return bytes[offset + 1]! & 0x7f;
}

/** The sequence number, 16 bits. */
export function sequenceOf(bytes: Uint8Array, offset = 0): number {
  return (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
}

/** The timestamp, 32 bits unsigned. */
export function timestampOf(bytes: Uint8Array, offset = 0): number {
  return word(bytes, offset + 4);
}

/** The synchronisation source, 32 bits unsigned. */
export function ssrcOf(bytes: Uint8Array, offset = 0): number {
  return word(bytes, offset + 8);
}

/** What a sender puts into one packet. */
export interface RtpFields {
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly marker?: boolean;
  readonly csrcs?: readonly number[];
  /** Padded with zeros to a multiple of four bytes. */
  readonly extension?: { readonly profile: number; readonly bytes: Uint8Array };
  /** Padding to add, 0 to 255 bytes. */
  readonly paddingBytes?: number;
}

/** Builds one packet; sequence, timestamp and SSRC are taken modulo their width. */
export function buildRtp(fields: RtpFields, payload: Uint8Array): Buffer {
  const csrcs = fields.csrcs ?? [];
  const paddingBytes = fields.paddingBytes ?? 0;
  const extensionBytes = fields.extension ? 4 + 4 * Math.ceil(fields.extension.bytes.length / 4) : 0;
  const payloadAt = rtpHeaderBytes + 4 * csrcs.length + extensionBytes;
  const packet = Buffer.alloc(payloadAt + payload.length + paddingBytes);
  packet[0] = 0x80 | (paddingBytes ? 0x20 : 0) | (fields.extension ? 0x10 : 0) | csrcs.length;
  packet[1] = (fields.marker ? 0x80 : 0) | fields.payloadType;
  packet.writeUInt16BE(fields.sequence & 0xffff, 2);
  packet.writeUInt32BE(fields.timestamp >>> 0, 4);
  packet.writeUInt32BE(fields.ssrc >>> 0, 8);
  csrcs.forEach((csrc, index) => void packet.writeUInt32BE(csrc >>> 0, rtpHeaderBytes + 4 * index));
  if (fields.extension) {
    const at = rtpHeaderBytes + 4 * csrcs.length;
    packet.writeUInt16BE(fields.extension.profile, at);
    packet.writeUInt16BE(extensionBytes / 4 - 1, at + 2);
    packet.set(fields.extension.bytes, at + 4);
  }
  packet.set(payload, payloadAt);
  if (paddingBytes) packet[packet.length - 1] = paddingBytes;
  return packet;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
