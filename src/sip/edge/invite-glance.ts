// What a refusal of a new INVITE repeats, found without reading the rest of the message: who has too much to do must be able to
// say no at next to no cost. Only for messages written as nearly all are; any other is to be read in whole.

import { parseVia, stampVia, type Via } from '#src/sip';

/** The lines of an INVITE outside of dialogs that a response repeats (RFC 3261 §8.2.6.2), values as written. */
export interface InviteGlance {
  readonly topVia: Via;
  /** Vias below the top one, each as a line with its line end in front. */
  readonly otherVias: string;
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly sequence: string;
}

/** Within so many bytes the header ends, or the message is read in whole. */
const headBytesMax = 4_096;

/** Glances at a request; undefined for anything but a plain new INVITE: another method, a To tag, odd spellings, folded lines. */
export function glanceAtInvite(bytes: Buffer): InviteGlance | undefined {
  const text = bytes.toString('latin1', 0, Math.min(bytes.length, headBytesMax));
  const end = text.indexOf('\r\n\r\n');
  if (end < 0 || !text.startsWith('INVITE ') || oddEnds.test(text.slice(0, end))) return undefined;
  const found: Partial<Record<'Via' | 'From' | 'To' | 'Call-ID' | 'CSeq', string>> = {};
  let otherVias = '';
  for (let at = text.indexOf('\r\n') + 2; at < end; at = text.indexOf('\r\n', at) + 2) {
    if (!initials.has(text.charCodeAt(at))) continue;
    const colon = text.indexOf(':', at);
    const name = text.slice(at, colon);
    if (name === 'Via' && found.Via !== undefined) {
      otherVias += `\r\nVia: ${text.slice(colon + 1, text.indexOf('\r\n', at)).trim()}`;
    } else if (name === 'Via' || name === 'From' || name === 'To' || name === 'Call-ID' || name === 'CSeq') {
      if (found[name] !== undefined) return undefined;
      found[name] = text.slice(colon + 1, text.indexOf('\r\n', at)).trim();
    } else if (oddName.test(name)) return undefined;
  }
  const { Via: via, From: from, To: to, 'Call-ID': callId, CSeq: sequence } = found;
  const topVia = via === undefined || via.includes(',') ? undefined : parseVia(via);
  if (!topVia || !from || !to || /tag/i.test(to) || !callId || !sequence || !/^\d{1,10} INVITE$/.test(sequence))
    return undefined;
  return { topVia, otherVias, from, to, callId, sequence };
}

/** The response that says no. `from` is where the INVITE came from, `extra` lines of its own, each with its line end in front. */
export function refusalOf(
  { topVia, otherVias, from, to, callId, sequence }: InviteGlance,
  {
    source,
    status,
    toTag,
    extra,
  }: { source: { address: string; port: number }; status: string; toTag: string; extra: string },
): Buffer {
  const identity = `From: ${from}\r\nTo: ${to};tag=${toTag}\r\nCall-ID: ${callId}\r\nCSeq: ${sequence}`;
  const vias = `Via: ${stampVia(topVia, source)}${otherVias}`;
  return Buffer.from(`SIP/2.0 ${status}\r\n${vias}\r\n${identity}${extra}\r\nContent-Length: 0\r\n\r\n`, 'latin1');
}

/** What is a line end to some and not to others. */
const oddEnds = /\0|\r(?!\n)|[^\r]\n/;
/** First letters of the lines that are wanted, however they are spelt, and of a line that continues another. */
const initials = new Set([...'vViIfFtTcC \t'].map((letter) => letter.charCodeAt(0)));
/** A wanted line in another spelling than the usual one, or a folded line. */
const oddName = /^(?:[ \t].*|v|via|i|call-id|f|from|t|to|cseq)[ \t]*$/is;
