// Subscriptions as far as an edge needs to know them (RFC 6665): when they end.

import { headerValue, type SipRequest, type SipResponse } from '#src/sip';

/** What an answer without Expires means (RFC 3261 §20.19 leaves it to the event package; most say an hour). */
const secondsDefault = 3_600;
const secondsMax = 86_400;
/** So long may the last NOTIFY take. */
const graceSeconds = 32;

/** How long a subscription is kept after a 2xx to SUBSCRIBE. */
export function subscriptionSeconds({ headers }: SipResponse): number {
  const expires = headerValue(headers, 'Expires') ?? '';
  const seconds = /^\d{1,9}$/.test(expires) ? Number(expires) : secondsDefault;
  return Math.min(seconds, secondsMax) + graceSeconds;
}

/** Whether a NOTIFY is a subscription's last (RFC 6665 §4.1.3). */
export function isLastNotify({ method, headers }: SipRequest): boolean {
  return method === 'NOTIFY' && /^terminated\b/i.test(headerValue(headers, 'Subscription-State') ?? '');
}
