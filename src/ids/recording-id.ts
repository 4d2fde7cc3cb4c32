// Names that never change: computed from what a call says of itself, never from a clock or a counter of one node.
// Two processes that see the same facts compute the same name.

import { hash } from 'node:crypto';

/** What tells one segment of a recording from another: the dialog on the node that took it. */
export interface SegmentName {
  readonly recordingId: string;
  readonly node: string;
  readonly callId: string;
  readonly fromTag: string;
}

/** A short stable name for a list of words: 26 characters of base 32 (130 bits of SHA-256), fit for files and URLs. */
export function nameOf(...words: readonly string[]): string {
  // Length before each word, so that ('ab','c') and ('a','bc') differ.
  const text = words.map((word) => `${Buffer.byteLength(word)}:${word}`).join('');
  return base32(hash('sha256', text, 'buffer').subarray(0, 17)).slice(0, 26);
}

/** The name of a segment. */
export function segmentId(segment: SegmentName): string {
  return nameOf('segment', segment.recordingId, segment.node, segment.callId, segment.fromTag);
}

/**
 * The name of what one node recorded of a recording between its first dialog and its last: the folder's name.
 * The tenant is part of it, so equal ids of two tenants never meet.
 */
export function takeId(tenant: string, first: SegmentName): string {
  return nameOf('take', tenant, first.recordingId, first.node, first.callId, first.fromTag);
}

/** What tells one party of a call from another. */
export interface PartyName {
  readonly tenant: string;
  readonly callUuid: string;
  readonly dn: string;
  /** Empty where the telephony server names no parties. */
  readonly partyUuid: string;
}

/** The id under which a core asks for the recording of a party: every core that sees the call asks for the same one. */
export function recordingIdOf({ tenant, callUuid, dn, partyUuid }: PartyName, switchName: string): string {
  return nameOf('recording', tenant, switchName, callUuid, dn, partyUuid);
}

/** The name of a couple, the same in every core. */
export function coupleId({ tenant, callUuid, dn, partyUuid }: PartyName): string {
  return nameOf('couple', tenant, callUuid, dn, partyUuid);
}

/** The id of a recording whose INVITE named none: nobody else will ever ask for it, so its dialog names it. */
export function unnamedRecordingId(callId: string, fromTag: string): string {
  return `unnamed-${nameOf('unnamed', callId, fromTag)}`;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

function base32(bytes: Buffer): string {
  let bits = 0;
  let value = 0;
  let text = '';
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      text += alphabet[(value >>> (bits - 5)) & 31];
      bits -= 5;
    }
    value &= (1 << bits) - 1;
  }
  return text;
}
