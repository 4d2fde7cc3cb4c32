// The crypto suites of SRTP that are understood here: their names as SDP has them, and the lengths that follow from them.

/** AES in counter mode with HMAC-SHA1 (RFC 3711, names of RFC 4568 §6.2), and AES-GCM (RFC 7714). */
export const srtpSuites = {
  AES_CM_128_HMAC_SHA1_80: { cipher: 'aes-cm', saltBytes: 14, tagBytes: 10, controlTagBytes: 10 },
  // The short tag is for RTP alone: RTCP keeps the long one (RFC 4568 §6.2.2).
  AES_CM_128_HMAC_SHA1_32: { cipher: 'aes-cm', saltBytes: 14, tagBytes: 4, controlTagBytes: 10 },
  AEAD_AES_128_GCM: { cipher: 'aes-gcm', saltBytes: 12, tagBytes: 16, controlTagBytes: 16 },
} as const;

export type SrtpSuiteName = keyof typeof srtpSuites;
export type SrtpSuite = (typeof srtpSuites)[SrtpSuiteName];

/** Of the master key in each of them. */
export const masterKeyBytes = 16;

/** Bytes of a master key with its salt behind it, as SDP carries them. */
export function keyAndSaltBytes(suite: SrtpSuiteName): number {
  return masterKeyBytes + srtpSuites[suite].saltBytes;
}

export function isSrtpSuite(name: string): name is SrtpSuiteName {
  return Object.hasOwn(srtpSuites, name);
}

/** What a sender seals its packets with. Texts, so that they can be told and kept; never to be logged. */
export interface SrtpKey {
  readonly suite: SrtpSuiteName;
  /** Master key with its salt behind it, base64. */
  readonly keyAndSalt: string;
  /** The master key identifier that each packet carries (RFC 3711 §3.1), hex. */
  readonly identifier?: string;
}
