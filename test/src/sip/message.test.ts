// The parser on its own: tables of what is read and what is refused, and properties over made-up and mangled messages.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '#src/errors';
import {
  headerLinesMax,
  headerTextOf,
  headerValue,
  headerValues,
  messageBytesMax,
  parseMessage,
  readEssentials,
  readMessage,
  type SipMessage,
  serialiseMessage,
  stampTopVia,
  textOf,
} from '#src/sip';
import { anyMessage } from './any-message.ts';

const runs = (quick: number) => ({ seed: 3_261, numRuns: process.env['TWINREEL_FULL'] ? quick * 20 : quick });

const options = [
  'OPTIONS sip:carol@chicago.example SIP/2.0',
  'Via: SIP/2.0/UDP pc33.atlanta.example;branch=z9hG4bKhjhs8ass877',
  'Max-Forwards: 70',
  'To: <sip:carol@chicago.example>',
  'From: Alice <sip:alice@atlanta.example>;tag=1928301774',
  'Call-ID: a84b4c76e66710',
  'CSeq: 63104 OPTIONS',
];

function bytesOf(lines: readonly string[], body = ''): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'utf8');
}

describe('R-SIP-3: reading a message', () => {
  it('gives method, URI, headers in order and body', () => {
    const message = parseMessage(bytesOf([...options, 'Content-Length: 5'], 'hello and more'));
    expect(message).toMatchObject({ type: 'request', method: 'OPTIONS', uri: 'sip:carol@chicago.example' });
    expect(message.headers[0]).toEqual({
      name: 'Via',
      value: 'SIP/2.0/UDP pc33.atlanta.example;branch=z9hG4bKhjhs8ass877',
    });
    expect(message.body.toString()).toBe('hello');
  });

  it('gives status and reason', () => {
    expect(parseMessage(bytesOf(['SIP/2.0 180 Ringing']))).toMatchObject({ status: 180, reason: 'Ringing' });
    expect(parseMessage(bytesOf(['SIP/2.0 200 ']))).toMatchObject({ status: 200, reason: '' });
    expect(parseMessage(bytesOf(['SIP/2.0 200']))).toMatchObject({ status: 200, reason: '' });
  });

  it.each([
    ['compact names', 'i: abc', 'Call-ID', 'abc'],
    ['any capitals', 'cALL-id: abc', 'Call-ID', 'abc'],
    ['white space before the colon', 'Call-ID  : abc', 'Call-ID', 'abc'],
    ['white space around the value', 'Call-ID: \t abc \t', 'Call-ID', 'abc'],
    ['folding', 'Subject: one\r\n two\r\n\tthree', 'Subject', 'one two three'],
    ['an unknown name as written', 'X-Genesys-CallUUID: 1', 'X-Genesys-CallUUID', '1'],
    ['an unknown name in lower case', 'x-my-own: 1', 'X-My-Own', '1'],
    ['an empty value', 'Supported:', 'Supported', ''],
  ])('takes %s', (_, line, name, value) => {
    expect(headerValue(parseMessage(bytesOf([...options, line].toSpliced(5, 1))).headers, name)).toBe(value);
  });

  it('keeps every line of a repeated header', () => {
    const { headers } = parseMessage(bytesOf([...options, 'X-Rep: a', 'X-Rep: b, c']));
    expect(headerValues(headers, 'X-Rep')).toEqual(['a', 'b, c']);
  });

  it.each([
    ['bare line feeds', `${options.join('\n')}\n\nbody`, 'body'],
    ['line ends before the start line', `\r\n\r\n${options.join('\r\n')}\r\n\r\n`, ''],
    ['no empty line at the end', `${options.join('\r\n')}\r\n`, ''],
    ['no line end at the end', options.join('\r\n'), ''],
  ])('takes %s', (_, text, body) => {
    const message = parseMessage(Buffer.from(text));
    expect(message.headers).toHaveLength(6);
    expect(message.body.toString()).toBe(body);
  });

  it('counts the body in bytes and keeps them', () => {
    const message = parseMessage(bytesOf([...options, 'Content-Length: 10'], 'hello Zoë'));
    expect(message.body).toEqual(Buffer.from('hello Zoë'));
  });

  it('takes the whole rest as body where a frame says how long it is', () => {
    expect(parseMessage(bytesOf([...options, 'Content-Length: 1'], 'Zoë'), 'rest').body).toEqual(Buffer.from('Zoë'));
  });

  it('keeps headers byte for byte, in whatever encoding they came', () => {
    const latin1 = Buffer.concat([
      Buffer.from('OPTIONS sip:a SIP/2.0\r\nSubject: '),
      Buffer.from([0x4a, 0xf6, 0x72, 0x67]),
      Buffer.from('\r\nContent-Length: 0\r\n\r\n'),
    ]);
    expect(serialiseMessage(parseMessage(latin1))).toEqual(latin1);
    expect(textOf(headerTextOf('Zoë 😀'))).toBe('Zoë 😀');
  });

  it.each([
    ['nothing', '', 'start-line'],
    ['words', 'hello world', 'start-line'],
    ['a space in the URI', 'INVITE sip:a b@c SIP/2.0', 'start-line'],
    ['two spaces', 'INVITE  sip:a@c SIP/2.0', 'start-line'],
    ['a status of two digits', 'SIP/2.0 20 OK', 'start-line'],
    ['a status above 699', 'SIP/2.0 700 OK', 'start-line'],
    ['another version', 'INVITE sip:a@c SIP/7.0', 'version'],
    ['a line without colon', 'INVITE sip:a@c SIP/2.0\r\nhello', 'header'],
    ['a name with a space', 'INVITE sip:a@c SIP/2.0\r\nMy Name: a', 'header'],
    ['no name', 'INVITE sip:a@c SIP/2.0\r\n: a', 'header'],
    ['a zero byte', 'INVITE sip:a@c SIP/2.0\r\nSubject: a\0b', 'header'],
    ['a bare carriage return', 'INVITE sip:a@c SIP/2.0\r\nSubject: a\rVia: b', 'header'],
    ['a negative length', 'INVITE sip:a@c SIP/2.0\r\nContent-Length: -1', 'content-length'],
    ['a length that is no number', 'INVITE sip:a@c SIP/2.0\r\nContent-Length: 1e3', 'content-length'],
    ['a length beyond the end', 'INVITE sip:a@c SIP/2.0\r\nContent-Length: 1', 'content-length'],
    ['two lengths', 'INVITE sip:a@c SIP/2.0\r\nContent-Length: 0\r\nl: 1', 'content-length'],
  ])('refuses %s', (_, text, problem) => {
    expect(readMessage(Buffer.from(`${text}\r\n\r\n`))).toMatchObject({ problem });
  });

  it('refuses more bytes and more lines than any real message has', () => {
    expect(readMessage(Buffer.alloc(messageBytesMax + 1, 0x20))).toMatchObject({ problem: 'too-large' });
    const lines = Array.from({ length: headerLinesMax + 1 }, (_, index) => `X-${index}: a`);
    expect(readMessage(bytesOf(['OPTIONS sip:a SIP/2.0', ...lines]))).toMatchObject({ problem: 'too-large' });
  });

  it('gives the headers that could be read with a refusal, so that a 400 can be sent', () => {
    const reading = readMessage(bytesOf([...options, 'broken']));
    expect('headers' in reading && headerValue(reading.headers, 'Call-ID')).toBe('a84b4c76e66710');
  });

  it('throws its own error where a message is a must', () => {
    expect(() => parseMessage(Buffer.from('hello'))).toThrow('not a SIP message: no start line: "hello"');
    try {
      parseMessage(Buffer.from('hello'));
    } catch (error) {
      expect(codeOf(error)).toBe('sip-malformed');
    }
  });
});

