// Packets of the suites with AES in counter mode and HMAC-SHA1 (RFC 3711 §3.1, §3.4).
//
//   SRTP:    | header, CSRCs, extension | encrypted payload | MKI | tag |          the tag covers all before the MKI, and the
//   SRTCP:   | 8 bytes | encrypted rest | E, index (32 bits) | MKI | tag |         upper 32 bits of the index of RTP

import { ssrcOf } from '#src/media/rtp';
import { AesCm } from './aes-cm.ts';
import type { PacketCipher } from './packet-cipher.ts';
import type { SessionKeys } from './session-keys.ts';

const controlHeaderBytes = 8;
const controlIndexBytes = 4;
const encryptedFlag = 0x80000000;

export class AesCmPackets implements PacketCipher {
  readonly #tagBytes: number;
  readonly #controlTagBytes: number;
  readonly #rtp: AesCm;
  readonly #rtcp: AesCm;
  readonly #mki: Buffer;

  constructor(
    lengths: { readonly tagBytes: number; readonly controlTagBytes: number },
    keys: { readonly rtp: SessionKeys; readonly rtcp: SessionKeys },
    mki: Buffer,
  ) {
    this.#tagBytes = lengths.tagBytes;
    this.#controlTagBytes = lengths.controlTagBytes;
    this.#rtp = new AesCm(keys.rtp);
    this.#rtcp = new AesCm(keys.rtcp);
    this.#mki = mki;
  }

  openRtp(packet: Buffer, bodyAt: number, index: number): number {
    const tagAt = packet.length - this.#tagBytes;
    const end = tagAt - this.#mki.length;
    if (end < bodyAt || this.#mki.compare(packet, end, tagAt) !== 0) return -1;
    const rounds = Math.floor(index / 0x10000);
    if (!this.#rtp.isAuthentic(packet, end, rounds, tagAt, this.#tagBytes)) return -1;
    this.#rtp.decrypt(packet, bodyAt, end, ssrcOf(packet), index);
    return end;
  }

  openRtcp(packet: Buffer): number {
    const tagAt = packet.length - this.#controlTagBytes;
    const indexEnd = tagAt - this.#mki.length;
    const end = indexEnd - controlIndexBytes;
    if (end < controlHeaderBytes || this.#mki.compare(packet, indexEnd, tagAt) !== 0) return -1;
    if (!this.#rtcp.isAuthentic(packet, indexEnd, undefined, tagAt, this.#controlTagBytes)) return -1;
    const word = packet.readUInt32BE(end);
    if (word >= encryptedFlag)
      this.#rtcp.decrypt(packet, controlHeaderBytes, end, packet.readUInt32BE(4), word - encryptedFlag);
    return end;
  }

  controlIndexOf(packet: Buffer): number {
    const at = packet.length - this.#controlTagBytes - this.#mki.length - controlIndexBytes;
    return at < controlHeaderBytes ? -1 : packet.readUInt32BE(at) & 0x7fffffff;
  }
}
