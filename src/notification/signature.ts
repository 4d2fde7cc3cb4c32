// Signed webhooks as "Standard Webhooks" has them (standardwebhooks.com), so that receivers find a library for theirs:
//
//     webhook-id: <id, the same each time a message is sent>
//     webhook-timestamp: <seconds since 1970, of this attempt>
//     webhook-signature: v1,<base64 of HMAC-SHA256 over "id.timestamp.body">
//
// The timestamp is signed, too: a receiver refuses what is older than a few minutes, so a message cannot be played again.

import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SignedHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/** Headers of a message; `secret` as in the settings. */
export function signedHeaders(id: string, body: string, secret: string, nowMs: number): SignedHeaders {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signature = `v1,${digestOf(id, timestamp, body, secret).toString('base64')}`;
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
}

/** As a receiver checks it: signed with the secret, and no older or newer than `toleranceMs`. */
export function isSigned(
  headers: SignedHeaders,
  body: string,
  secret: string,
  nowMs: number,
  toleranceMs = 300_000,
): boolean {
  const timestamp = headers['webhook-timestamp'];
  const ageMs = Math.abs(nowMs - Number(timestamp) * 1_000);
  if (!(ageMs <= toleranceMs)) return false;
  const expected = digestOf(headers['webhook-id'], timestamp, body, secret);
  return headers['webhook-signature'].split(' ').some((one) => {
    const given = Buffer.from(one.replace(/^v1,/, ''), 'base64');
    return one.startsWith('v1,') && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

function digestOf(id: string, timestamp: string, body: string, secret: string): Buffer {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
}
