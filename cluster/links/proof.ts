// Both ends of a link show that they know the cluster's secret without saying it: an answer to a number the other has drawn.

import { createHmac, timingSafeEqual } from 'node:crypto';

/** The answer of `end` to the nonce of the other end, as 64 hexadecimal digits. */
export function proofOf(end: 'core' | 'recorder', secret: string, nonce: string): string {
  return createHmac('sha256', secret).update(`twinreel link ${end} ${nonce}`).digest('hex');
}

/** Whether `proof` is the answer of someone who knows the secret. */
export function isProof(end: 'core' | 'recorder', secret: string, nonce: string, proof: string): boolean {
  const expected = Buffer.from(proofOf(end, secret, nonce));
  const given = Buffer.from(proof);
  return expected.length === given.length && timingSafeEqual(expected, given);
}
