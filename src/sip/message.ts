// A SIP message from bytes and to bytes (RFC 3261 §7, §25). Tolerant of how peers write, exact in what it writes itself.
// Knows nothing of transactions, dialogs or what a header means.
//
//   start line CRLF
//   Name: value CRLF                 a line that starts with a space or tab continues the one before (folding)
//   CRLF
//   body                             Content-Length counts bytes; without it the body reaches to the end

import { TwinreelError } from '#src/errors';
import { type Header, headerName, headerValues, isKnownHeader } from './message-header.ts';

/** A request. `method` in the case it was written (methods are case-sensitive), `uri` untouched. */
export interface SipRequest {
  readonly type: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

/** A response. */
export interface SipResponse {
  readonly type: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

export type SipMessage = SipRequest | SipResponse;

/** Why bytes are no SIP message. */
export type MessageProblem = 'too-large' | 'start-line' | 'version' | 'header' | 'content-length';

/** What became of reading; `headers` are those that could be read, so that a 400 can still be sent. */
export type MessageReading =
  | { readonly message: SipMessage }
  | { readonly problem: MessageProblem; readonly detail: string; readonly headers: readonly Header[] };

/** How long the body is: what Content-Length says, or all the bytes there are (frames of applications count characters). */
export type BodyExtent = 'content-length' | 'rest';

/** No UDP datagram is longer. */
export const messageBytesMax = 65_535;
/** More header lines than any real message has, few enough that reading them costs little. */
export const headerLinesMax = 512;

/** Reads a message. Never throws. Leading line ends are skipped (RFC 3261 §7.5). */
export function readMessage(bytes: Buffer, extent: BodyExtent = 'content-length'): MessageReading {
  if (bytes.length > messageBytesMax) {
    return refused('too-large', `${bytes.length} bytes, at most ${messageBytesMax} are allowed`);
  }
  const { head, body } = split(bytes);
  const lines = linesOf(head);
  const lineCount = lines.length - 1;
  if (lineCount > headerLinesMax) return refused('too-large', `${lineCount} header lines, at most ${headerLinesMax}`);
  const headers: Header[] = [];
  const isClean = !/\0|\r(?!\n)/.test(head);
  let bad: string | undefined;
  for (let index = 1; index <= lineCount; index += 1) {
    const header = readHeader(lines[index]!, isClean);
    if (header) headers.push(header);
    else bad ??= lines[index]!;
  }
  const first = readStartLine(lines[0]!);
  if ('problem' in first) return { ...first, headers };
  if (bad !== undefined) return refused('header', `no header line: "${shown(bad)}"`, headers);
  if (extent === 'rest') return { message: messageOf(first, headers, body) };
  const length = contentLength(headers, body.length);
  if (typeof length === 'string') return refused('content-length', length, headers);
  return { message: messageOf(first, headers, body.subarray(0, length)) };
}

/** Reads a message, or throws `sip-malformed`. */
export function parseMessage(bytes: Buffer, extent: BodyExtent = 'content-length'): SipMessage {
  const reading = readMessage(bytes, extent);
  if ('message' in reading) return reading.message;
  throw new TwinreelError('sip-malformed', `not a SIP message: ${reading.detail}`, { problem: reading.problem });
}

/** Writes a message. Content-Length is put right: it replaces the line that is there, or comes last. */
export function serialiseMessage(message: SipMessage): Buffer {
  const length = String(message.body.length);
  let text = startLine(message);
  let isCounted = false;
  for (const { name, value } of message.headers) {
    const counts = name === 'Content-Length';
    if (counts && isCounted) continue;
    isCounted ||= counts;
    text += `\r\n${name}: ${counts ? length : value}`;
  }
  if (!isCounted) text += `\r\nContent-Length: ${length}`;
  text += '\r\n\r\n';
  const bytes = Buffer.allocUnsafe(text.length + message.body.length);
  bytes.write(text, 'latin1');
  message.body.copy(bytes, text.length);
  return bytes;
}

/** The start line of a message, without its line end. */
export function startLine(message: SipMessage): string {
  return message.type === 'request'
    ? `${message.method} ${message.uri} SIP/2.0`
    : `SIP/2.0 ${message.status} ${message.reason}`;
}

type Start = Pick<SipRequest, 'type' | 'method' | 'uri'> | Pick<SipResponse, 'type' | 'status' | 'reason'>;

/** The fields one by one: a spread here costs as much as the rest of reading. */
function messageOf(first: Start, headers: readonly Header[], body: Buffer): SipMessage {
  return first.type === 'request'
    ? { type: first.type, method: first.method, uri: first.uri, headers, body }
    : { type: first.type, status: first.status, reason: first.reason, headers, body };
}

function readStartLine(line: string): Start | { problem: MessageProblem; detail: string } {
  const response = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/is.exec(line);
  if (response && !hasControls(response[2] ?? '')) {
    return { type: 'response', status: Number(response[1]), reason: response[2] ?? '' };
  }
  const request = /^([\w.!%*+`'~-]+) ([^\s\0]+) SIP\/(\d+\.\d+)\s*$/i.exec(line);
  if (!request) return { problem: 'start-line', detail: `no start line: "${shown(line)}"` };
  if (request[3] !== '2.0') return { problem: 'version', detail: `SIP version ${request[3]}, only 2.0 is spoken` };
  return { type: 'request', method: request[1]!, uri: request[2]! };
}

/** `isClean`: there are no controls in the whole head but those of line ends. */
function readHeader(line: string, isClean: boolean): Header | undefined {
  const colon = line.indexOf(':');
  if (colon <= 0) return undefined;
  const name = line.slice(0, colon).trimEnd();
  const value = (line.includes('\n') ? line.replace(/\r?\n[ \t]+/g, ' ') : line).slice(colon + 1).trim();
  if (!isClean && hasControls(value)) return undefined;
  if (isKnownHeader(name)) return { name, value };
  return /^[\w.!%*+`'~-]+$/.test(name) ? { name: headerName(name), value } : undefined;
}

/** Content-Length within what there is; text when it cannot be used (RFC 3261 §18.3). */
function contentLength(headers: readonly Header[], available: number): number | string {
  const [first, ...others] = headerValues(headers, 'Content-Length');
  if (first === undefined) return available;
  const other = others.find((one) => one !== first);
  if (other !== undefined) return `Content-Length "${shown(first)}", "${shown(other)}"`;
  if (!/^\d{1,10}$/.test(first)) return `Content-Length "${shown(first)}"`;
  const length = Number(first);
  return length > available ? `Content-Length ${length}, but only ${available} bytes follow` : length;
}

/** Header part as text and body as bytes. A message that ends before its empty line has no body. */
function split(bytes: Buffer): { head: string; body: Buffer } {
  let start = 0;
  while (bytes[start] === 0x0d || bytes[start] === 0x0a) start += 1;
  // As it should be, and as it nearly always is; an empty line of line feeds alone may stand before it.
  const usual = bytes.indexOf('\r\n\r\n', start, 'latin1');
  const text = bytes.toString('latin1', start, usual < 0 ? bytes.length : usual + 2);
  const empty = /\r?\n\r?\n/.exec(text);
  if (empty) {
    const bodyAt = start + empty.index + empty[0].length;
    return { head: text.slice(0, empty.index), body: bytes.subarray(bodyAt) };
  }
  if (usual >= 0) return { head: text.slice(0, -2), body: bytes.subarray(usual + 4) };
  return { head: text.replace(/\r?\n$/, ''), body: bytes.subarray(bytes.length) };
}

/** The start line and the header lines, each with the lines that continue it. */
function linesOf(head: string): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let feed = head.indexOf('\n'); feed >= 0; feed = head.indexOf('\n', feed + 1)) {
    const next = head[feed + 1];
    if (next === ' ' || next === '\t') continue;
    lines.push(head.slice(start, head[feed - 1] === '\r' ? feed - 1 : feed));
    start = feed + 1;
  }
  lines.push(head.slice(start));
  return lines;
}

/** Line ends, and zero bytes but those that a quoted string escapes (RFC 3261 §25.1 quoted-pair). */
function hasControls(text: string): boolean {
  return /[\r\n]|(?:^|[^\\])\0/.test(text);
}

function shown(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function refused(problem: MessageProblem, detail: string, headers: readonly Header[] = []): MessageReading {
  return { problem, detail, headers };
}
