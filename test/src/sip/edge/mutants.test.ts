// Broken input by the ten thousand: the whole of an edge but its sockets, the framing of streams, session descriptions and
// bodies. Nothing may throw, grow without bound, or go uncounted.

import { describe, expect, it } from 'vitest';
import { TwinreelError } from '#src/errors';
import { seededRandom, VirtualClock } from '#src/ports';
import { parseMsrInvite, parseOffer, partsMax, readMessage, splitBody, textOfPart } from '#src/sip';
import { edgeLimits } from '#src/sip/edge';
import { StreamFraming } from '../../../../src/sip/edge/stream-framing.ts';
import { Switchboard } from '../../../../src/sip/edge/switchboard.ts';
import type { Flow } from '../../../../src/sip/edge/transport.ts';
import { mutantOf } from '../torture/mutation.ts';
import { traits } from '../torture/traits.ts';

const factor = process.env['TWINREEL_FULL'] ? 20 : 1;

const sdp = [
  ...['v=0', 'o=Genesys 1 1 IN IP4 192.0.2.9', 's=phone-call', 'c=IN IP4 192.0.2.9', 't=0 0'],
  ...[
    'm=audio 4000 RTP/AVP 0 8 18 101',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    'a=sendonly',
    'a=label:1',
  ],
  ...[
    'm=audio 4002 RTP/SAVP 9 96',
    'c=IN IP6 2001:db8::1',
    'a=rtpmap:96 opus/48000/2',
    'a=rtcp-mux',
    'a=inactive',
    'a=label:2',
    '',
  ],
].join('\r\n');
const metadata =
  '<?xml version="1.0"?><recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>complete</datamode></recording>';
const body = [
  ...['--b1', 'Content-Type: application/sdp', '', sdp],
  ...[
    '--b1',
    'Content-Type: application/rs-metadata+xml',
    'Content-Disposition: recording-session',
    '',
    metadata,
    '--b1--',
    '',
  ],
].join('\r\n');
const call = (lines: readonly string[], text: string) =>
  [
    ...[
      'Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK$N;rport',
      'From: "A" <sip:a@192.0.2.9>;tag=a',
      'To: <sip:r@192.0.2.1>',
    ],
    ...[
      'Call-ID: $N',
      'CSeq: 1 INVITE',
      'Contact: <sip:a@192.0.2.9>',
      'Max-Forwards: 70',
      ...lines,
      `Content-Length: ${text.length}`,
      '',
      text,
    ],
  ].join('\r\n');
const messages = [
  ...traits.map(({ message }) => message),
  `INVITE sip:record=id1@192.0.2.1;calluuid=C1;dn=3556;otherDN=0412 SIP/2.0\r\n${call(['Content-Type: application/sdp'], sdp)}`,
  `INVITE sip:r@192.0.2.1 SIP/2.0\r\n${call(['Require: siprec', 'Content-Type: multipart/mixed;boundary=b1'], body)}`,
  `CANCEL sip:r@192.0.2.1 SIP/2.0\r\n${call([], '').replace('1 INVITE', '1 CANCEL')}`,
  `ACK sip:r@192.0.2.1 SIP/2.0\r\n${call([], '').replace('1 INVITE', '1 ACK')}`,
  `BYE sip:r@192.0.2.1 SIP/2.0\r\n${call([], '').replace('1 INVITE', '2 BYE')}`,
  `SIP/2.0 200 OK\r\n${call(['Content-Type: application/sdp'], sdp)}`,
].map((text) => text.replaceAll('$HERE', '192.0.2.9:5060').replaceAll('$BRANCH', '$N'));

/** An edge without sockets; its application routes everything and answers each request at once. */
function bareEdge() {
  const clock = new VirtualClock();
  const random = seededRandom(4_475);
  const switchboard = new Switchboard({ clock, random, secret: 's', limits: edgeLimits, log: () => {} });
  let shown = 0;
  let ask = (_payload: string) => {};
  const session = switchboard.connect({
    name: 'test',
    write(frame) {
      const [, type, , , , , , , transactionId] = frame.toString('latin1', 0, 300).split('|');
      if (type !== 'sip') return;
      shown += 1;
      ask(`x|sip|${transactionId}|\r\nSIP/2.0 ${shown % 3 === 0 ? '200 OK' : '486 Busy Here'}\r\n\r\n`);
    },
    end: () => {},
    afterTurn: (run) => run(),
  })!;
  ask = (payload) => session.receive(Buffer.from(`${Buffer.byteLength(payload, 'latin1')}#${payload}`, 'latin1'));
  ask('1|authenticate|s|');
  for (const verb of ['invite', 'message', 'options', 'register', 'bye', 'info', 'subscribe']) ask(`2|route|${verb}`);
  let sent = 0;
  const flow: Flow = {
    protocol: 'udp',
    isReliable: false,
    remote: { address: '192.0.2.9', port: 5060 },
    local: { address: '192.0.2.1', port: 5060 },
    send: () => {
      sent += 1;
    },
  };
  const { protocol, local } = flow;
  switchboard.addTransport({ protocol, local, connections: 0, queuedMs: 0, flowTo: () => flow, close: async () => {} });
  return { switchboard, clock, flow, shown: () => shown, sent: () => sent };
}

