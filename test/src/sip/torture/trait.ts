// How a message with a trait of RFC 4475 is written down, and what is required of whoever gets it.

/** What becomes of a message. */
export type Required =
  /** Shown to the application, with this in it. */
  | { readonly shown: string | RegExp }
  /** Answered by the edge. */
  | { readonly status: number }
  /** Dropped, and counted for this reason. */
  | { readonly dropped: string };

export interface Trait {
  readonly section: string;
  readonly title: string;
  /** Message with `\r\n` line ends; `$HERE` is where the peer is. */
  readonly message: string;
  readonly required: Required;
}

/** A request, one character per byte, with lines put in the place of the usual ones of the same name, or added; an empty string takes one out. */
export function request(start: string, lines: Readonly<Record<string, string>> = {}, body = ''): string {
  const method = start.split(' ')[0]!;
  const all: Record<string, string> = {
    Via: 'SIP/2.0/UDP $HERE;branch=z9hG4bK$BRANCH',
    'Max-Forwards': '70',
    From: '<sip:torturer@192.0.2.66>;tag=f1',
    To: '<sip:victim@192.0.2.1>',
    'Call-ID': '$BRANCH@192.0.2.66',
    CSeq: `7 ${method}`,
    Contact: '<sip:torturer@$HERE>',
    'Content-Length': String(body.length),
    ...lines,
  };
  const text = Object.entries(all).filter(([, value]) => value !== '');
  return `${start}\r\n${text.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

export const uri = 'sip:victim@192.0.2.1';
export const message = (lines: Readonly<Record<string, string>>, body = '') =>
  request(`MESSAGE ${uri} SIP/2.0`, lines, body);
export const sdp =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.66\r\ns=-\r\nc=IN IP4 192.0.2.66\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n';
export const long = (letter: string) => letter.repeat(900);

/** A response to nothing we asked. */
export function response(status: string, lines: Readonly<Record<string, string>> = {}): string {
  return request(`SIP/2.0 ${status}`, { CSeq: '7 OPTIONS', 'Max-Forwards': '', Contact: '', ...lines });
}
