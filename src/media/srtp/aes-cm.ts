// AES in counter mode and HMAC-SHA1 (RFC 3711 §4.1.1, §4.2.1), once for every packet: one cipher stays for the life of the
// keys and makes the key stream as the encryption of counters, which costs a fraction of a new cipher for each packet.
//
//   counter block:   | salt (14), XOR SSRC at 4, XOR index (48 bits) at 8 | block (2) |

import { type Cipher, createCipheriv, hash } from 'node:crypto';
import type { SessionKeys } from './session-keys.ts';

const blockBytes = 16;
const hashBlockBytes = 64;
const digestBytes = 20;
const datagramBytesMax = 65_536;

// One packet at a time: these are free again when a call returns.
const counters = Buffer.alloc(datagramBytesMax + blockBytes);
const inner = Buffer.alloc(hashBlockBytes + datagramBytesMax + 4);

export class AesCm {
  readonly #salt: Buffer;
  readonly #blocks: Cipher;
  readonly #innerPad: Buffer;
  readonly #outer: Buffer;

  constructor({ encryption, authentication, salt }: SessionKeys) {
    this.#salt = salt;
    this.#blocks = createCipheriv('aes-128-ecb', encryption, null).setAutoPadding(false);
    this.#innerPad = pad(authentication, 0x36, hashBlockBytes);
    this.#outer = pad(authentication, 0x5c, hashBlockBytes + digestBytes);
  }

  /** Whether the `tagBytes` from `tagAt` on are the tag of the first `length` bytes, `behind` (32 bits) taken for their end. */
  isAuthentic(packet: Buffer, length: number, behind: number | undefined, tagAt: number, tagBytes: number): boolean {
    this.#innerPad.copy(inner);
    packet.copy(inner, hashBlockBytes, 0, length);
    let end = hashBlockBytes + length;
    if (behind !== undefined) end = inner.writeUInt32BE(behind, end);
    hash('sha1', inner.subarray(0, end), 'buffer').copy(this.#outer, hashBlockBytes);
    const tag = hash('sha1', this.#outer, 'buffer');
    let differences = 0;
    for (let at = 0; at < tagBytes; at += 1) differences |= tag[at]! ^ packet[tagAt + at]!;
    return differences === 0;
  }

  /** Decrypts in place. `index` has 48 bits. */
  decrypt(packet: Buffer, from: number, to: number, ssrc: number, index: number): void {
    if (to <= from) return;
    const length = Math.ceil((to - from) / blockBytes) * blockBytes;
    this.#salt.copy(counters);
    xor32(counters, 4, ssrc);
    xor32(counters, 8, Math.floor(index / 0x10000));
    counters[12]! ^= (index >>> 8) & 0xff;
    counters[13]! ^= index & 0xff;
    counters[14] = counters[15] = 0;
    for (let at = blockBytes, block = 1; at < length; at += blockBytes, block += 1) {
      for (let byte = 0; byte < 14; byte += 1) counters[at + byte] = counters[byte]!;
      counters[at + 14] = block >> 8;
      counters[at + 15] = block & 0xff;
    }
    const stream = this.#blocks.update(counters.subarray(0, length));
    for (let at = from; at < to; at += 1) packet[at]! ^= stream[at - from]!;
  }
}

/** The two keys of HMAC (RFC 2104): the key, filled up with zeros, XOR a constant. */
function pad(key: Buffer, constant: number, bytes: number): Buffer {
  const padded = Buffer.alloc(bytes);
  for (let at = 0; at < hashBlockBytes; at += 1) padded[at] = (key[at] ?? 0) ^ constant;
  return padded;
}

function xor32(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32BE((bytes.readUInt32BE(at) ^ value) >>> 0, at);
}
