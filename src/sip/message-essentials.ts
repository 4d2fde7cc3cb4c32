// What every request and response must carry (RFC 3261 §8.1.1): the fields transactions and dialogs are told apart by.

import { type Address, parseAddress, tagOf } from './message-address.ts';
import { type Header, headerValue, splitList } from './message-header.ts';
import { parseVia, type Via } from './message-via.ts';

/** The fields that identify a message. Tags are '' when missing: RFC 2543 peers send none. */
export interface Essentials {
  readonly via: Via;
  readonly from: Address;
  readonly fromTag: string;
  readonly to: Address;
  readonly toTag: string;
  readonly callId: string;
  readonly sequence: number;
  readonly sequenceMethod: string;
}

/** Highest CSeq number (RFC 3261 §8.1.1.5). */
export const sequenceMax = 2 ** 31 - 1;

/** The essentials of a message, or what is missing or cannot be read. `method` is that of a request, which CSeq must repeat. */
export function readEssentials(headers: readonly Header[], method?: string): Essentials | { readonly missing: string } {
  const via = parseVia(splitList(headerValue(headers, 'Via') ?? '')[0] ?? '');
  if (!via) return { missing: 'Via' };
  const from = parseAddress(headerValue(headers, 'From') ?? '');
  if (!from) return { missing: 'From' };
  const to = parseAddress(headerValue(headers, 'To') ?? '');
  if (!to) return { missing: 'To' };
  const callId = headerValue(headers, 'Call-ID') ?? '';
  if (!/^\S+$/.test(callId)) return { missing: 'Call-ID' };
  const cseq = parseSequence(headerValue(headers, 'CSeq') ?? '');
  if (!cseq || (method !== undefined && cseq.method !== method)) return { missing: 'CSeq' };
  return {
    via,
    from,
    fromTag: tagOf(from),
    to,
    toTag: tagOf(to),
    callId,
    sequence: cseq.number,
    sequenceMethod: cseq.method,
  };
}

/** Reads a CSeq value; undefined when it is none. */
export function parseSequence(value: string): { readonly number: number; readonly method: string } | undefined {
  const parts = /^(\d{1,10})\s+(\S+)$/.exec(value);
  if (!parts || Number(parts[1]) > sequenceMax) return undefined;
  return { number: Number(parts[1]), method: parts[2]! };
}
