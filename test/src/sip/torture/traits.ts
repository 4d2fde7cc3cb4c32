// Messages with the traits RFC 4475 lists, in our own words, and what is required of whoever gets them. The names are those
// of the RFC's sections.

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
function request(start: string, lines: Readonly<Record<string, string>> = {}, body = ''): string {
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

const uri = 'sip:victim@192.0.2.1';
const message = (lines: Readonly<Record<string, string>>, body = '') => request(`MESSAGE ${uri} SIP/2.0`, lines, body);
const sdp = 'v=0\r\no=- 1 1 IN IP4 192.0.2.66\r\ns=-\r\nc=IN IP4 192.0.2.66\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n';
const long = (letter: string) => letter.repeat(900);

const wellFormed: readonly Trait[] = [
  {
    section: '3.1.1.1',
    title: 'a short INVITE with every liberty of spacing, folding and naming',
    message: [
      'INVITE sip:victim@192.0.2.1;odd;unknown=x SIP/2.0',
      'tO :',
      '  sip:victim@192.0.2.1',
      'FROM   : "Turn \\\\ the \\"page\\"" <sip:torturer@192.0.2.66>',
      '  ;',
      '  tag = f1',
      'MaX-fOrWaRdS: 0068',
      'i: $BRANCH@192.0.2.66',
      'cseq: 0009',
      '  INVITE',
      'Via  : SIP  /   2.0',
      ' /UDP',
      '    $HERE;branch=z9hG4bK$BRANCH',
      'v:  SIP  / 2.0  / TCP     far.example   ;',
      '  branch  =   z9hG4bK9ikj8  ,',
      ' SIP  /    2.0   / UDP  192.0.2.77;hidden',
      's :',
      'NewFangled:   a value',
      ' goes on here',
      'WithOddValue: ;;,,;;,;',
      'Route:',
      ' <sip:far.example;lr;unknown=it;other>',
      'm:"Quoted \\"\\"" <sip:torturer@$HERE> ; new =',
      '  value ;',
      '  second ; q = 0.33',
      'c: application/sdp',
      `l: ${sdp.length}`,
      '',
      sdp,
    ].join('\r\n'),
    required: { shown: 'WithOddValue: ;;,,;;,;' },
  },
  {
    section: '3.1.1.2',
    title: 'every character a method, a URI, a header name and a quoted string may have',
    message: request("!odd-Method0_*+`.%indeed'~ sip:1_odd~(u!r)&i'n+t$/it?,/;;*:&w=1,w!*pas$~@192.0.2.1;p SIP/2.0", {
      To: '"BEL:\\\u0007 NUL:\\\0 DEL:\\\u007f" <sip:victim@192.0.2.1>',
      "odd-Name!.%*+_`'~": '\u00d0\u00b2 \u00e5',
    }),
    required: { shown: /^!odd-Method0_/ },
  },
  {
    section: '3.1.1.3',
    title: 'escapes that are not what they look like',
    message: request('INVITE sip:sips%3Auser%40far.example@192.0.2.1 SIP/2.0', {
      Contact: '<sip:tort%75rer@$HERE;%6C%72;n%61me=v%61lue%25%34%31>',
    }),
    required: { shown: 'sips%3Auser%40far.example' },
  },
  {
    section: '3.1.1.4',
    title: 'escaped zeros in URIs',
    message: request('REGISTER sip:192.0.2.1 SIP/2.0', {
      To: '<sip:null-%00-null@192.0.2.1>',
      Contact: '<sip:%00@$HERE>',
    }),
    required: { shown: 'null-%00-null' },
  },
  {
    section: '3.1.1.5',
    title: 'a percent sign that escapes nothing: a method of its own',
    message: request(`MES%53AGE ${uri} SIP/2.0`, { Contact: '"%5A%30" <sip:a@$HERE>, "%" <sip:b@$HERE>' }),
    required: { shown: /^MES%53AGE/ },
  },
  {
    section: '3.1.1.6',
    title: 'no space between name and bracket',
    message: message({ From: 'torturer<sip:torturer@192.0.2.66>;tag=323' }),
    required: { shown: 'torturer<sip:' },
  },
  {
    section: '3.1.1.7',
    title: 'long values wherever one may stand',
    message: request(`INVITE sip:${long('u')}@192.0.2.1;${long('p')}=${long('v')} SIP/2.0`, {
      Via: `SIP/2.0/UDP $HERE;branch=z9hG4bK$BRANCH${long('b')}\r\n${Array.from(
        { length: 20 },
        (_, one) => `v: SIP/2.0/TCP h${one}.${'l'.repeat(60)}.example\r\n`,
      )
        .join('')
        .trimEnd()}`,
      From: `"${long('n')}" <sip:${long('f')}@192.0.2.66>;tag=${long('t')}`,
      'Call-ID': `$BRANCH${long('c')}`,
      [`Unknown-${long('N')}`]: long('V'),
    }),
    required: { shown: long('V') },
  },
  {
    section: '3.1.1.8',
    title: 'another message behind the one that Content-Length ends: only the first one counts',
    message: message({}) + message({ 'Call-ID': 'second@192.0.2.66' }),
    required: { shown: /^MESSAGE (?!.*second@)/s },
  },
  {
    section: '3.1.1.9',
    title: 'parameters in the user part of a URI',
    message: request('OPTIONS sip:victim;par=u%40far.example@192.0.2.1 SIP/2.0'),
    required: { shown: 'victim;par=u%40far.example' },
  },
  {
    section: '3.1.1.10',
    title: 'transports nobody knows in the Via lines below the top',
    message: request('OPTIONS sip:victim@192.0.2.1 SIP/2.0', {
      Via: [
        'SIP/2.0/UDP $HERE;branch=z9hG4bK$BRANCH',
        'Via: SIP/2.0/SCTP far.example;branch=z9hG4bKb',
        'Via: SIP/2.0/TLS far.example;branch=z9hG4bKc',
        'Via: SIP/2.0/CARRIER-PIGEON far.example;branch=z9hG4bKd',
      ].join('\r\n'),
    }),
    required: { shown: 'CARRIER-PIGEON' },
  },
  {
    section: '3.1.1.11',
    title: 'a body of several parts, with bytes of any kind',
    message: message(
      { 'Content-Type': 'multipart/mixed;boundary=7a9cbec02ceef655' },
      '--7a9cbec02ceef655\r\nContent-Type: text/plain\r\n\r\nhello\r\n--7a9cbec02ceef655\r\nContent-Type: application/octet-stream\r\n\r\n\u0000\u0001\r\n\r\n\u00ff\r\n--7a9cbec02ceef655--\r\n',
    ),
    required: { shown: '--7a9cbec02ceef655--' },
  },
];

const malformed: readonly Trait[] = [
  {
    section: '3.1.2.1',
    title: 'separators with nothing between them',
    message: request('INVITE sip:victim@192.0.2.1 SIP/2.0', {
      Via: 'SIP/2.0/UDP $HERE;;,;,,;branch=z9hG4bK$BRANCH',
      Contact: '"T" <sip:torturer@$HERE>;;;;',
    }),
    required: { status: 400 },
  },
  {
    section: '3.1.2.2',
    title: 'a Content-Length beyond the end of the datagram',
    message: message({ 'Content-Length': '9999' }, 'short'),
    required: { status: 400 },
  },
  {
    section: '3.1.2.3',
    title: 'a negative Content-Length',
    message: message({ 'Content-Length': '-999' }, 'short'),
    required: { status: 400 },
  },
  {
    section: '3.1.2.4',
    title: 'numbers that are too large, in a request: CSeq',
    message: message({ CSeq: '36893488147419103232 MESSAGE' }),
    required: { status: 400 },
  },
  {
    section: '3.1.2.4',
    title: 'numbers that are too large, in a request: Max-Forwards',
    message: message({ 'Max-Forwards': '300' }),
    required: { status: 400 },
  },
  {
    section: '3.1.2.4',
    title: 'numbers that are too large, in a request: Expires, which the registrar may read as it likes',
    message: request('REGISTER sip:192.0.2.1 SIP/2.0', { Expires: '10000000000000000000000' }),
    required: { shown: '10000000000000000000000' },
  },
  {
    section: '3.1.2.5',
    title: 'numbers that are too large, in a response',
    message: response('503 Service Unavailable', {
      CSeq: '9292394834772304023312 OPTIONS',
      'Retry-After': '94930283850302',
    }),
    required: { dropped: 'malformed' },
  },
  {
    section: '3.1.2.6',
    title: 'a quoted name that does not end',
    message: message({ To: '"Mr. Victim <sip:victim@192.0.2.1>' }),
    required: { status: 400 },
  },
  {
    section: '3.1.2.7',
    title: 'brackets around the Request-URI',
    message: request('MESSAGE <sip:victim@192.0.2.1> SIP/2.0'),
    required: { status: 400 },
  },
  {
    section: '3.1.2.8',
    title: 'white space inside the Request-URI',
    message: request('MESSAGE sip:victim@192.0.2.1; lr SIP/2.0'),
    required: { status: 400 },
  },
  {
    section: '3.1.2.9',
    title: 'more than one space in the start line',
    message: request('MESSAGE  sip:victim@192.0.2.1  SIP/2.0', { CSeq: '7 MESSAGE' }),
    required: { status: 400 },
  },
  {
    section: '3.1.2.10',
    title: 'spaces at the end of the start line: no harm',
    message: request(`MESSAGE ${uri} SIP/2.0  `),
    required: { shown: 'MESSAGE' },
  },
  {
    section: '3.1.2.11',
    title: 'headers in the Request-URI: no harm, nobody routes by them',
    message: request('MESSAGE sip:victim@192.0.2.1?Route=%3Csip:far.example%3E SIP/2.0'),
    required: { shown: '?Route=' },
  },
  {
    section: '3.1.2.12',
    title: 'a Date of another time zone: no harm',
    message: message({ Date: 'Fri, 01 Jan 2010 16:00:00 EST' }),
    required: { shown: 'EST' },
  },
  {
    section: '3.1.2.13',
    title: 'a Contact with headers that does not stand in brackets',
    message: request('REGISTER sip:192.0.2.1 SIP/2.0', { Contact: 'sip:a@192.0.2.9?Route=%3Csip:far.example%3E' }),
    required: { status: 400 },
  },
  {
    section: '3.1.2.14',
    title: 'spaces inside the brackets: no harm',
    message: message({ To: '"Victim, Vic" < sip:victim@192.0.2.1 >' }),
    required: { shown: '< sip:' },
  },
  {
    section: '3.1.2.15',
    title: 'a name that needs quotes: no harm',
    message: message({ From: 'Torturer, Tom <sip:torturer@192.0.2.66>;tag=43' }),
    required: { shown: 'Torturer, Tom' },
  },
  {
    section: '3.1.2.16',
    title: 'another version of the protocol',
    message: request('MESSAGE sip:victim@192.0.2.1 SIP/7.0'),
    required: { status: 505 },
  },
  {
    section: '3.1.2.17',
    title: 'a method that CSeq does not repeat',
    message: message({ CSeq: '8 INVITE' }),
    required: { status: 400 },
  },
  {
    section: '3.1.2.18',
    title: 'an unknown method that CSeq does not repeat',
    message: request('NEWMETHOD sip:victim@192.0.2.1 SIP/2.0', { CSeq: '8 INVITE' }),
    required: { status: 400 },
  },
  {
    section: '3.1.2.19',
    title: 'a status that is too large',
    message: response('4294967301 better not'),
    required: { dropped: 'malformed' },
  },
];

const transactionAndApplication: readonly Trait[] = [
  {
    section: '3.2.1',
    title: 'a branch that is the cookie and nothing else: told apart as RFC 2543 does',
    message: request('OPTIONS sip:victim@192.0.2.1 SIP/2.0', { Via: 'SIP/2.0/UDP $HERE;branch=z9hG4bK' }),
    required: { shown: 'OPTIONS' },
  },
  {
    section: '3.3.1',
    title: 'no Call-ID, From or To',
    message: request('INVITE sip:victim@192.0.2.1 SIP/2.0', { 'Call-ID': '', From: '', To: '' }),
    required: { status: 400 },
  },
  {
    section: '3.3.2',
    title: 'a Request-URI of a scheme nobody knows',
    message: request('OPTIONS nobodyKnowsThis:opaque SIP/2.0'),
    required: { status: 416 },
  },
  {
    section: '3.3.3',
    title: 'a Request-URI of a scheme that is known for other things',
    message: request('OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0'),
    required: { status: 416 },
  },
  {
    section: '3.3.4',
    title: 'other schemes in From, To and Contact: no harm before somebody calls them',
    message: message({ To: 'isbn:2983792873', From: '<http://far.example>;tag=f', Contact: '<name:Tom>' }),
    required: { shown: 'isbn:' },
  },
  {
    section: '3.3.5',
    title: 'extensions nobody supports: the application says so (420)',
    message: message({ Require: 'nothingSupportsThis', 'Proxy-Require': 'norThis' }),
    required: { shown: 'nothingSupportsThis' },
  },
  {
    section: '3.3.6',
    title: 'a body of an unknown type: the application says so (415)',
    message: request('INVITE sip:victim@192.0.2.1 SIP/2.0', { 'Content-Type': 'application/unknownformat' }, '<xml/>'),
    required: { shown: 'unknownformat' },
  },
  {
    section: '3.3.7',
    title: 'an unknown scheme of authorization',
    message: message({ Authorization: 'NoOneKnows opaque="x"' }),
    required: { shown: 'NoOneKnows' },
  },
  ...[
    'CSeq: 9 MESSAGE',
    'Call-ID: other',
    'To: <sip:other@192.0.2.1>',
    'From: <sip:other@192.0.2.1>;tag=o',
    'Max-Forwards: 5',
  ].map((line) => ({
    section: '3.3.8',
    title: `a second ${line.split(':')[0]}`,
    message: message({}).replace('Contact:', `${line}\r\nContact:`),
    required: { status: 400 },
  })),
  {
    section: '3.3.9',
    title: 'two lengths that differ',
    message: message({ 'Content-Length': '13' }, 'thirteen byte').replace('Contact:', 'l: 5\r\nContact:'),
    required: { status: 400 },
  },
  {
    section: '3.3.10',
    title: 'a response that asks to be sent on to everybody',
    message: response('200 OK', {
      Via: 'SIP/2.0/UDP 192.0.2.198;branch=z9hG4bKx\r\nVia: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKy',
    }),
    required: { dropped: 'stray-response' },
  },
  {
    section: '3.3.11',
    title: 'Max-Forwards 0: whom it is meant for answers it',
    message: request('OPTIONS sip:victim@192.0.2.1 SIP/2.0', { 'Max-Forwards': '0' }),
    required: { shown: 'Max-Forwards: 0' },
  },
  {
    section: '3.3.12',
    title: 'a parameter of the Contact',
    message: request('REGISTER sip:192.0.2.1 SIP/2.0', { Contact: 'sip:+19725552222@192.0.2.9;unknown' }),
    required: { shown: ';unknown' },
  },
  {
    section: '3.3.13',
    title: 'a parameter of the URI in the Contact',
    message: request('REGISTER sip:192.0.2.1 SIP/2.0', { Contact: '<sip:+19725552222@192.0.2.9;unknown>' }),
    required: { shown: ';unknown>' },
  },
  {
    section: '3.3.14',
    title: 'headers of the URI in the Contact',
    message: request('REGISTER sip:192.0.2.1 SIP/2.0', { Contact: '<sip:a@192.0.2.9?Route=%3Csip:far.example%3E>' }),
    required: { shown: '?Route=' },
  },
  {
    section: '3.3.15',
    title: 'an Accept that cannot be met: the application says so (406)',
    message: request('INVITE sip:victim@192.0.2.1 SIP/2.0', { Accept: 'text/nobodyKnowsThis' }),
    required: { shown: 'nobodyKnowsThis' },
  },
  {
    section: '3.4.1',
    title: 'an INVITE as RFC 2543 has it: no branch, no tag, no Max-Forwards',
    message: request('INVITE sip:victim@192.0.2.1 SIP/2.0', {
      Via: 'SIP/2.0/UDP $HERE',
      From: '<sip:torturer@192.0.2.66>',
      'Max-Forwards': '',
    }),
    required: { shown: 'INVITE' },
  },
];

function response(status: string, lines: Readonly<Record<string, string>> = {}): string {
  return request(`SIP/2.0 ${status}`, { CSeq: '7 OPTIONS', 'Max-Forwards': '', Contact: '', ...lines });
}

/** The catalogue. Responses to our own requests (3.1.1.12, 3.1.1.13) have a test of their own. */
export const traits: readonly Trait[] = [...wellFormed, ...malformed, ...transactionAndApplication];