describe('R-SIP-3: what every message must carry', () => {
  it('is read', () => {
    const { headers } = parseMessage(bytesOf(options));
    expect(readEssentials(headers, 'OPTIONS')).toMatchObject({
      fromTag: '1928301774',
      toTag: '',
      callId: 'a84b4c76e66710',
      sequence: 63_104,
      sequenceMethod: 'OPTIONS',
    });
  });

  it.each(['Via', 'To', 'From', 'Call-ID', 'CSeq'])('a message without %s is told so', (missing) => {
    const { headers } = parseMessage(bytesOf(options.filter((line) => !line.startsWith(`${missing}:`))));
    expect(readEssentials(headers, 'OPTIONS')).toEqual({ missing });
  });

  it.each([
    ['CSeq: 63104 INVITE', 'CSeq'],
    ['CSeq: 2147483648 OPTIONS', 'CSeq'],
    ['CSeq: OPTIONS', 'CSeq'],
    ['From: "Alice <sip:a@b>;tag=1', 'From'],
    ['To: <sip:a@b', 'To'],
    ['Via: SIP/3.0/UDP a;branch=b', 'Via'],
    ['Call-ID: a b', 'Call-ID'],
  ])('%s is as good as none', (line, missing) => {
    const others = options.filter((one) => !one.startsWith(`${missing}:`));
    expect(readEssentials(parseMessage(bytesOf([...others, line])).headers, 'OPTIONS')).toEqual({ missing });
  });
});

