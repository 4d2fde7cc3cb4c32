// Seals RTP and RTCP (RFC 3711, RFC 7714), written straight from the RFCs with a new cipher for each packet: slow, and easy to
// compare with them. Must never be used by what records.

import { createCipheriv, createHmac } from 'node:crypto';

export interface SrtpSenderOptions {
  /** Name of the crypto suite as in SDP. */
  readonly suite: string;
  /** Master key with its salt behind it. */
  readonly keyAndSalt: Buffer;
  /** Master key identifier to put into each packet. */
  readonly mki?: Buffer;
}

interface Keys {
  readonly key: Buffer;
  readonly authentication: Buffer;
  readonly salt: Buffer;
}

const tagBytesOf: Readonly<Record<string, number>> = { AES_CM_128_HMAC_SHA1_80: 10, AES_CM_128_HMAC_SHA1_32: 4 };
const controlTagBytes = 10;

export class SrtpSender {
  readonly #tagBytes: number | undefined;
  readonly #mki: Buffer;
  readonly #rtp: Keys;
  readonly #rtcp: Keys;
  readonly #highest = new Map<number, number>();
  #controlIndex = 0;

  constructor({ suite, keyAndSalt, mki = Buffer.alloc(0) }: SrtpSenderOptions) {
    this.#tagBytes = tagBytesOf[suite];
    if (this.#tagBytes === undefined && suite !== 'AEAD_AES_128_GCM') throw new Error(`suite ${suite} is not known`);
    this.#mki = mki;
    this.#rtp = keysFrom(keyAndSalt, 0);
    this.#rtcp = keysFrom(keyAndSalt, 3);
  }

  /** Seals a packet that is sent in order, its number up to 32,767 from the one before: the wraps are counted. */
  seal(rtp: Buffer): Buffer {
    const ssrc = rtp.readUInt32BE(8);
    const sequence = rtp.readUInt16BE(2);
    const before = this.#highest.get(ssrc) ?? sequence;
    const index = before + ((((sequence - before) % 0x10000) + 0x18000) % 0x10000) - 0x8000;
    this.#highest.set(ssrc, Math.max(before, index));
    return this.sealAt(rtp, Math.floor(index / 0x10000));
  }

  /** Seals a packet whose numbers have gone round `rollover` times. */
  sealAt(rtp: Buffer, rollover: number): Buffer {
    const count = rtp[0]! & 15;
    const extension = (rtp[0]! & 16) === 0 ? 0 : 4 + 4 * rtp.readUInt16BE(12 + 4 * count + 2);
    const [header, payload] = split(rtp, 12 + 4 * count + extension);
    const ssrc = rtp.subarray(8, 12);
    const index = Buffer.alloc(6);
    index.writeUInt32BE(rollover, 0);
    rtp.copy(index, 4, 2, 4);
    if (this.#tagBytes === undefined) {
      const [sealed, tag] = gcm(this.#rtp, ssrc, index, header, payload);
      return Buffer.concat([header, sealed, tag, this.#mki]);
    }
    const sealed = Buffer.concat([header, counterMode(this.#rtp, ssrc, index, payload)]);
    const tag = hmac(this.#rtp, Buffer.concat([sealed, index.subarray(0, 4)])).subarray(0, this.#tagBytes);
    return Buffer.concat([sealed, this.#mki, tag]);
  }

  /** Seals RTCP; every packet has the next index. `encrypted` false: it is authenticated only. */
  sealControl(rtcp: Buffer, encrypted = true): Buffer {
    this.#controlIndex += 1;
    return this.sealControlAt(rtcp, this.#controlIndex, encrypted);
  }

  sealControlAt(rtcp: Buffer, index: number, encrypted = true): Buffer {
    const [header, rest] = split(rtcp, encrypted ? 8 : rtcp.length);
    const ssrc = rtcp.subarray(4, 8);
    const word = Buffer.alloc(4);
    word.writeUInt32BE(index + (encrypted ? 0x80000000 : 0), 0);
    const number = Buffer.alloc(6);
    number.writeUInt32BE(index, 2);
    if (this.#tagBytes === undefined) {
      const [sealed, tag] = gcm(this.#rtcp, ssrc, number, Buffer.concat([header, word]), rest);
      return Buffer.concat([header, sealed, tag, word, this.#mki]);
    }
    const sealed = Buffer.concat([header, counterMode(this.#rtcp, ssrc, number, rest), word]);
    return Buffer.concat([sealed, this.#mki, hmac(this.#rtcp, sealed).subarray(0, controlTagBytes)]);
  }
}

/** RFC 3711 §4.3: three keys, labelled one after the other. */
function keysFrom(keyAndSalt: Buffer, label: number): Keys {
  const [master, salt] = split(keyAndSalt, 16);
  const derive = (number: number, bytes: number) => {
    const block = Buffer.concat([salt, Buffer.alloc(16 - salt.length)]);
    block[7] = block[7]! ^ (label + number);
    return createCipheriv('aes-128-ctr', master, block).update(Buffer.alloc(bytes));
  };
  return { key: derive(0, 16), authentication: derive(1, 20), salt: derive(2, salt.length) };
}

/** RFC 3711 §4.1.1: the counter begins at (salt × 2^16) XOR (SSRC × 2^64) XOR (index × 2^16). */
function counterMode({ key, salt }: Keys, ssrc: Buffer, index: Buffer, clear: Buffer): Buffer {
  const block = xor(Buffer.concat([Buffer.alloc(4), ssrc, index, Buffer.alloc(2)]), salt);
  return createCipheriv('aes-128-ctr', key, block).update(clear);
}

/** RFC 7714 §8.1. */
function gcm({ key, salt }: Keys, ssrc: Buffer, index: Buffer, covered: Buffer, clear: Buffer): [Buffer, Buffer] {
  const nonce = xor(Buffer.concat([Buffer.alloc(2), ssrc, index]), salt);
  const cipher = createCipheriv('aes-128-gcm', key, nonce).setAAD(covered);
  const sealed = cipher.update(clear);
  cipher.final();
  return [sealed, cipher.getAuthTag()];
}

function hmac({ authentication }: Keys, bytes: Buffer): Buffer {
  return createHmac('sha1', authentication).update(bytes).digest();
}

function split(bytes: Buffer, at: number): [Buffer, Buffer] {
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

function xor(bytes: Buffer, mask: Buffer): Buffer {
  return bytes.map((byte, at) => byte ^ (mask[at] ?? 0)) as Buffer;
}
