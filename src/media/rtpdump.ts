// rtpdump files, the format of rtptools: a line of text, a header, then every packet with its time. All numbers big-endian.
//
//   #!rtpplay1.0 ADDRESS/PORT\n
//   | start seconds (4) | start microseconds (4) | source address (4) | port (2) | 0 (2) |          RD_hdr_t
//   | length of this entry (2) | RTP length, 0 for RTCP (2) | milliseconds since start (4) | packet   RD_packet_t

import { TwinreelError } from '#src/errors';
import { isRtcp } from '#src/media/rtp';
import { type CapturedPacket, type Endpoint, inPieces, ipv4Bytes, ipv4Text } from './captured-packet.ts';

/** Writes packets in the order given; the file bears the destination of the first. Ports and addresses of others are lost. */
export function writeRtpdump(
  packets: Iterable<CapturedPacket> | AsyncIterable<CapturedPacket>,
): AsyncGenerator<Buffer> {
  return inPieces(entries(packets));
}

/** A file of packets read whole. */
export interface Rtpdump {
  readonly address: Endpoint;
  readonly startUs: number;
  readonly packets: readonly { readonly offsetMs: number; readonly bytes: Buffer; readonly rtcp: boolean }[];
}

/** Reads a file; throws `rtpdump-unreadable` at a false header, and stops before an entry that runs over the end. */
export function readRtpdump(file: Buffer): Rtpdump {
  const line = /^#!rtpplay1\.0 [^\n]{0,100}\n/.exec(file.toString('latin1', 0, 128))?.[0];
  if (!line || file.length < line.length + headerBytes) {
    throw new TwinreelError('rtpdump-unreadable', 'no rtpdump file: it does not begin with "#!rtpplay1.0 "');
  }
  const header = file.subarray(line.length, line.length + headerBytes);
  const packets: Rtpdump['packets'][number][] = [];
  for (let at = line.length + headerBytes; at + entryBytes <= file.length; ) {
    const end = at + file.readUInt16BE(at);
    if (end < at + entryBytes || end > file.length) break;
    const rtcp = file.readUInt16BE(at + 2) === 0;
    packets.push({ offsetMs: file.readUInt32BE(at + 4), bytes: file.subarray(at + entryBytes, end), rtcp });
    at = end;
  }
  return {
    address: { address: ipv4Text(header, 8), port: header.readUInt16BE(12) },
    startUs: header.readUInt32BE(0) * 1e6 + header.readUInt32BE(4),
    packets,
  };
}

const headerBytes = 16;
const entryBytes = 8;
const nowhere: Endpoint = { address: '0.0.0.0', port: 0 };

async function* entries(packets: Iterable<CapturedPacket> | AsyncIterable<CapturedPacket>): AsyncGenerator<Buffer> {
  let startUs: number | undefined;
  for await (const { arrivalUs, bytes, to } of packets) {
    if (startUs === undefined) {
      startUs = arrivalUs;
      yield fileHeader(startUs, to);
    }
    const entry = Buffer.allocUnsafe(entryBytes);
    entry.writeUInt16BE(entryBytes + bytes.length, 0);
    entry.writeUInt16BE(isRtcp(bytes) ? 0 : bytes.length, 2);
    entry.writeUInt32BE(Math.max(0, Math.round((arrivalUs - startUs) / 1000)), 4);
    yield entry;
    yield bytes;
  }
  if (startUs === undefined) yield fileHeader(0, nowhere);
}

function fileHeader(startUs: number, { address, port }: Endpoint): Buffer {
  const line = Buffer.from(`#!rtpplay1.0 ${address}/${port}\n`, 'latin1');
  const header = Buffer.alloc(headerBytes);
  const us = Math.round(startUs);
  header.writeUInt32BE(Math.floor(us / 1e6), 0);
  header.writeUInt32BE(us % 1e6, 4);
  header.set(ipv4Bytes(address), 8);
  header.writeUInt16BE(port, 12);
  return Buffer.concat([line, header]);
}
