// Made-up SIP messages for property tests.

import fc from 'fast-check';
import { headerName, type SipMessage } from '#src/sip';

const token = fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]{1,12}$/);
const word = fc.stringMatching(/^[!-~\u00a0-\u00ff]{1,20}$/);
const tag = fc.stringMatching(/^[A-Za-z0-9]{1,10}$/);
const host = fc.oneof(
  fc.ipV4(),
  fc.domain(),
  fc.ipV6().map((address) => `[${address.toLowerCase()}]`),
);
const uri = fc
  .tuple(fc.option(tag), host, fc.option(fc.integer({ min: 1, max: 65_535 })))
  .map(([user, place, port]) => `sip:${user === null ? '' : `${user}@`}${place}${port === null ? '' : `:${port}`}`);
const address = fc
  .tuple(fc.option(fc.stringMatching(/^[A-Za-z ,;<>]{0,10}$/)), uri, fc.option(tag))
  .map(([name, to, its]) => `${name === null ? '' : `"${name}" `}<${to}>${its === null ? '' : `;tag=${its}`}`);
const via = fc
  .tuple(fc.constantFrom('UDP', 'TCP', 'TLS'), host, tag)
  .map(([transport, place, branch]) => `SIP/2.0/${transport} ${place};branch=z9hG4bK${branch}`);
const method = fc.constantFrom('INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'INFO', 'UPDATE', 'FOO');
const value = fc.array(word, { maxLength: 4 }).map((words) => words.join(' ').trim());
const header = fc.oneof(
  via.map((one) => ({ name: 'Via', value: one })),
  address.map((one) => ({ name: 'From', value: one })),
  address.map((one) => ({ name: 'To', value: one })),
  tag.map((one) => ({ name: 'Call-ID', value: one })),
  fc.tuple(fc.nat(), method).map(([number, its]) => ({ name: 'CSeq', value: `${number} ${its}` })),
  fc
    .tuple(token, value)
    .map(([name, text]) => ({ name: headerName(name), value: text }))
    .filter(({ name }) => name !== 'Content-Length' && headerName(name) === name),
);
const headers = fc.array(header, { maxLength: 12 });
const body = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));

/** Any message; its Content-Length is left to the writer. */
export const anyMessage: fc.Arbitrary<SipMessage> = fc.oneof(
  fc.record({ type: fc.constant('request' as const), method, uri, headers, body }),
  fc.record({
    type: fc.constant('response' as const),
    status: fc.integer({ min: 100, max: 699 }),
    reason: value,
    headers,
    body,
  }),
);
