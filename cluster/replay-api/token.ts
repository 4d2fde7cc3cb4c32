// What a browser or a link carries to be known by. Only its digest is kept.

import { createHash } from 'node:crypto';
import type { Random } from '#src/ports';

/** 256 bits for a cookie or a link. */
export function newToken(random: Random): string {
  return random.bytes(32).toString('base64url');
}

/** What is kept of it: enough to know it again, not to be it. A token holds too much chance to be found by trying, so one round is enough. */
export function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
