// Splits the body of a SIP message into its parts (RFC 2046 §5.1, RFC 5621). Reads what peers really send: parameters after
// the boundary, lines ended by LF only, a blank line before the first boundary, a last boundary that never comes. Never
// throws and never decides what a part is good for.
//
//   preamble (nobody's, may be empty)
//   --boundary CRLF
//   Name: value CRLF                  the headers of the part, none allowed
//   CRLF
//   bytes of the part
//   CRLF --boundary CRLF              the line end before a boundary belongs to the boundary
//   …
//   CRLF --boundary-- CRLF
//   epilogue

import { headerName } from './message-header.ts';
import { parameterValue, parseParameters } from './message-parameter.ts';

/** A part that is no multipart itself. */
export interface BodyPart {
  /** Type and subtype in lower case, without parameters; `text/plain` where none is given (RFC 2046 §5.1). */
  readonly contentType: string;
  /** `recording-session`, `session`, … in lower case; absent where none is given. */
  readonly disposition?: string;
  /** The bytes of the part, with its transfer encoding undone. */
  readonly body: Buffer;
  /** Of the text in it, as far as a charset parameter says so. */
  readonly charset: string;
}

/** All parts in their order, those of nested multiparts in the place of these. `problem`: what did not follow the rules. */
export interface Body {
  readonly parts: readonly BodyPart[];
  readonly problem?: string;
}

/** Parts of one body, nested ones included; more are left out, and the problem says so. */
export const partsMax = 32;
const depthMax = 4;
/** RFC 2046 allows 70; no real boundary is near this. */
const boundaryCharactersMax = 200;
const headerLinesMax = 32;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Splits a body by the Content-Type of its message. A body that is no multipart is one part; an empty one is none. */
export function splitBody(contentType: string | undefined, body: Buffer): Body {
  if (body.length === 0) return { parts: [] };
  const splitter = new Splitter();
  splitter.take({ 'Content-Type': contentType ?? '' }, body, 0);
  return { parts: splitter.parts, ...(splitter.problem === undefined ? {} : { problem: splitter.problem }) };
}

/** The text of a part. What is not valid in its charset shows as U+FFFD. */
export function textOfPart({ body, charset }: BodyPart): string {
  return /^(iso-8859-1|latin1|windows-1252)$/.test(charset) ? body.toString('latin1') : body.toString('utf8');
}

type PartHeaders = Readonly<Record<string, string>>;

class Splitter {
  readonly parts: BodyPart[] = [];
  problem: string | undefined;

  take(headers: PartHeaders, body: Buffer, depth: number): void {
    const [type, parameters] = typeOf(headers['Content-Type'] ?? '');
    if (type.startsWith('multipart/')) {
      const boundary = parameters.boundary ?? firstDelimiter(body);
      if (boundary === undefined) this.#note('a multipart body without a boundary');
      else if (boundary.length > boundaryCharactersMax) {
        this.#note(`a boundary of ${boundary.length} characters, at most ${boundaryCharactersMax} are read`);
      } else if (depth >= depthMax) this.#note(`multiparts nested more than ${depthMax} deep`);
      else this.#split(body, boundary, depth + 1);
      return;
    }
    if (this.parts.length >= partsMax) {
      this.#note(`more than ${partsMax} parts; the rest is not read`);
      return;
    }
    const [disposition] = typeOf(headers['Content-Disposition'] ?? '');
    this.parts.push({
      contentType: type === '' ? 'text/plain' : type,
      ...(disposition === '' ? {} : { disposition }),
      body: decoded(headers['Content-Transfer-Encoding'], body),
      charset: parameters.charset?.toLowerCase() ?? 'utf-8',
    });
  }

  #split(body: Buffer, boundary: string, depth: number): void {
    let start: number | undefined;
    for (const delimiter of delimitersOf(body, boundary)) {
      if (this.parts.length >= partsMax) {
        this.#note(`more than ${partsMax} parts; the rest is not read`);
        return;
      }
      if (start !== undefined) this.#part(body.subarray(start, Math.max(start, delimiter.from)), depth);
      if (delimiter.isLast) return;
      start = delimiter.to;
    }
    if (start === undefined) {
      this.#note(`the boundary "${boundary}" never comes`);
      return;
    }
    this.#note(`the last boundary "--${boundary}--" never comes`);
    this.#part(body.subarray(start), depth);
  }

  #part(bytes: Buffer, depth: number): void {
    const { headers, body } = headersAndBody(bytes);
    this.take(headers, body, depth);
  }

  /** The first thing wrong is the one that explains the others. */
  #note(problem: string): void {
    this.problem ??= problem;
  }
}

