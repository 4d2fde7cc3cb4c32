import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Body, partsMax, splitBody, textOfPart } from '#src/sip';

const runs = process.env.TWINREEL_FULL ? 5_000 : 300;

function split(contentType: string, text: string): Body {
  return splitBody(contentType, Buffer.from(text, 'utf8'));
}

function shown({ parts }: Body): [string, string][] {
  return parts.map((part) => [part.contentType, textOfPart(part)]);
}

const sdp = 'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\n';
const xml = '<?xml version="1.0"?>\r\n\r\n<recording/>';
const both = [
  '--b1',
  'Content-Type: application/sdp',
  '',
  sdp,
  '--b1',
  'Content-Type: application/rs-metadata+xml',
  'Content-Disposition: recording-session',
  '',
  xml,
  '--b1--',
  '',
].join('\r\n');
const wanted = [
  ['application/sdp', sdp],
  ['application/rs-metadata+xml', xml],
];

describe('a multipart body', () => {
  it('R-SIP-2: is split at its boundary; a blank line inside a part and the last part stay whole', () => {
    const body = split('multipart/mixed;boundary=b1', both);
    expect(shown(body)).toEqual(wanted);
    expect(body.parts[1]!.disposition).toBe('recording-session');
    expect(body.problem).toBeUndefined();
  });

  it.each([
    ['quoted boundary', 'multipart/mixed; boundary="b1"', both],
    ['parameters after the boundary', 'multipart/mixed;boundary="b1";charset=utf-8', both],
    ['parameters before it, and odd case', 'Multipart/MIXED; Type="x;y" ; BOUNDARY=b1', both],
    ['escaped characters in a quoted boundary', 'multipart/mixed;boundary="b\\1"', both],
    ['preamble and epilogue', 'multipart/mixed;boundary=b1', `who reads this?\r\n${both}--b1\r\nnobody`],
    ['a blank line before the first boundary', 'multipart/mixed;boundary=b1', `\r\n${both}`],
    ['white space after a boundary', 'multipart/mixed;boundary=b1', both.replaceAll('--b1\r', '--b1 \t\r')],
    ['no boundary parameter', 'multipart/mixed', both],
    ['compact header names', 'multipart/mixed;boundary=b1', both.replaceAll('Content-Type', 'c')],
    ['no line end at the very end', 'multipart/mixed;boundary=b1', both.trimEnd()],
  ])('R-SIP-2: %s', (_what, contentType, text) => {
    expect(shown(split(contentType, text))).toEqual(wanted);
  });

  it('R-SIP-2: lines may end with LF only', () => {
    const text = both.replaceAll('\r\n', '\n');
    const unix = wanted.map(([type, body]) => [type, body!.replaceAll('\r\n', '\n')]);
    expect(shown(split('multipart/mixed;boundary=b1', text))).toEqual(unix);
  });

  it('R-SIP-2: a boundary that another one begins with is not mistaken for it', () => {
    const text = '--b\r\n\r\nx\r\n--bb\r\ny\r\n--b--';
    expect(shown(split('multipart/mixed;boundary=b', text))).toEqual([['text/plain', 'x\r\n--bb\r\ny']]);
  });

  it('R-SIP-2: a part without headers keeps its first line', () => {
    const text = `--b\r\n${sdp}\r\n--b--`;
    expect(shown(split('multipart/mixed;boundary=b', text))).toEqual([['text/plain', sdp]]);
  });

  it('R-SIP-2: without the last boundary what there is of the last part is kept, and the body says so', () => {
    const body = split('multipart/mixed;boundary=b1', both.slice(0, both.lastIndexOf('--b1--') - 2));
    expect(shown(body)).toEqual(wanted);
    expect(body.problem).toContain('never comes');
  });

  it('R-SIP-2: nested multiparts give their parts in place', () => {
    const inner = '--i\r\nContent-Type: a/b\r\n\r\n1\r\n--i\r\n\r\n2\r\n--i--';
    const text = `--o\r\nContent-Type: multipart/alternative;boundary=i\r\n\r\n${inner}\r\n--o\r\nc: d/e\r\n\r\n3\r\n--o--`;
    expect(shown(split('multipart/mixed;boundary=o', text))).toEqual([
      ['a/b', '1'],
      ['text/plain', '2'],
      ['d/e', '3'],
    ]);
  });

  it('R-SIP-2: undoes base64 and quoted-printable, and reads the charset', () => {
    const base64 = Buffer.from('Zoë').toString('base64');
    const text = [
      `--b\r\nContent-Transfer-Encoding: BASE64\r\n\r\n${base64}`,
      '--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nZo=C3=AB =\r\n=3D',
      '--b\r\nContent-Type: text/plain; charset="ISO-8859-1"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nZo=EB',
      '--b--',
    ].join('\r\n');
    expect(shown(split('multipart/mixed;boundary=b', text)).map(([, one]) => one)).toEqual(['Zoë', 'Zoë =', 'Zoë']);
  });

  it('R-SIP-2: a body of one kind is one part, an empty one is none', () => {
    expect(shown(split('application/sdp', sdp))).toEqual([['application/sdp', sdp]]);
    expect(split('multipart/mixed;boundary=b', '')).toEqual({ parts: [] });
  });

  it('R-SIP-3: parts, depth and boundary are bounded, and the body says what was left out', () => {
    const many = split('multipart/mixed;boundary=b', `${'--b\r\n\r\nx\r\n'.repeat(1_000)}--b--`);
    expect(many.parts).toHaveLength(partsMax);
    expect(many.problem).toContain('more than 32');
    const deep = Array.from({ length: 50 }, () => '--b\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n').join('');
    expect(split('multipart/mixed;boundary=b', deep).parts.length).toBeLessThanOrEqual(partsMax);
    const nested = Array.from(
      { length: 9 },
      (_, at) => `--${at}\r\nContent-Type: multipart/x;boundary=${at + 1}\r\n\r\n`,
    );
    expect(split('multipart/mixed;boundary=0', nested.join(''))).toMatchObject({
      parts: [],
      problem: expect.stringContaining('never comes'),
    });
    expect(split(`multipart/mixed;boundary=${'b'.repeat(300)}`, both).problem).toContain('300 characters');
  });

  const boundary = fc.stringMatching(/^[A-Za-z0-9'()+_,./:=?-]{1,30}$/);
  const content = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  const lines = fc.array(fc.oneof(content, fc.constantFrom('', '--', '--b', 'a: b', '\r\n\r\n')), { maxLength: 5 });
  const made = fc.record({
    boundary,
    end: fc.constantFrom('\r\n', '\n'),
    bodies: fc.array(lines, { minLength: 1, maxLength: 6 }),
    preamble: fc.constantFrom('', 'preamble'),
  });
  const written = made.map(({ boundary: name, end, bodies, preamble }) => {
    // A line that is the delimiter cannot be content, and before a bare LF a CR would be part of the line end.
    const texts = bodies.map((one) => one.join(end).replaceAll(`--${name}`, '').replace(/\r$/, ''));
    const parts = texts.map((one) => `--${name}${end}Content-Type: x/y${end}${end}${one}${end}`);
    const text = `${preamble}${preamble === '' ? '' : end}${parts.join('')}--${name}--${end}`;
    return { name, texts, bytes: Buffer.from(text, 'latin1') };
  });

  it('R-SIP-2: what was put in comes out, byte for byte', () => {
    fc.assert(
      fc.property(written, ({ name, texts, bytes }) => {
        const { parts, problem } = splitBody(`multipart/mixed;boundary="${name}"`, bytes);
        expect(parts.map(({ body }) => body.toString('latin1'))).toEqual(texts);
        expect(problem).toBeUndefined();
      }),
      { seed: 2_046, numRuns: runs },
    );
  });

  it('R-SIP-3: no mutant of a body throws, grows, or gives more parts than allowed', () => {
    const change = fc.tuple(
      fc.nat(),
      fc.constantFrom('', '\r', '\n', '--', '--b1', '\0', ':', ';'),
      fc.nat({ max: 8 }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), (changes) => {
        let text = both;
        for (const [where, put, cut] of changes) {
          const at = where % (text.length + 1);
          text = text.slice(0, at) + put + text.slice(at + cut);
        }
        for (const type of ['multipart/mixed;boundary=b1', 'multipart/mixed', text.slice(0, 60)]) {
          const { parts } = split(type, text);
          expect(parts.length).toBeLessThanOrEqual(partsMax);
          expect(parts.reduce((sum, one) => sum + one.body.length, 0)).toBeLessThanOrEqual(text.length);
        }
      }),
      { seed: 5_621, numRuns: runs },
    );
  });
});
