// The RTCP a sender adds to a stream: a sender report and its name (RFC 3550 §6.4.1, §6.5), as every compound packet needs.
//
//   SR  : V=2 P=0 RC=0 | PT=200 | length 6 | SSRC | NTP seconds | NTP fraction | RTP timestamp | packets | bytes
//   SDES: V=2 P=0 SC=1 | PT=202 | length   | SSRC | CNAME=1 | its length | its text | zeros up to 32 bits

/** What a stream has sent up to `atMs`, and the timestamp that belongs to that moment. */
export interface SenderReport {
  readonly ssrc: number;
  /** Wall clock, milliseconds since 1970. */
  readonly atMs: number;
  readonly timestamp: number;
  readonly packets: number;
  readonly payloadBytes: number;
  readonly canonicalName: string;
}

/** Seconds from 1900, where NTP begins, to 1970. */
const ntpEpochS = 2_208_988_800;

/** The compound packet of a report. */
export function senderReport(report: SenderReport): Buffer {
  const name = Buffer.from(report.canonicalName, 'utf8').subarray(0, 255);
  const sdesWords = 2 + Math.ceil((name.length + 3) / 4);
  const packet = Buffer.alloc(28 + 4 * sdesWords);
  const seconds = Math.floor(report.atMs / 1000);
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8(200, 1);
  packet.writeUInt16BE(6, 2);
  packet.writeUInt32BE(report.ssrc, 4);
  packet.writeUInt32BE((seconds + ntpEpochS) % 2 ** 32, 8);
  packet.writeUInt32BE(Math.floor((report.atMs / 1000 - seconds) * 2 ** 32), 12);
  packet.writeUInt32BE(report.timestamp, 16);
  packet.writeUInt32BE(report.packets % 2 ** 32, 20);
  packet.writeUInt32BE(report.payloadBytes % 2 ** 32, 24);
  packet.writeUInt8(0x81, 28);
  packet.writeUInt8(202, 29);
  packet.writeUInt16BE(sdesWords - 1, 30);
  packet.writeUInt32BE(report.ssrc, 32);
  packet.writeUInt8(1, 36);
  packet.writeUInt8(name.length, 37);
  packet.set(name, 38);
  return packet;
}
