// A glance must see what reading the whole message sees, or nothing: what it leads to is compared with the long way.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage, readEssentials, readMessage, serialiseMessage, stampTopVia } from '#src/sip';
import { ownResponse } from '../../../../src/sip/edge/compose.ts';
import { glanceAtInvite, refusalOf } from '../../../../src/sip/edge/invite-glance.ts';

const source = { address: '192.0.2.7', port: 5_070 };
const usual = [
  'INVITE sip:b@192.0.2.2 SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa',
  'Via: SIP/2.0/UDP 192.0.2.3;branch=z9hG4bKb;received=192.0.2.4 ',
  'Max-Forwards: 70',
  'From: "A, B" <sip:a@192.0.2.1>;tag=a',
  'To: <sip:b@192.0.2.2>',
  'Contact: <sip:a@192.0.2.1>',
  'Call-ID: c@x',
  'CSeq: 1 INVITE',
  'Content-Length: 0',
];
const bytesOf = (lines: readonly string[]) => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
const refused = (bytes: Buffer) => {
  const glance = glanceAtInvite(bytes);
  const extra = '\r\nRetry-After: 5';
  return (
    glance && refusalOf(glance, { source, status: '503 Service Unavailable', toTag: 'ours', extra }).toString('latin1')
  );
};
const refusedInWhole = (bytes: Buffer) => {
  const { headers } = parseMessage(stampTopVia(bytes, source));
  const retry = [{ name: 'Retry-After', value: '5' }];
  return serialiseMessage(ownResponse(headers, 503, 'ours', retry)).toString('latin1');
};

describe('R-SIP-3: a glance at an INVITE', () => {
  it('is enough to refuse it', () => {
    expect(refused(bytesOf(usual))).toBe(refusedInWhole(bytesOf(usual)));
    expect(refused(bytesOf(usual))).toContain('\r\nTo: <sip:b@192.0.2.2>;tag=ours\r\n');
  });

  it.each([
    ['another method', (text: string) => text.replaceAll('INVITE', 'OPTIONS')],
    ['a To tag', (text: string) => text.replace('To: <sip:b@192.0.2.2>', 'To: <sip:b@192.0.2.2>;tag=b')],
    ['a compact name', (text: string) => text.replace('From:', 'f:')],
    ['a name in other letters', (text: string) => text.replace('Call-ID:', 'CALL-ID:')],
    ['a name with a space behind it', (text: string) => text.replace('To:', 'To :')],
    ['a folded line', (text: string) => text.replace('"A, B" ', '"A, B"\r\n ')],
    ['two Vias in a line', (text: string) => text.replace('=z9hG4bKa', '=z9hG4bKa, SIP/2.0/UDP 192.0.2.9')],
    ['a Via that is none', (text: string) => text.replace('SIP/2.0/UDP 192.0.2.1', 'UDP 192.0.2.1')],
    ['a line that is there twice', (text: string) => text.replace('Contact:', 'From: <sip:x@y>\r\nContact:')],
    ['a line that is not there', (text: string) => text.replace('Call-ID: c@x\r\n', '')],
    ['a CSeq of another method', (text: string) => text.replace('1 INVITE', '1 BYE')],
    ['a line feed alone', (text: string) => text.replace('Call-ID: c@x', 'Call-ID: c@x\nX: y')],
    ['a zero byte', (text: string) => text.replace('c@x', 'c\0x')],
    ['no end', (text: string) => text.slice(0, -2)],
  ])('sees nothing in one with %s', (_, change) => {
    expect(glanceAtInvite(Buffer.from(change(bytesOf(usual).toString('latin1')), 'latin1'))).toBeUndefined();
  });

  it('sees what reading it all sees, or nothing', () => {
    const change = fc.record({
      at: fc.nat(),
      cut: fc.nat({ max: 3 }),
      put: fc.string({ maxLength: 3, unit: 'binary-ascii' }),
    });
    let seen = 0;
    const property = fc.property(
      fc.shuffledSubarray(usual.slice(1), { minLength: 6 }),
      fc.array(change, { maxLength: 2 }),
      (lines, changes) => {
        let bytes = bytesOf([usual[0]!, ...lines]);
        for (const { at, cut, put } of changes) {
          const place = at % (bytes.length + 1);
          bytes = Buffer.concat([bytes.subarray(0, place), Buffer.from(put, 'latin1'), bytes.subarray(place + cut)]);
        }
        const glanced = refused(bytes);
        const reading = readMessage(stampTopVia(bytes, source));
        if (glanced === undefined || !('message' in reading)) return;
        if ('missing' in readEssentials(reading.message.headers, 'INVITE')) return;
        seen += 1;
        expect(glanced).toBe(refusedInWhole(bytes));
      },
    );
    fc.assert(property, { seed: 5_060, numRuns: process.env['TWINREEL_FULL'] ? 20_000 : 1_000 });
    expect(seen).toBeGreaterThan(50);
  });
});
