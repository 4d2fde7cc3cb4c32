// Records of which it is not known yet whether they may be read: sealed once more, under a key that is in no file. Once it
// may be known, the key becomes a fact of the journal; otherwise it is forgotten, and with it what it sealed.
//
//     0             8                12                                   12 + 1 + n
//     +-------------+----------------+------------------------------------+---------+
//     | id of the   | nonce, u32     | sealed: kind of the record (u8),   | tag,    |
//     | key, 64 bit |                | then its n bytes                   | 16 bytes|
//     +-------------+----------------+------------------------------------+---------+

import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '#src/ports';
import { codeOfKind, kindOfCode, type RecordKind } from './record.ts';

/** A key as it is kept outside of any file, and as the fact that releases its records writes it. Hex. */
export interface WithheldKey {
  readonly id: string;
  readonly key: string;
}

/** The fact that lets records be read: of any stream, as ids of keys never repeat. It comes after the records. */
export interface WithheldRelease {
  readonly fact: 'stream-released';
  readonly keys: readonly WithheldKey[];
}

const cipherName = 'aes-256-gcm';
const idBytes = 8;
const headBytes = 12;
const tagBytes = 16;
const nonceMax = 0xffffffff;

/** Withholds records, up to 2^32 of them, under a key of its own. */
export class Withholder {
  readonly #id: Buffer;
  readonly #key: Buffer;
  #nonce = 0;

  constructor(random: Random) {
    this.#id = random.bytes(idBytes);
    this.#key = random.bytes(32);
  }

  get key(): WithheldKey {
    return { id: this.#id.toString('hex'), key: this.#key.toString('hex') };
  }

  /** The bytes of a record of kind `withheld` that holds this one. */
  seal(kind: RecordKind, bytes: Uint8Array): Buffer {
    if (this.#nonce > nonceMax) throw new Error('a key has sealed as many records as its nonces allow');
    const record = Buffer.allocUnsafe(headBytes + 1 + bytes.length + tagBytes);
    this.#id.copy(record, 0);
    record.writeUInt32BE(this.#nonce, idBytes);
    this.#nonce += 1;
    const cipher = createCipheriv(cipherName, this.#key, nonceOf(record)).setAAD(this.#id);
    cipher.update(Buffer.of(codeOfKind(kind))).copy(record, headBytes);
    cipher.update(bytes).copy(record, headBytes + 1);
    cipher.final();
    cipher.getAuthTag().copy(record, headBytes + 1 + bytes.length);
    return record;
  }

  /** Overwrites the key. */
  forget(): void {
    this.#key.fill(0);
  }
}

/** The id of the key that a withheld record needs. */
export function keyIdOf(record: Buffer): string {
  return record.toString('hex', 0, idBytes);
}

/** The record inside, or undefined when this is not its key, or the record was altered. */
export function openWithheld(record: Buffer, key: WithheldKey): { kind: RecordKind; bytes: Buffer } | undefined {
  const tagAt = record.length - tagBytes;
  if (tagAt <= headBytes) return undefined;
  const decipher = createDecipheriv(cipherName, Buffer.from(key.key, 'hex'), nonceOf(record));
  decipher.setAAD(record.subarray(0, idBytes)).setAuthTag(record.subarray(tagAt));
  const opened = decipher.update(record.subarray(headBytes, tagAt));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  const kind = kindOfCode(opened[0]!);
  return kind && { kind, bytes: opened.subarray(1) };
}

function nonceOf(record: Buffer): Buffer {
  const nonce = Buffer.alloc(12);
  record.copy(nonce, 8, idBytes, headBytes);
  return nonce;
}
