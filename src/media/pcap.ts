// Classic pcap files: what Wireshark opens. Packets are written as raw IPv4 with headers made up from their endpoints, and
// read back from raw IPv4 or Ethernet. Nothing but UDP is looked at.
//
//   file:   | magic (4) | 2, 4 (2 + 2) | zone, accuracy (4 + 4) | longest packet (4) | link type (4) |
//   packet: | seconds (4) | microseconds (4) | bytes here (4) | bytes on the wire (4) | bytes |

import { TwinreelError } from '#src/errors';
import { type CapturedPacket, inPieces, ipv4Bytes, ipv4Text } from './captured-packet.ts';

/** Writes packets in the order given, in pieces. */
export function writePcap(packets: Iterable<CapturedPacket> | AsyncIterable<CapturedPacket>): AsyncGenerator<Buffer> {
  return inPieces(records(packets));
}

/** Every UDP datagram over IPv4 of a file; fragments and others are passed over. Throws `pcap-unreadable` at a false header. */
export function* readPcap(file: Buffer): Generator<CapturedPacket> {
  const kind = file.length >= fileHeaderBytes ? kinds.get(file.readUInt32BE(0)) : undefined;
  if (!kind)
    throw new TwinreelError(
      'pcap-unreadable',
      'no classic pcap file: its first four bytes are none of the four magics',
    );
  const number = (at: number) => (kind.bigEndian ? file.readUInt32BE(at) : file.readUInt32LE(at));
  const linkType = number(20) & 0xffff;
  if (linkType !== linkEthernet && linkType !== linkRaw) {
    const message = `link type ${linkType} is not read; allowed are ${linkEthernet} (Ethernet) and ${linkRaw} (raw IP)`;
    throw new TwinreelError('pcap-unreadable', message, { linkType });
  }
  for (let at = fileHeaderBytes; at + recordHeaderBytes <= file.length; ) {
    const arrivalUs = number(at) * 1e6 + number(at + 4) / kind.perUs;
    const end = at + recordHeaderBytes + number(at + 8);
    if (end > file.length) return;
    const frame = file.subarray(at + recordHeaderBytes, end);
    const packet = udpOf(linkType === linkEthernet ? ipOf(frame) : frame, arrivalUs);
    if (packet) yield packet;
    at = end;
  }
}

const fileHeaderBytes = 24;
const recordHeaderBytes = 16;
const headersBytes = 28;
const linkEthernet = 1;
const linkRaw = 101;
const kinds = new Map([
  [0xa1b2c3d4, { bigEndian: true, perUs: 1 }],
  [0xd4c3b2a1, { bigEndian: false, perUs: 1 }],
  [0xa1b23c4d, { bigEndian: true, perUs: 1000 }],
  [0x4d3cb2a1, { bigEndian: false, perUs: 1000 }],
]);

async function* records(packets: Iterable<CapturedPacket> | AsyncIterable<CapturedPacket>): AsyncGenerator<Buffer> {
  const header = Buffer.alloc(fileHeaderBytes);
  header.writeUInt32BE(0xd4c3b2a1, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262_144, 16);
  header.writeUInt32LE(linkRaw, 20);
  yield header;
  for await (const packet of packets) yield record(packet);
}

//  IPv4: | 4, 5 words | 0 | length (2) | id (2) | do not fragment (2) | TTL | 17 | checksum (2) | from (4) | to (4) |
//  UDP:  | from (2) | to (2) | length (2) | checksum (2) |
function record({ arrivalUs, bytes, from, to }: CapturedPacket): Buffer {
  const us = Math.round(arrivalUs);
  const length = headersBytes + bytes.length;
  const buffer = Buffer.alloc(recordHeaderBytes + length);
  buffer.writeUInt32LE(Math.floor(us / 1e6), 0);
  buffer.writeUInt32LE(us % 1e6, 4);
  buffer.writeUInt32LE(length, 8);
  buffer.writeUInt32LE(length, 12);
  const ip = buffer.subarray(recordHeaderBytes);
  ip.writeUInt16BE(0x4500, 0);
  ip.writeUInt16BE(length, 2);
  ip.writeUInt16BE(0x4000, 6);
  ip.writeUInt16BE(0x4011, 8);
  ip.set(ipv4Bytes(from.address), 12);
  ip.set(ipv4Bytes(to.address), 16);
  ip.writeUInt16BE(checksum(ip.subarray(0, 20), 0), 10);
  const udp = ip.subarray(20);
  udp.writeUInt16BE(from.port, 0);
  udp.writeUInt16BE(to.port, 2);
  udp.writeUInt16BE(udp.length, 4);
  udp.set(bytes, 8);
  // The pseudo header of RFC 768: both addresses, the protocol, the length. A sum of 0 is sent as all ones.
  udp.writeUInt16BE(checksum(udp, sumOf(ip.subarray(12, 20)) + 17 + udp.length) || 0xffff, 6);
  return buffer;
}

function sumOf(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  return bytes.length % 2 === 1 ? sum + (bytes[bytes.length - 1]! << 8) : sum;
}

/** One's complement of the one's complement sum (RFC 1071). */
function checksum(bytes: Buffer, sumBefore: number): number {
  let sum = sumBefore + sumOf(bytes);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** What an Ethernet frame carries, VLAN tags passed over; undefined when it is no IPv4. */
function ipOf(frame: Buffer): Buffer | undefined {
  let at = 12;
  while (at + 6 <= frame.length && (frame.readUInt16BE(at) === 0x8100 || frame.readUInt16BE(at) === 0x88a8)) at += 4;
  return at + 2 <= frame.length && frame.readUInt16BE(at) === 0x0800 ? frame.subarray(at + 2) : undefined;
}

function udpOf(ip: Buffer | undefined, arrivalUs: number): CapturedPacket | undefined {
  if (!ip || ip.length < headersBytes || ip[0]! >> 4 !== 4 || ip[9] !== 17) return undefined;
  const headerBytes = 4 * (ip[0]! & 0x0f);
  const isFragment = (ip.readUInt16BE(6) & 0x3fff) !== 0;
  if (isFragment || headerBytes < 20 || headerBytes + 8 > ip.length) return undefined;
  const end = headerBytes + ip.readUInt16BE(headerBytes + 4);
  if (end < headerBytes + 8 || end > ip.length) return undefined;
  return {
    arrivalUs,
    bytes: ip.subarray(headerBytes + 8, end),
    from: { address: ipv4Text(ip, 12), port: ip.readUInt16BE(headerBytes) },
    to: { address: ipv4Text(ip, 16), port: ip.readUInt16BE(headerBytes + 2) },
  };
}
