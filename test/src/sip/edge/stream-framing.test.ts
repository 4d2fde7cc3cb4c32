import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessage, serialiseMessage } from '#src/sip';
import { type Framed, StreamFraming } from '../../../../src/sip/edge/stream-framing.ts';
import { anyMessage } from '../any-message.ts';

const limits = { headBytesMax: 2_000, messageBytesMax: 4_000 };

const options = (lines: readonly string[], body = '') =>
  `OPTIONS sip:a@192.0.2.1 SIP/2.0\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
const whole = options(['Call-ID: one', 'Content-Length: 4'], 'body');

/** What stands in a stream, in few words. */
function read(...pieces: readonly (string | Buffer)[]): string[] {
  const framing = new StreamFraming(limits);
  return pieces.flatMap((piece) => framing.push(Buffer.from(piece))).map(inWords);
}

function inWords(framed: Framed): string {
  if (framed.type === 'message') return framed.bytes.toString('latin1');
  return framed.type === 'ping' ? 'ping' : `${framed.problem} ${framed.status}${framed.head.length > 0 ? ' head' : ''}`;
}

describe('R-SIP-3: a stream is cut into messages', () => {
  it.each<[string, string[], string[]]>([
    ['one', [whole], [whole]],
    ['several in one piece', [whole + whole + whole], [whole, whole, whole]],
    ['one byte at a time', [...(whole + whole)], [whole, whole]],
    ['line ends before and between', [`\r\n${whole}\r\n${whole}`], [whole, whole]],
    ['lines that end with LF alone', [whole.replaceAll('\r\n', '\n')], [whole.replaceAll('\r\n', '\n')]],
    ['compact, folded and spaced length', [options(['l :\r\n  2'], 'ab')], [options(['l :\r\n  2'], 'ab')]],
    [
      'the same length twice',
      [options(['Content-Length: 1', 'l: 1'], 'x')],
      [options(['Content-Length: 1', 'l: 1'], 'x')],
    ],
    ['neither length nor type: no body', [options(['Call-ID: a']) + whole], [options(['Call-ID: a']), whole]],
    ['a ping', ['\r\n\r\n'], ['ping']],
    ['a ping in four pieces', ['\r', '\n', '\r', '\n'], ['ping']],
    ['a pong is nothing to answer', ['\r\n', whole, '\r\n'], [whole]],
    ['a ping between messages', [`${whole}\r\n\r\n${whole}`], [whole, 'ping', whole]],
    ['many pings of one piece are one', ['\r\n'.repeat(1_000)], ['ping']],
    ['a response', ['SIP/2.0 200 OK\r\nl: 0\r\n\r\n'], ['SIP/2.0 200 OK\r\nl: 0\r\n\r\n']],
    ['another version is for the parser to refuse', ['A b SIP/7.0\r\n\r\n'], ['A b SIP/7.0\r\n\r\n']],
  ])('%s', (_, pieces, wanted) => expect(read(...pieces)).toEqual(wanted));
});

describe('R-SIP-3: what can be no message ends the stream', () => {
  it.each<[string, string[], string[]]>([
    ['body without length', [options(['Content-Type: application/sdp'], 'v=0')], ['stream-length 400 head']],
    ['negative length', [options(['Content-Length: -1'])], ['stream-length 400 head']],
    ['length that is no number', [options(['Content-Length: 1e3'])], ['stream-length 400 head']],
    ['empty length', [options(['Content-Length:'])], ['stream-length 400 head']],
    ['two lengths that differ', [options(['Content-Length: 1', 'l: 2'])], ['stream-length 400 head']],
    ['length of many digits', [options(['Content-Length: 99999999999999999999'])], ['stream-length 400 head']],
    ['length above the bound', [options(['Content-Length: 4000'])], ['too-large 513 head']],
    ['headers without end', [options([`X: ${'x'.repeat(2_000)}`])], ['too-large 513 head']],
    [
      'headers without end, line by line',
      ['A b SIP/2.0\r\n', ...Array(300).fill('X: y12\r\n')],
      ['too-large 513 head'],
    ],
    ['a start line without end', ['x'.repeat(2_001)], ['too-large 513 head']],
    ['another protocol', ['GET / HTTP/1.1\r\nHost: a\r\n\r\n'], ['stream-garbage 400']],
    ['another protocol, in pieces', ['GET', ' / HTTP/1.1\r', '\n'], ['stream-garbage 400']],
    ['a TLS hello', ['\x16\x03\x01\x02'], ['stream-garbage 400']],
    ['garbage behind a message', [`${whole}\0\0\0`], [whole, 'stream-garbage 400']],
    [
      'a body longer than its length',
      [options(['Content-Length: 2'], 'ab=c\r\n')],
      [options(['Content-Length: 2'], 'ab'), 'stream-garbage 400'],
    ],
  ])('%s', (_, pieces, wanted) => expect(read(...pieces, whole)).toEqual(wanted));
});

describe('R-SIP-3: framing', () => {
  const runs = { seed: 5_061, numRuns: process.env['TWINREEL_FULL'] ? 2_000 : 100 };

  it('gives the same messages however the stream is cut', () => {
    const stream = fc.array(anyMessage.map(serialiseMessage), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        stream,
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 40 }),
        (messages, cuts) => {
          const framing = new StreamFraming({ headBytesMax: 32_768, messageBytesMax: 65_535 });
          const given: Buffer[] = [];
          const bytes = Buffer.concat(messages);
          for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
            const size = cuts[cut % cuts.length]!;
            for (const framed of framing.push(bytes.subarray(at, at + size))) {
              if (framed.type === 'message') given.push(framed.bytes);
            }
            at += size;
          }
          expect(given.map((one) => one.toString('latin1'))).toEqual(messages.map((one) => one.toString('latin1')));
          expect(framing.isWithin).toBe(false);
        },
      ),
      runs,
    );
  });

  it('never throws, never gives more than it got, and every message it gives can be taken apart', () => {
    const piece = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      anyMessage.map(serialiseMessage),
      fc.constantFrom('\r\n', '\n', ' ', 'SIP/2.0', 'Content-Length: ', '7', whole).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const framing = new StreamFraming(limits);
        let given = 0;
        for (const framed of pieces.flatMap((one) => framing.push(one))) {
          if (framed.type !== 'message') continue;
          given += framed.bytes.length;
          expect(readMessage(framed.bytes)).not.toMatchObject({ problem: 'content-length' });
        }
        expect(given).toBeLessThanOrEqual(pieces.reduce((sum, one) => sum + one.length, 0));
      }),
      runs,
    );
  });

  it('copies a message that comes byte by byte a few times at most', () => {
    const framing = new StreamFraming({ headBytesMax: 32_768, messageBytesMax: 65_535 });
    const long = Buffer.from(options(['Content-Length: 65000'], 'x'.repeat(65_000)));
    let given: Framed[] = [];
    for (const byte of long) given = [...given, ...framing.push(Buffer.from([byte]))];
    expect(given).toHaveLength(1);
  });
});
