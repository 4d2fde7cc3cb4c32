// What a request must not hold, for an application would be busy with it for long.

import { describe, expect, it } from 'vitest';
import { readMessage, requestFault } from '#src/sip';

const faultOf = (name: string, value: string) => {
  const usual = { From: '<sip:a@b>;tag=1', To: '<sip:b@c>', Contact: '<sip:a@192.0.2.1>' };
  const headers = Object.entries({ ...usual, [name]: value }).map((header) => header.join(': '));
  const lines = ['INVITE sip:b@c SIP/2.0', 'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx', ...headers, 'Call-ID: x'];
  const text = [...lines, 'CSeq: 1 INVITE', 'Max-Forwards: 70', 'Content-Length: 0', '', ''].join('\r\n');
  const reading = readMessage(Buffer.from(text));
  if (!('message' in reading) || reading.message.type !== 'request') throw new Error(JSON.stringify(reading));
  return requestFault(reading.message);
};

describe('R-SIP-3: runs of blanks in addresses', () => {
  const blanks = ['\t', ' ', '\u00a0', '\u3000'];

  it.each(['From', 'To', 'Contact'])('in %s are refused when an application would have to go over them', (name) => {
    for (const blank of blanks) {
      const address = `<sip:a@b>;tag=1${blank.repeat(1_000)}x`;
      expect(faultOf(name, address)).toEqual({ status: 400, detail: `64 blanks or more in ${name}` });
    }
  });

  it.each(['From', 'To', 'Contact'])('in %s, and anything else of such length, are refused by their length', (name) => {
    const many = Array(1_000).fill('<sip:a@b>').join(',');
    expect(faultOf(name, many)).toEqual({ status: 400, detail: `${name} of 9999 bytes, at most 4096` });
  });

  it('are nothing to mind when they are short, or elsewhere', () => {
    expect(faultOf('From', `"A${' '.repeat(60)}B"${' '.repeat(60)}<sip:a@b>;tag=1`)).toBeUndefined();
    expect(faultOf('Subject', ' x'.repeat(100) + ' '.repeat(5_000))).toBeUndefined();
    expect(faultOf('From', `<sip:a@b>;tag=${'1'.repeat(4_000)}`)).toBeUndefined();
  });
});