interface Delimiter {
  /** Where the part before it ends, and the one after it begins. */
  readonly from: number;
  readonly to: number;
  readonly isLast: boolean;
}

/** Lines that are the boundary and nothing else but white space after it (RFC 2046 §5.1.1). */
function* delimitersOf(body: Buffer, boundary: string): Generator<Delimiter> {
  const wanted = `--${boundary}`;
  for (const { from, to, next } of linesOf(body)) {
    // Longer lines are looked at no further: a boundary is short, a line need not be.
    if (to - from < wanted.length || to - from > wanted.length + 80) continue;
    const line = body.toString('latin1', from, to).trimEnd();
    const isLast = line === `${wanted}--`;
    if (isLast || line === wanted) yield { from: endOfLineBefore(body, from), to: next, isLast };
  }
}

/** Without a boundary parameter the first line that looks like a delimiter tells it. */
function firstDelimiter(body: Buffer): string | undefined {
  for (const { from, to } of linesOf(body)) {
    if (to - from > boundaryCharactersMax + 2) continue;
    const found = /^--(\S.*)$/.exec(body.toString('latin1', from, to).trimEnd());
    if (found) return found[1];
  }
  return undefined;
}

/** The lines of a body: `to` is before CR LF or LF, `next` after it. */
function* linesOf(body: Buffer): Generator<{ from: number; to: number; next: number }> {
  for (let from = 0; from < body.length; ) {
    const feed = body.indexOf(lineFeed, from);
    const next = feed < 0 ? body.length : feed + 1;
    const end = feed < 0 ? body.length : feed;
    yield { from, to: end > from && body[end - 1] === carriageReturn ? end - 1 : end, next };
    from = next;
  }
}

function endOfLineBefore(body: Buffer, at: number): number {
  if (at === 0) return 0;
  return body[at - 2] === carriageReturn ? at - 2 : at - 1;
}

/** Headers up to the first empty line. A part whose first line is no header has none: all of it is body. */
function headersAndBody(part: Buffer): { headers: PartHeaders; body: Buffer } {
  const headers: Record<string, string> = {};
  let last: string | undefined;
  let lines = 0;
  for (const { from, to, next } of linesOf(part)) {
    if (from === to) return { headers, body: part.subarray(next) };
    const line = part.toString('latin1', from, to);
    const pair = /^([\w.!%*+`'~-]+)[ \t]*:(.*)$/s.exec(line);
    const continues = /^[ \t]/.test(line) && last !== undefined;
    lines += 1;
    if ((!pair && !continues) || lines > headerLinesMax) return { headers: {}, body: part };
    if (pair) {
      last = headerName(pair[1]!);
      headers[last] = pair[2]!.trim();
    } else headers[last!] = `${headers[last!]} ${line.trim()}`;
  }
  return { headers, body: part.subarray(part.length) };
}

function typeOf(value: string): [type: string, parameters: { boundary?: string; charset?: string }] {
  const [type = ''] = value.split(';');
  const parameters = parseParameters(value.slice(type.length));
  const [boundary, charset] = ['boundary', 'charset'].map((name) => unquoted(parameterValue(parameters, name) ?? ''));
  return [type.trim().toLowerCase(), { ...(boundary ? { boundary } : {}), ...(charset ? { charset } : {}) }];
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1).replace(/"$/, '').replace(/\\(.)/gs, '$1') : text;
}

/** SIP carries bytes as they are; some gateways encode all the same (RFC 2045 §6). */
function decoded(encoding: string | undefined, body: Buffer): Buffer {
  switch (encoding?.toLowerCase()) {
    case 'base64':
      return Buffer.from(body.toString('latin1'), 'base64');
    case 'quoted-printable':
      return Buffer.from(fromQuotedPrintable(body.toString('latin1')), 'latin1');
    default:
      return body;
  }
}

function fromQuotedPrintable(text: string): string {
  return text
    .replace(/=[ \t]*\r?\n/g, '')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
