// RFC 4475 §3.1.2: what breaks the grammar.

import { message, request, response, type Trait, uri } from './trait.ts';

export const malformed: readonly Trait[] = [
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
