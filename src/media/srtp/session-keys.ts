// From a master key and its salt to the keys that packets are sealed with (RFC 3711 §4.3; the rate of derivation is 0, so
// once). RFC 7714 §11 derives the same way, its shorter salt filled up with zeros.
//
//   input block:   | master salt, XOR label at byte 7 (14) | 0, 0 |      AES in counter mode makes the key of it

import { createCipheriv } from 'node:crypto';
import { masterKeyBytes, type SrtpSuite } from './suite.ts';

/** Keys for packets of one kind. */
export interface SessionKeys {
  readonly encryption: Buffer;
  /** Empty for a cipher that authenticates by itself. */
  readonly authentication: Buffer;
  readonly salt: Buffer;
}

const authenticationKeyBytes = 20;
const saltBytesMax = 14;
const labelAt = 7;
/** RFC 3711 §4.3.1, §4.3.2. */
const labels = {
  rtp: { encryption: 0, authentication: 1, salt: 2 },
  rtcp: { encryption: 3, authentication: 4, salt: 5 },
} as const;

/** The keys for RTP or for RTCP. `keyAndSalt` has the length that the suite wants, or this is a programmer's error. */
export function sessionKeys(suite: SrtpSuite, keyAndSalt: Buffer, kind: 'rtp' | 'rtcp'): SessionKeys {
  if (keyAndSalt.length !== masterKeyBytes + suite.saltBytes) throw new Error('a master key of a false length');
  const of = labels[kind];
  return {
    encryption: derive(keyAndSalt, of.encryption, masterKeyBytes),
    authentication: derive(keyAndSalt, of.authentication, suite.cipher === 'aes-cm' ? authenticationKeyBytes : 0),
    salt: derive(keyAndSalt, of.salt, suite.saltBytes),
  };
}

function derive(keyAndSalt: Buffer, label: number, bytes: number): Buffer {
  const input = Buffer.alloc(16);
  keyAndSalt.copy(input, 0, masterKeyBytes, masterKeyBytes + saltBytesMax);
  input[labelAt]! ^= label;
  return createCipheriv('aes-128-ctr', keyAndSalt.subarray(0, masterKeyBytes), input).update(Buffer.alloc(bytes));
}
