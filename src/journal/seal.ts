// Keys and ciphers of the journal. A segment's key is drawn by its writer, wrapped to a public key at once, and never
// written in clear: the writer cannot read back what it wrote once it is gone.
//
// The wrap is RSA-OAEP with SHA-256 (RFC 8017 §7.1), 3072 bits: it is the unwrapping that key management services and
// hardware modules offer, so the private key can move into one later. It costs the writer 0.1 ms a segment.

import {
  constants,
  createCipheriv,
  createDecipheriv,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto';
import { tagBytes } from './block.ts';

export const segmentKeyBytes = 32;
export const wrapName = 'RSA-OAEP-SHA256';

const cipherName = 'aes-256-gcm';
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };

/** A segment's key, readable only by the holder of the private key. */
export function wrapKey(publicKey: KeyObject, key: Buffer): Buffer {
  return publicEncrypt({ key: publicKey, ...oaep }, key);
}

/** The segment's key, or undefined when the private key is not the one it was wrapped for. */
export function unwrapKey(privateKey: KeyObject, wrapped: Buffer): Buffer | undefined {
  try {
    const key = privateDecrypt({ key: privateKey, ...oaep }, wrapped);
    return key.length === segmentKeyBytes ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Seals the body of block `sequence`. A key must never see one sequence twice with different bodies. */
export function sealBody(key: Buffer, sequence: number, covered: Buffer, body: Buffer): [sealed: Buffer, tag: Buffer] {
  const cipher = createCipheriv(cipherName, key, nonceOf(sequence)).setAAD(covered);
  const sealed = cipher.update(body);
  cipher.final();
  return [sealed, cipher.getAuthTag()];
}

/** The body, or undefined when key, header or body are not the ones that were sealed together. */
export function openBody(key: Buffer, sequence: number, covered: Buffer, sealed: Buffer): Buffer | undefined {
  const bodyBytes = sealed.length - tagBytes;
  const decipher = createDecipheriv(cipherName, key, nonceOf(sequence)).setAAD(covered);
  decipher.setAuthTag(sealed.subarray(bodyBytes));
  const body = decipher.update(sealed.subarray(0, bodyBytes));
  try {
    decipher.final();
    return body;
  } catch {
    return undefined;
  }
}

/** What block `sequence` is sealed with besides the key. */
export function nonceOf(sequence: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(Math.floor(sequence / 2 ** 32), 4);
  nonce.writeUInt32BE(sequence % 2 ** 32, 8);
  return nonce;
}
