// Packets of the suite with AES-GCM (RFC 7714 §8, §9). What is not encrypted is authenticated along with what is.
//
//   SRTP:    | header, CSRCs, extension | encrypted payload | tag (16) | MKI |
//   SRTCP:   | 8 bytes | encrypted rest | tag (16) | E, index (32 bits) | MKI |
//   nonce:   | 0 (2) | SSRC (4) | index (6) | XOR salt

import { createDecipheriv } from 'node:crypto';
import { ssrcOf } from '#src/media/rtp';
import type { PacketCipher } from './packet-cipher.ts';
import type { SessionKeys } from './session-keys.ts';

const tagBytes = 16;
const nonceBytes = 12;
const controlHeaderBytes = 8;
const controlIndexBytes = 4;
const encryptedFlag = 0x80000000;

export class AesGcmPackets implements PacketCipher {
  readonly #keys: { readonly rtp: SessionKeys; readonly rtcp: SessionKeys };
  readonly #mki: Buffer;

  constructor(keys: { readonly rtp: SessionKeys; readonly rtcp: SessionKeys }, mki: Buffer) {
    this.#keys = keys;
    this.#mki = mki;
  }

  openRtp(packet: Buffer, bodyAt: number, index: number): number {
    const tagEnd = packet.length - this.#mki.length;
    const end = tagEnd - tagBytes;
    if (end < bodyAt || this.#mki.compare(packet, tagEnd) !== 0) return -1;
    const nonce = nonceOf(this.#keys.rtp, ssrcOf(packet), index);
    const sealed = packet.subarray(bodyAt, tagEnd);
    const opened = open(this.#keys.rtp, nonce, packet.subarray(0, bodyAt), sealed);
    opened?.copy(packet, bodyAt);
    return opened === undefined ? -1 : end;
  }

  openRtcp(packet: Buffer): number {
    const wordEnd = packet.length - this.#mki.length;
    const wordAt = wordEnd - controlIndexBytes;
    const end = wordAt - tagBytes;
    if (end < controlHeaderBytes || this.#mki.compare(packet, wordEnd) !== 0) return -1;
    const word = packet.readUInt32BE(wordAt);
    const nonce = nonceOf(this.#keys.rtcp, packet.readUInt32BE(4), word % encryptedFlag);
    // Whose E bit is not set is covered as a whole, and nothing of it encrypted.
    const bodyAt = word >= encryptedFlag ? controlHeaderBytes : end;
    const covered = Buffer.concat([packet.subarray(0, bodyAt), packet.subarray(wordAt, wordEnd)]);
    const opened = open(this.#keys.rtcp, nonce, covered, packet.subarray(bodyAt, wordAt));
    opened?.copy(packet, bodyAt);
    return opened === undefined ? -1 : end;
  }

  controlIndexOf(packet: Buffer): number {
    const at = packet.length - this.#mki.length - controlIndexBytes;
    return at < controlHeaderBytes ? -1 : packet.readUInt32BE(at) & 0x7fffffff;
  }
}

/** What was sealed, or undefined when any of it is not as it was. `sealed` ends with its tag. */
function open({ encryption }: SessionKeys, nonce: Buffer, covered: Buffer, sealed: Buffer): Buffer | undefined {
  const tagAt = sealed.length - tagBytes;
  const decipher = createDecipheriv('aes-128-gcm', encryption, nonce, { authTagLength: tagBytes });
  decipher.setAAD(covered).setAuthTag(sealed.subarray(tagAt));
  const opened = decipher.update(sealed.subarray(0, tagAt));
  const { stackTraceLimit } = Error;
  // Who sends rubbish should not make us trace a stack for each packet: that would cost several times the packet.
  Error.stackTraceLimit = 0;
  try {
    decipher.final();
    return opened;
  } catch {
    return undefined;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function nonceOf({ salt }: SessionKeys, ssrc: number, index: number): Buffer {
  const nonce = Buffer.alloc(nonceBytes);
  nonce.writeUInt32BE(ssrc, 2);
  nonce.writeUIntBE(index, 6, 6);
  for (let at = 0; at < nonceBytes; at += 1) nonce[at]! ^= salt[at]!;
  return nonce;
}
