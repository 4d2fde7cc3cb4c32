// Both ends of a link show that they know the cluster's secret without saying it: an answer to a number the other has drawn.

import { createHmac, timingSafeEqual } from 'node:crypto';

/** Recorders and cores are linked with each other; stores and those who offer recordings are. */
export type LinkEnd = 'core' | 'recorder' | 'store' | 'offers';

/** The answer of `end` to the nonce of the other end, as 64 hexadecimal digits. */
export function proofOf(end: LinkEnd, secret: string, nonce: string): string {
  return createHmac('sha256', secret).update(`twinreel link ${end} ${nonce}`).digest('hex');
}

/** Whether `proof` is the answer of someone who knows the secret. */
export function isProof(end: LinkEnd, secret: string, nonce: string, proof: string): boolean {
  const expected = Buffer.from(proofOf(end, secret, nonce));
  const given = Buffer.from(proof);
  return expected.length === given.length && timingSafeEqual(expected, given);
}
