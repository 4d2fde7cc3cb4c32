import { describe, expect, it } from 'vitest';
import { parseMessage, readEssentials, type SipRequest, type SipResponse } from '#src/sip';
import { type Dialog, dialogAsCallee, dialogAsCaller, pathOf, refreshed } from '../../../../src/sip/edge/dialog.ts';

const fields = [
  'Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKa',
  'From: "Alice" <sip:alice@a.example>;tag=alice',
  'Call-ID: c1',
  'CSeq: 7 INVITE',
];
const routes = ['Record-Route: <sip:192.0.2.1;lr>, <sip:192.0.2.2;lr>', 'Record-Route: <sip:192.0.2.3;lr>'];
const invite = read([
  'INVITE sip:bob@b.example SIP/2.0',
  ...fields,
  'To: <sip:bob@b.example>',
  ...routes,
  'm: <sip:alice@192.0.2.9>',
]) as SipRequest;
const answer = read([
  'SIP/2.0 200 OK',
  ...fields,
  'To: <sip:bob@b.example>;tag=bob',
  ...routes,
  'm: "Bob" <sip:bob@192.0.2.8>;q=1',
]) as SipResponse;

describe('R-SIP-3: dialogs (RFC 3261 §12)', () => {
  it('as the callee: routes in the order of the request, ends swapped', () => {
    expect(dialogAsCallee(invite, essentialsOf(invite), answer, 'bob')).toEqual({
      id: 'c1;from-tag=alice',
      callId: 'c1',
      localTag: 'bob',
      remoteTag: 'alice',
      local: '<sip:bob@b.example>;tag=bob',
      remote: '"Alice" <sip:alice@a.example>;tag=alice',
      localSequence: 7,
      remoteSequence: 7,
      routeSet: ['<sip:192.0.2.1;lr>', '<sip:192.0.2.2;lr>', '<sip:192.0.2.3;lr>'],
      remoteTarget: 'sip:alice@192.0.2.9',
    });
  });

  it('as the caller: routes in reverse', () => {
    expect(dialogAsCaller(invite, answer, essentialsOf(answer))).toMatchObject({
      id: 'c1;from-tag=alice',
      localTag: 'alice',
      remoteTag: 'bob',
      local: '"Alice" <sip:alice@a.example>;tag=alice',
      remote: '<sip:bob@b.example>;tag=bob',
      localSequence: 7,
      remoteSequence: undefined,
      routeSet: ['<sip:192.0.2.3;lr>', '<sip:192.0.2.2;lr>', '<sip:192.0.2.1;lr>'],
      remoteTarget: 'sip:bob@192.0.2.8',
    });
  });

  it('the peer moves by its Contact, or stays', () => {
    const dialog = dialogAsCaller(invite, answer, essentialsOf(answer));
    expect(refreshed(dialog, invite).remoteTarget).toBe('sip:alice@192.0.2.9');
    expect(refreshed(dialog, { ...invite, headers: [] }).remoteTarget).toBe('sip:bob@192.0.2.8');
  });

  it.each([
    ['no route', [], { uri: 'sip:bob@192.0.2.8', routes: [], nextHop: 'sip:bob@192.0.2.8' }],
    [
      'a loose router',
      ['<sip:192.0.2.3;lr>', '<sip:192.0.2.2>'],
      { uri: 'sip:bob@192.0.2.8', routes: ['<sip:192.0.2.3;lr>', '<sip:192.0.2.2>'], nextHop: 'sip:192.0.2.3;lr' },
    ],
    [
      'a strict router',
      ['<sip:192.0.2.3>', '<sip:192.0.2.2;lr>'],
      { uri: 'sip:192.0.2.3', routes: ['<sip:192.0.2.2;lr>', '<sip:bob@192.0.2.8>'], nextHop: 'sip:192.0.2.3' },
    ],
  ])('the way with %s', (_, routeSet, path) => {
    const dialog: Dialog = { ...dialogAsCaller(invite, answer, essentialsOf(answer)), routeSet };
    expect(pathOf(dialog)).toEqual(path);
  });
});

function read(lines: readonly string[]) {
  return parseMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
}

function essentialsOf(message: SipRequest | SipResponse) {
  const essentials = readEssentials(message.headers);
  if ('missing' in essentials) throw new Error(essentials.missing);
  return essentials;
}
