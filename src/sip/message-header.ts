// Header lines of a SIP message: names, compact forms, lists (RFC 3261 §7.3, §20). Text is kept as bytes, one character per
// byte (latin1), so that what a peer wrote in whatever encoding goes out again unchanged; `textOf` reads it as UTF-8.

/** One header line, unfolded; the name in its usual spelling. */
export interface Header {
  readonly name: string;
  readonly value: string;
}

/** The value of the first line called `name` (usual spelling), or undefined. */
export function headerValue(headers: readonly Header[], name: string): string | undefined {
  for (const header of headers) if (header.name === name) return header.value;
  return undefined;
}

/** The values of all lines called `name`, top first; lines are not split at commas (see {@link splitList}). */
export function headerValues(headers: readonly Header[], name: string): string[] {
  return headers.filter((header) => header.name === name).map((header) => header.value);
}

/** A header's bytes read as UTF-8. */
export function textOf(value: string): string {
  return Buffer.from(value, 'latin1').toString('utf8');
}

/** Text as a header keeps it: its UTF-8 bytes, one character each. */
export function headerTextOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/**
 * The usual spelling of a header name: compact forms are written out, known names get their capitals, an unknown name in
 * lower case gets a capital after each hyphen, any other unknown name stays as it is.
 */
export function headerName(written: string): string {
  const usual = spellings.get(written);
  if (usual) return usual;
  const lower = written.toLowerCase();
  const known = names.get(lower);
  if (known) return known;
  return written === lower ? lower.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase()) : written;
}

/** Whether the name (usual spelling) is one of the table below; others are written last in a message we make. */
export function isKnownHeader(name: string): boolean {
  return spellings.has(name);
}

/** Splits a comma-separated value, minding quoted strings and angle brackets. */
export function splitList(value: string): string[] {
  if (!value.includes(',')) {
    const only = value.trim();
    return only === '' ? [] : [only];
  }
  const items: string[] = [];
  let from = 0;
  let quoted = false;
  let bracketed = false;
  for (let at = 0; at < value.length; at += 1) {
    const character = value.charCodeAt(at);
    if (quoted) {
      if (character === backslash) at += 1;
      else if (character === quote) quoted = false;
    } else if (character === quote) quoted = true;
    else if (character === less) bracketed = true;
    else if (character === greater) bracketed = false;
    else if (character === comma && !bracketed) {
      items.push(value.slice(from, at).trim());
      from = at + 1;
    }
  }
  items.push(value.slice(from).trim());
  return items.filter((item) => item !== '');
}

const [quote, backslash, comma, less, greater] = [0x22, 0x5c, 0x2c, 0x3c, 0x3e];

// RFC 3261 §7.3.3 and the registrations after it.
const compactForms: Readonly<Record<string, string>> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  n: 'Identity-Info',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

const knownNames = [
  'Accept Accept-Contact Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Authentication-Info Authorization',
  'Call-ID Call-Info Contact Content-Disposition Content-Encoding Content-Language Content-Length Content-Type CSeq Date',
  'Diversion Error-Info Event Expires From History-Info Identity Identity-Info In-Reply-To Join Max-Forwards MIME-Version',
  'Min-Expires Min-SE Organization P-Asserted-Identity P-Preferred-Identity Path Priority Privacy Proxy-Authenticate',
  'Proxy-Authorization Proxy-Require RAck Reason Record-Route Refer-Sub Refer-To Referred-By Reject-Contact',
  'Remote-Party-ID Replaces Reply-To Request-Disposition Require Retry-After Route RSeq Server Service-Route',
  'Session-Expires SIP-ETag SIP-If-Match Subject Subscription-State Supported Timestamp To Unsupported User-Agent Via',
  'Warning WWW-Authenticate',
].flatMap((line) => line.split(' '));

/** The usual spellings, which most peers use: found without changing the case. */
const spellings = new Map(knownNames.map((name) => [name, name] as const));

const names = new Map([
  ...Object.entries(compactForms),
  ...knownNames.map((name) => [name.toLowerCase(), name] as const),
]);
