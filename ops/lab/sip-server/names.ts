// How a switch names calls and parties: drawn, in the forms of the vendor.

import type { Random } from '#src/ports';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUV';

/** 32 characters of `[0-9A-V]`. */
export function newUuid(random: Random): string {
  return [...random.bytes(32)].map((byte) => alphabet[byte & 31]).join('');
}

/** 64 bits as 16 hexadecimal digits. */
export function newConnId(random: Random): string {
  return random.bytes(8).toString('hex');
}

/** The number that a URI names, without `%41` escapes (RFC 3261 §19.1.2); '' for none. */
export function userOf(uri: string): string {
  const user = /^sips?:([^@;>]+)@/i.exec(uri)?.[1] ?? '';
  try {
    return decodeURIComponent(user);
  } catch {
    return '';
  }
}
