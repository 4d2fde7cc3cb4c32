// RFC 4475 §3.1.1: odd to look at, and valid.

import { long, message, request, sdp, type Trait, uri } from './trait.ts';

export const wellFormed: readonly Trait[] = [
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