describe('R-SIP-3: broken input', () => {
  it('messages: every one is shown, answered, absorbed or counted, and the edge serves on', () => {
    const { switchboard, clock, flow, shown, sent } = bareEdge();
    const random = seededRandom(2_543);
    const total = () => {
      const { refused, repeatsAbsorbed } = switchboard.counters();
      return shown() + sent() + repeatsAbsorbed + Object.values(refused).reduce((sum, one) => sum + one, 0);
    };
    for (let count = 0; count < 10_000 * factor; count += 1) {
      const mutant = mutantOf(messages, random)
        .toString('latin1')
        .replaceAll('$N', `n${count % 997}`);
      const bytes = Buffer.from(mutant, 'latin1');
      const before = total();
      const { requestsReceived, responsesReceived } = switchboard.counters();
      switchboard.received(bytes, flow);
      const after = switchboard.counters();
      const isCounted = after.requestsReceived + after.responsesReceived > requestsReceived + responsesReceived;
      // The ACK of an error is taken without a word.
      if (isCounted && !/^\s*ACK /.test(mutant)) expect(total()).toBeGreaterThan(before);
      if (!isCounted) expect(mutant.replace(/[\r\n\0]/g, '')).toBe('');
      if (count % 100 === 0) clock.advance(1_000);
    }
    const { refused, requestsReceived } = switchboard.counters();
    expect(requestsReceived).toBeGreaterThan(5_000);
    expect(shown()).toBeGreaterThan(500);
    expect(Object.keys(refused)).toEqual(
      expect.arrayContaining(['malformed', 'version', 'stray-response', 'no-dialog']),
    );
    // When all timers have run nothing is left.
    for (let second = 0; second < 120; second += 1) clock.advance(1_000);
    expect(switchboard.counters()).toMatchObject({ transactions: 0, dialogs: 0 });
    const told = shown();
    switchboard.received(Buffer.from(messages.at(-6)!.replaceAll('$N', 'last')), flow);
    expect(shown()).toBe(told + 1);
    switchboard.close();
    expect(clock.pendingCount).toBe(0);
  });

  it('streams: what is cut out can be taken apart, and memory is bounded', () => {
    const random = seededRandom(5_626);
    const limits = { headBytesMax: 8_192, messageBytesMax: 16_384 };
    const ends = new Map<string, number>();
    for (let count = 0; count < 2_000 * factor; count += 1) {
      const framing = new StreamFraming(limits);
      const bytes = Buffer.concat(Array.from({ length: 3 }, () => mutantOf(messages, random)));
      let given = 0;
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + Math.floor(random.fraction() * 2_000);
        for (const framed of framing.push(bytes.subarray(at, at + size))) {
          ends.set(framed.type, (ends.get(framed.type) ?? 0) + 1);
          if (framed.type !== 'message') continue;
          given += framed.bytes.length;
          expect(framed.bytes.length).toBeLessThanOrEqual(limits.messageBytesMax);
          expect(readMessage(framed.bytes)).not.toMatchObject({ problem: 'content-length' });
        }
        at += size;
      }
      expect(given).toBeLessThanOrEqual(bytes.length);
    }
    expect([...ends.keys()].sort()).toEqual(['broken', 'message', 'ping']);
  });

  it('session descriptions: read, or refused as such', () => {
    const random = seededRandom(4_566);
    let read = 0;
    for (let count = 0; count < 4_000 * factor; count += 1) {
      try {
        parseOffer(mutantOf([sdp], random).toString('latin1'));
        read += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(TwinreelError);
        expect((error as TwinreelError).code).toBe('sdp-invalid');
      }
    }
    expect(read).toBeGreaterThan(100);
  });

  it('bodies of several parts: bounded, never more than came', () => {
    const random = seededRandom(2_046);
    for (let count = 0; count < 4_000 * factor; count += 1) {
      const mutant = mutantOf([body], random);
      const type = mutantOf(['multipart/mixed;boundary=b1', 'multipart/mixed; boundary="b1"'], random).toString(
        'latin1',
      );
      for (const { parts } of [splitBody('multipart/mixed;boundary=b1', mutant), splitBody(type, mutant)]) {
        expect(parts.length).toBeLessThanOrEqual(partsMax);
        expect(parts.reduce((sum, one) => sum + one.body.length, 0)).toBeLessThanOrEqual(mutant.length);
        for (const part of parts) textOfPart(part);
      }
    }
  });

  it('Request-URIs of media servers: read as far as they go', () => {
    const random = seededRandom(3_986);
    for (let count = 0; count < 2_000 * factor; count += 1) {
      parseMsrInvite(
        mutantOf(['sip:record=id1@192.0.2.1;calluuid=C1;dn=3556;otherDN=0412'], random).toString('latin1'),
        [],
      );
    }
  });
});