describe('R-SIP-3: the top Via of a request that came in', () => {
  const from = { address: '192.0.2.7', port: 5_070 };
  it.each([
    ['Via: SIP/2.0/UDP 192.0.2.7:5060;branch=b', 'Via: SIP/2.0/UDP 192.0.2.7:5060;branch=b;rport=5070'],
    ['Via: SIP/2.0/UDP 192.0.2.7;rport;branch=b', 'Via: SIP/2.0/UDP 192.0.2.7;rport=5070;branch=b'],
    ['v: SIP/2.0/UDP pc1;branch=b', 'Via: SIP/2.0/UDP pc1;branch=b;received=192.0.2.7;rport=5070'],
    [
      'Via:\r\n SIP / 2.0 / UDP  pc1 ;branch=b ,\r\n SIP/2.0/TCP pc2',
      'Via: SIP/2.0/UDP pc1;branch=b;received=192.0.2.7;rport=5070, SIP/2.0/TCP pc2',
    ],
    [
      'Via: SIP/2.0/UDP pc1\r\nVia: SIP/2.0/UDP pc2',
      'Via: SIP/2.0/UDP pc1;received=192.0.2.7;rport=5070\r\nVia: SIP/2.0/UDP pc2',
    ],
  ])('%s', (line, stamped) => {
    const around = (text: string) =>
      Buffer.from(`OPTIONS sip:a SIP/2.0\r\nSubject: \xff\r\n${text}\r\nTo: b\r\n\r\nbody`, 'latin1');
    expect(stampTopVia(around(line), from).toString('latin1')).toBe(around(stamped).toString('latin1'));
  });

  it.each([
    '',
    'hello',
    'OPTIONS sip:a SIP/2.0',
    'OPTIONS sip:a SIP/2.0\r\nTo: b\r\n\r\nVia: SIP/2.0/UDP a',
    'O s S\r\nVia: nonsense\r\n\r\n',
  ])('stays away from "%s"', (text) => {
    expect(stampTopVia(Buffer.from(text), from).toString()).toBe(text);
  });
});

describe('R-SIP-3: properties', () => {
  it('what is written is read again as it was', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(parseMessage(serialiseMessage(message))).toEqual(withLength(message));
      }),
      runs(300),
    );
  });

  it('no mangled message makes the parser throw anything but its own error', () => {
    const mangling = fc.array(
      fc.record({ at: fc.nat(), cut: fc.nat({ max: 8 }), put: fc.uint8Array({ maxLength: 8 }) }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(anyMessage, mangling, (message, changes) => {
        let bytes = serialiseMessage(message);
        for (const { at, cut, put } of changes) {
          const place = at % (bytes.length + 1);
          bytes = Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + cut)]);
        }
        const stamped = stampTopVia(bytes, { address: '127.0.0.1', port: 1 });
        const reading = readMessage(stamped);
        if ('message' in reading) readEssentials(reading.message.headers);
        else expect(() => parseMessage(stamped)).toThrow('not a SIP message');
      }),
      runs(1_000),
    );
  });
});

/** A message as it is read: with the Content-Length that writing it adds. */
function withLength(message: SipMessage): SipMessage {
  const length = { name: 'Content-Length', value: String(message.body.length) };
  return { ...message, headers: [...message.headers, length] };
}
