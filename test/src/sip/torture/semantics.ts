// RFC 4475 §3.2 to §3.4: fit to be read, but not always to be served.

import { message, request, response, type Trait } from './trait.ts';

export const transactionAndApplication: readonly Trait[] = [
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
