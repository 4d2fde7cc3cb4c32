// The first bytes of a segment file: who wrote it, when, and its key, wrapped to a public key.
//
//     0        4          6          8            12
//     +--------+----------+----------+------------+-----------------+----------------------------+
//     | "TRJS" | version  | reserved | n, u32     | n bytes of JSON | SHA-256 of all before it   |
//     +--------+----------+----------+------------+-----------------+----------------------------+
// Block 0 links to that digest, so the header is part of the chain.

import { createHash } from 'node:crypto';
import { digestBytes } from './block.ts';
import { parseSegmentHeader, type SegmentHeader } from './segment-header.schema.ts';

const magic = 0x54524a53;
const version = 1;
const prefixBytes = 12;

export const segmentHeaderBytesMax = 16_384;

/** The bytes of a header, and the digest block 0 links to. */
export function writeSegmentHeader(header: SegmentHeader): { bytes: Buffer; digest: Buffer } {
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(magic, 0);
  prefix.writeUInt16BE(version, 4);
  prefix.writeUInt32BE(json.length, 8);
  const digest = createHash('sha256').update(prefix).update(json).digest();
  return { bytes: Buffer.concat([prefix, json, digest]), digest };
}

/** Reads the header at the start of `bytes`; undefined when it is not whole, not ours, or altered. */
export function readSegmentHeader(
  bytes: Buffer,
): { header: SegmentHeader; digest: Buffer; headerBytes: number } | undefined {
  if (bytes.length < prefixBytes || bytes.readUInt32BE(0) !== magic || bytes.readUInt16BE(4) !== version)
    return undefined;
  const jsonEnd = prefixBytes + bytes.readUInt32BE(8);
  const headerBytes = jsonEnd + digestBytes;
  if (headerBytes > bytes.length) return undefined;
  const digest = createHash('sha256').update(bytes.subarray(0, jsonEnd)).digest();
  if (!digest.equals(bytes.subarray(jsonEnd, headerBytes))) return undefined;
  const header = parseSegmentHeader(JSON.parse(bytes.toString('utf8', prefixBytes, jsonEnd)));
  return header && { header, digest, headerBytes };
}
