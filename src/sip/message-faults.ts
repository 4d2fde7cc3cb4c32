// What is wrong with a request that can be read and names its transaction, and yet cannot be served: RFC 3261 §8.2, as far as
// it does not depend on who serves it. Lenient where the meaning is plain, as RFC 4475 allows.

import type { SipRequest } from './message.ts';
import { parseAddress } from './message-address.ts';
import { type Header, headerValue, splitList, textOf } from './message-header.ts';
import { parseSipUri } from './message-uri.ts';
import { parseVia } from './message-via.ts';

/** Why a request is refused, and with which status. */
export interface RequestFault {
  readonly status: 400 | 416;
  readonly detail: string;
}

/** Headers of which a request has one at most, for two of them would mean two things. */
const singleHeaders = ['Call-ID', 'CSeq', 'From', 'To', 'Max-Forwards', 'Content-Type'];
/** Schemes an application may know what to do with (RFC 3966, RFC 5031). */
const knownSchemes = new Set(['sip', 'sips', 'tel', 'urn']);
const maxForwardsMax = 255;
/** Applications read these with patterns for which each run of blanks costs its length squared: 60 KB of them, seconds. */
const addressHeaders = ['From', 'To', 'Contact'];
/** Thousands of contacts cost a tenth of a second; there is use for one. */
const addressBytesMax = 4_096;
const blanksMax = 64;
const manyBlanks = new RegExp(`\\s{${blanksMax}}`);

/** What is wrong with a request; undefined when nothing is. */
export function requestFault({ uri, headers }: SipRequest): RequestFault | undefined {
  const problem = repeated(headers) ?? costly(headers) ?? unreadable(headers) ?? forwards(headers);
  if (problem !== undefined) return { status: 400, detail: problem };
  const scheme = /^([A-Za-z][\w+.-]*):/.exec(uri)?.[1]?.toLowerCase();
  if (scheme === undefined) return { status: 400, detail: `no URI: ${uri}` };
  if (!knownSchemes.has(scheme)) return { status: 416, detail: `scheme ${scheme}` };
  const isSip = scheme === 'sip' || scheme === 'sips';
  return isSip && !parseSipUri(uri) ? { status: 400, detail: `no SIP URI: ${uri}` } : undefined;
}

/** Which header would keep an application busy for long, and nobody else; undefined when none does. For responses too. */
export function costly(headers: readonly Header[]): string | undefined {
  for (const { name, value } of headers) {
    if (value.length < blanksMax || !addressHeaders.includes(name)) continue;
    if (value.length > addressBytesMax) return `${name} of ${value.length} bytes, at most ${addressBytesMax}`;
    // Blanks of any script: applications read UTF-8.
    if (manyBlanks.test(textOf(value))) return `${blanksMax} blanks or more in ${name}`;
  }
  return undefined;
}

function repeated(headers: readonly Header[]): string | undefined {
  // One bit for each of them: this is asked of every request.
  let seen = 0;
  for (const { name } of headers) {
    const bit = 1 << (singleHeaders.indexOf(name) + 1);
    if ((seen & bit & ~1) !== 0) return `several ${name}`;
    seen |= bit;
  }
  return undefined;
}

function unreadable(headers: readonly Header[]): string | undefined {
  let isTop = true;
  for (const { name, value } of headers) {
    if (name === 'Contact') {
      if (splitList(value).some((one) => one !== '*' && !parseAddress(one))) return 'a Contact that is none';
    } else if (name === 'Via') {
      // The top one named the transaction.
      const from = isTop ? 1 : 0;
      if (splitList(value).some((one, index) => index >= from && !parseVia(one))) return 'a Via that is none';
      isTop = false;
    }
  }
  return undefined;
}

function forwards(headers: readonly Header[]): string | undefined {
  const value = headerValue(headers, 'Max-Forwards');
  return value === undefined || (/^\d{1,10}$/.test(value) && Number(value) <= maxForwardsMax)
    ? undefined
    : `Max-Forwards ${value}`;
}
