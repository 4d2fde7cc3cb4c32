// What stands in the body of a block: records, one after the other, without padding.
//
//     0      1            4                8                        12
//     +------+------------+----------------+------------------------+---------
//     | kind | bytes, u24 | stream, u32    | µs after the block     | bytes …
//     |      |            | 0 = the writer | was opened, u32        |
//     +------+------------+----------------+------------------------+---------

import { TwinreelError } from '#src/errors';

/**
 * What a record holds: a packet as it came; a fact as JSON; `quarantined`: a packet that may not belong to the stream, with its
 * source; `withheld`: another record of which it is not known yet whether it may be read (withheld.ts).
 */
export type RecordKind = 'rtp' | 'rtcp' | 'fact' | 'quarantined' | 'withheld';

export interface JournalRecord {
  readonly kind: RecordKind;
  /** Number of the stream in this segment; 0 is the writer itself. */
  readonly stream: number;
  /** Arrival of the packet, or time of the fact: µs since 1970. */
  readonly atUs: number;
  /** A view into the block's body. */
  readonly bytes: Buffer;
}

/** Room in the block that is next to be written, for who puts its records together where they will stand. */
export interface JournalSpace {
  readonly body: Buffer;
  /** From here to the end of `body` it is free. */
  readonly at: number;
  /** What the times of records count from, µs since 1970; undefined: still to be chosen. */
  readonly openedAtUs: number | undefined;
}

export const recordHeaderBytes = 12;
export const recordBytesMax = 2 ** 24 - 1;

const codes: Readonly<Record<RecordKind, number>> = { rtp: 1, rtcp: 2, fact: 3, quarantined: 4, withheld: 5 };
const kinds: readonly (RecordKind | undefined)[] = [undefined, 'rtp', 'rtcp', 'fact', 'quarantined', 'withheld'];

/** The number of a kind on the disk. */
export function codeOfKind(kind: RecordKind): number {
  return codes[kind];
}

/** The kind of a number, or undefined when there is none. */
export function kindOfCode(code: number): RecordKind | undefined {
  return kinds[code];
}

/** Writes the head of a record at `at`; its bytes stand behind it, or will. */
export function writeRecordHeader(
  body: Buffer,
  at: number,
  kind: RecordKind,
  stream: number,
  afterUs: number,
  length: number,
): void {
  body.writeUInt32BE(((codes[kind] << 24) | length) >>> 0, at);
  body.writeUInt32BE(stream, at + 4);
  body.writeUInt32BE(Math.min(Math.max(0, Math.round(afterUs)), 0xffffffff), at + 8);
}

/** How many bytes a record takes, be it bytes or a text in UTF-8. */
export function recordLength(bytes: Uint8Array | string): number {
  return recordHeaderBytes + (typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length);
}

/** Writes one record of `length` bytes at `at`, which must leave room for it; returns the offset behind it. */
export function writeRecord(
  body: Buffer,
  at: number,
  kind: RecordKind,
  stream: number,
  afterUs: number,
  bytes: Uint8Array | string,
  length = recordLength(bytes),
): number {
  writeRecordHeader(body, at, kind, stream, afterUs, length - recordHeaderBytes);
  if (typeof bytes === 'string') body.write(bytes, at + recordHeaderBytes);
  else body.set(bytes, at + recordHeaderBytes);
  return at + length;
}

/** All records of a body, or undefined when it is not exactly `count` whole records. */
export function readRecords(body: Buffer, openedAtUs: number, count: number): JournalRecord[] | undefined {
  const records: JournalRecord[] = [];
  let at = 0;
  while (at < body.length) {
    if (at + recordHeaderBytes > body.length) return undefined;
    const kind = kinds[body[at]!];
    const end = at + recordHeaderBytes + body.readUIntBE(at + 1, 3);
    if (kind === undefined || end > body.length) return undefined;
    const atUs = openedAtUs + body.readUInt32BE(at + 8);
    records.push({ kind, stream: body.readUInt32BE(at + 4), atUs, bytes: body.subarray(at + recordHeaderBytes, end) });
    at = end;
  }
  return records.length === count ? records : undefined;
}

/** Why a record is refused. */
export function recordTooLarge(kind: RecordKind, bytes: number, bytesMax: number): TwinreelError {
  return new TwinreelError(
    'journal-record-too-large',
    `a ${kind} record takes ${bytes} bytes, at most ${bytesMax} are allowed`,
    {
      kind,
      bytes,
      bytesMax,
    },
  );
}
