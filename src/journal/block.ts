// The clear part of a block: its layout, its digest, its link to the block before. Never sees a key, so that a torn or
// altered journal shows without one.
//
//      0                   1                   2                   3
//      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//     +---------------------------------------------------------------+
//   0 |                        magic  "TRJB"                          |
//   4 |         version = 1           |   flags (bit 0 = last block)  |
//   8 |                 sequence in the segment, 64 bits              |
//  16 |        opened at, µs since 1970, 64 bits: base of records     |
//  24 |                 sealed at, µs since 1970, 64 bits             |
//  32 |            length of the sealed body, tag included            |
//  36 |                      number of records                        |
//  40 |    digest of the block before, 32 bytes (of the segment       |
//     |    header for block 0): the hash chain                        |
//  72 |    digest of this block, 32 bytes: SHA-256 of bytes 0 to 71   |
//     |    and the sealed body                                        |
// 104 |    sealed body: AES-256-GCM, nonce = sequence, bytes 0 to 71  |
//     |    as additional data, the tag last                           |
//     +---------------------------------------------------------------+
// All numbers are big-endian.

import { createHash } from 'node:crypto';

export const blockHeaderBytes = 104;
export const digestBytes = 32;
export const tagBytes = 16;
/** The part of the header that digest and seal cover. */
export const coveredBytes = 72;
/** A sealed body beyond this is damage, not data. */
export const sealedBytesMax = 16 * 2 ** 20 + tagBytes;

const magic = 0x54524a42;
const version = 1;
const lastFlag = 1;
const digestAt = coveredBytes;

export interface BlockHeader {
  readonly sequence: number;
  /** Writer closed the segment with this block: nothing is missing behind it. */
  readonly last: boolean;
  readonly openedAtUs: number;
  readonly sealedAtUs: number;
  readonly sealedBytes: number;
  readonly recordCount: number;
  readonly previousDigest: Buffer;
  readonly digest: Buffer;
}

/** Why a block does not verify. `end` is no damage: nothing was written here yet. */
export type BlockFault = 'end' | 'magic' | 'version' | 'sequence' | 'length' | 'chain';

/** Writes bytes 0 to 71; the digest follows with {@link finishBlockHeader} when the body is sealed. */
export function startBlockHeader(into: Buffer, header: Omit<BlockHeader, 'digest'>): void {
  into.writeUInt32BE(magic, 0);
  into.writeUInt16BE(version, 4);
  into.writeUInt16BE(header.last ? lastFlag : 0, 6);
  writeUint64(into, header.sequence, 8);
  writeUint64(into, header.openedAtUs, 16);
  writeUint64(into, header.sealedAtUs, 24);
  into.writeUInt32BE(header.sealedBytes, 32);
  into.writeUInt32BE(header.recordCount, 36);
  header.previousDigest.copy(into, 40);
}

/** Writes the digest and returns a copy of it, the link for the next block. */
export function finishBlockHeader(into: Buffer, sealed: readonly Uint8Array[]): Buffer {
  const digest = digestOf(into, sealed);
  digest.copy(into, digestAt);
  return digest;
}

/** Reads a header and checks what can be checked without the body. `bytes` holds at least {@link blockHeaderBytes}. */
export function readBlockHeader(
  bytes: Buffer,
  expected: { readonly sequence: number; readonly previousDigest?: Buffer | undefined },
): BlockHeader | BlockFault {
  if (bytes.readUInt32BE(0) !== magic) return isZero(bytes.subarray(0, blockHeaderBytes)) ? 'end' : 'magic';
  if (bytes.readUInt16BE(4) !== version) return 'version';
  const header: BlockHeader = {
    sequence: readUint64(bytes, 8),
    last: (bytes.readUInt16BE(6) & lastFlag) !== 0,
    openedAtUs: readUint64(bytes, 16),
    sealedAtUs: readUint64(bytes, 24),
    sealedBytes: bytes.readUInt32BE(32),
    recordCount: bytes.readUInt32BE(36),
    previousDigest: Buffer.from(bytes.subarray(40, 40 + digestBytes)),
    digest: Buffer.from(bytes.subarray(digestAt, digestAt + digestBytes)),
  };
  if (header.sequence !== expected.sequence) return 'sequence';
  if (header.sealedBytes < tagBytes || header.sealedBytes > sealedBytesMax) return 'length';
  if (expected.previousDigest && !header.previousDigest.equals(expected.previousDigest)) return 'chain';
  return header;
}

/** True when header and sealed body are as they were written. */
export function digestHolds(bytes: Buffer, sealed: Uint8Array): boolean {
  return digestOf(bytes, [sealed]).equals(bytes.subarray(digestAt, digestAt + digestBytes));
}

/** True when every byte is zero: pre-allocated, never written. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function digestOf(header: Buffer, sealed: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256').update(header.subarray(0, coveredBytes));
  for (const part of sealed) hash.update(part);
  return hash.digest();
}

// Times and sequences stay below 2^53, so two halves are exact, and BigInt would allocate in the hot path.
function writeUint64(into: Buffer, value: number, at: number): void {
  into.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  into.writeUInt32BE(value % 2 ** 32, at + 4);
}

function readUint64(from: Buffer, at: number): number {
  return from.readUInt32BE(at) * 2 ** 32 + from.readUInt32BE(at + 4);
}
