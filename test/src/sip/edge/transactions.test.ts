// The transaction layer on a clock that stands still: what goes out when, over an unreliable and a reliable flow, as tables.

import { describe, expect, it } from 'vitest';
import { VirtualClock } from '#src/ports';
import { parseMessage, readEssentials, type SipRequest, type SipResponse } from '#src/sip';
import { ownResponse } from '../../../../src/sip/edge/compose.ts';
import { Tally } from '../../../../src/sip/edge/counters.ts';
import { Transactions } from '../../../../src/sip/edge/transactions.ts';
import type { Flow } from '../../../../src/sip/edge/transport.ts';

describe('R-SIP-3: INVITE, as the one who asks (RFC 3261 §17.1.1, RFC 6026 §7.2)', () => {
  it('repeats the INVITE at 0.5, 1.5, 3.5 … 31.5 s and gives up at 32', () => {
    const { ask, advance, sent, events, size } = bench();
    ask('INVITE');
    advance(40_000);
    expect(sent()).toEqual([
      '0 INVITE',
      '500 INVITE',
      '1500 INVITE',
      '3500 INVITE',
      '7500 INVITE',
      '15500 INVITE',
      '31500 INVITE',
    ]);
    expect(events).toEqual(['32000 timed-out', '32000 ended']);
    expect(size()).toBe(0);
  });

  it('a provisional response ends the repeats; a final one may take minutes', () => {
    const { ask, advance, answer, sent, events } = bench();
    ask('INVITE');
    advance(600);
    answer(100);
    advance(200_000);
    answer(180);
    advance(200_000);
    answer(200);
    expect(sent()).toEqual(['0 INVITE', '500 INVITE']);
    expect(events).toEqual(['600 100', '200600 180', '400600 200']);
  });

  it('a call that rings for ever is given up', () => {
    const { ask, advance, answer, events } = bench();
    ask('INVITE');
    answer(180);
    advance(300_000);
    expect(events).toEqual(['0 180', '300000 timed-out', '300000 ended']);
  });

  it('a 2xx is handed up every time it comes, for 32 s', () => {
    const { ask, advance, answer, sent, events } = bench();
    ask('INVITE');
    answer(200);
    answer(200);
    advance(31_999);
    answer(200);
    advance(1);
    expect(answer(200)).toBe(false);
    expect(sent()).toEqual(['0 INVITE']);
    expect(events).toEqual(['0 200', '0 200', '31999 200', '32000 ended']);
  });

  it('an error response is handed up once and acknowledged every time', () => {
    const { ask, advance, answer, sent, events } = bench();
    ask('INVITE');
    answer(486);
    answer(486);
    advance(32_000);
    expect(answer(486)).toBe(false);
    expect(sent()).toEqual(['0 INVITE', '0 ACK', '0 ACK']);
    expect(events).toEqual(['0 486', '32000 ended']);
  });

  it('a 2xx that comes after an error response is handed up, too: somebody has to end its call', () => {
    const { ask, answer, sent, events } = bench();
    ask('INVITE');
    answer(487);
    answer(200);
    expect(sent()).toEqual(['0 INVITE', '0 ACK']);
    expect(events).toEqual(['0 487', '0 200']);
  });

  it('after a CANCEL the wait is over in 32 s', () => {
    const { ask, advance, answer, events } = bench();
    const transaction = ask('INVITE');
    answer(180);
    advance(100_000);
    transaction.cancelled();
    advance(32_000);
    expect(events).toEqual(['0 180', '132000 timed-out', '132000 ended']);
  });

  it('over a reliable flow nothing is repeated and nothing lingers', () => {
    const { ask, advance, answer, sent, events, size } = bench({ isReliable: true });
    ask('INVITE');
    advance(31_000);
    answer(486);
    expect(sent()).toEqual(['0 INVITE', '31000 ACK']);
    expect(events).toEqual(['31000 486', '31000 ended']);
    expect(size()).toBe(0);
  });

  it('what could not be sent has failed at once', () => {
    const { ask, events, size, fail } = bench();
    ask('INVITE');
    fail();
    expect(events).toEqual(['0 unsent', '0 ended']);
    expect(size()).toBe(0);
  });
});

describe('R-SIP-3: any other request, as the one who asks (RFC 3261 §17.1.2)', () => {
  it('repeats it at T1, then twice as late each time up to T2, and gives up at 32 s', () => {
    const { ask, advance, sent, events } = bench();
    ask('BYE');
    advance(40_000);
    expect(sent()).toEqual(
      [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500].map((at) => `${at} BYE`),
    );
    expect(events).toEqual(['32000 timed-out', '32000 ended']);
  });

  it('goes on at T2 after a provisional response', () => {
    const { ask, advance, answer, sent } = bench();
    ask('INFO');
    advance(100);
    answer(183);
    advance(9_000);
    expect(sent()).toEqual(['0 INFO', '500 INFO', '4500 INFO', '8500 INFO']);
  });

  it('takes one final response and absorbs copies for T4', () => {
    const { ask, advance, answer, events } = bench();
    ask('BYE');
    answer(200);
    expect(answer(200)).toBe(true);
    advance(5_000);
    expect(answer(200)).toBe(false);
    expect(events).toEqual(['0 200', '5000 ended']);
  });
});

describe('R-SIP-3: INVITE, as the one who answers (RFC 3261 §17.2.1, RFC 6026 §7.1)', () => {
  it('says 100 when nobody has answered for 200 ms, and copies get it again', () => {
    const { serve, hear, advance, sent } = bench();
    serve('INVITE');
    advance(199);
    hear('INVITE');
    advance(1);
    hear('INVITE');
    advance(20_000);
    expect(sent()).toEqual(['200 100', '200 100']);
  });

  it.each([180, 200, 486])('says no 100 after a %i', (status) => {
    const { serve, hear, advance, sent } = bench();
    const transaction = serve('INVITE');
    advance(199);
    transaction.respond(response(transaction.request, status));
    hear('ACK');
    advance(10_000);
    expect(sent()).toEqual([`199 ${status}`]);
  });

  it('a copy gets the last provisional response again', () => {
    const { serve, hear, sent } = bench();
    const transaction = serve('INVITE');
    expect(hear('INVITE')).toBe(true);
    transaction.respond(response(transaction.request, 100));
    transaction.respond(response(transaction.request, 180));
    expect(hear('INVITE')).toBe(true);
    expect(sent()).toEqual(['0 100', '0 180', '0 180']);
  });

  it('an error response is repeated until its ACK, whose copies are absorbed for T4', () => {
    const { serve, hear, advance, sent, size } = bench();
    const transaction = serve('INVITE');
    transaction.respond(response(transaction.request, 486));
    advance(1_600);
    hear('INVITE');
    expect(hear('ACK')).toBe(true);
    advance(4_000);
    expect(hear('ACK')).toBe(true);
    expect(hear('INVITE')).toBe(true);
    advance(1_000);
    expect(sent()).toEqual(['0 486', '500 486', '1500 486', '1600 486']);
    expect(size()).toBe(0);
  });

  it('without ACK it gives up at 32 s', () => {
    const { serve, advance, sent, size } = bench();
    const transaction = serve('INVITE');
    transaction.respond(response(transaction.request, 486));
    advance(40_000);
    expect(sent()).toEqual(
      [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500].map((at) => `${at} 486`),
    );
    expect(size()).toBe(0);
  });

  it('after a 2xx copies are absorbed in silence and the ACK is left to the dialog', () => {
    const { serve, hear, advance, sent, size } = bench();
    const transaction = serve('INVITE');
    transaction.respond(response(transaction.request, 200));
    advance(31_000);
    expect([hear('INVITE'), hear('ACK')]).toEqual([true, false]);
    advance(1_000);
    expect(sent()).toEqual(['0 200']);
    expect(size()).toBe(0);
  });

  it('over a reliable flow an error response is sent once', () => {
    const { serve, hear, advance, sent, size } = bench({ isReliable: true });
    const transaction = serve('INVITE');
    transaction.respond(response(transaction.request, 486));
    advance(20_000);
    hear('ACK');
    expect(sent()).toEqual(['0 486']);
    expect(size()).toBe(0);
  });

  it('an INVITE nobody answers can be forgotten', () => {
    const { serve, size } = bench();
    serve('INVITE').abandon();
    expect(size()).toBe(0);
  });
});

describe('R-SIP-3: any other request, as the one who answers (RFC 3261 §17.2.2)', () => {
  it('a copy gets the answer again, for 32 s', () => {
    const { serve, hear, advance, sent, size } = bench();
    const transaction = serve('BYE');
    expect(hear('BYE')).toBe(true);
    transaction.respond(response(transaction.request, 200));
    advance(31_999);
    expect(hear('BYE')).toBe(true);
    advance(1);
    expect(hear('BYE')).toBe(false);
    expect(sent()).toEqual(['0 200', '31999 200']);
    expect(size()).toBe(0);
  });

  it('one answer is final', () => {
    const { serve, sent } = bench();
    const transaction = serve('BYE');
    transaction.respond(response(transaction.request, 200));
    expect(transaction.isAnswered).toBe(true);
    transaction.respond(response(transaction.request, 500));
    expect(sent()).toEqual(['0 200']);
  });
});

describe('R-SIP-3: which transaction a message belongs to (RFC 3261 §17.1.3, §17.2.3)', () => {
  it('branch, sent-by and method tell requests apart', () => {
    const { serve, hear } = bench();
    serve('INVITE', { branch: 'z9hG4bK1' });
    expect(hear('INVITE', { branch: 'z9hG4bK1' })).toBe(true);
    expect(hear('INVITE', { branch: 'z9hG4bK2' })).toBe(false);
    expect(hear('INVITE', { branch: 'z9hG4bK1', sentBy: '192.0.2.9' })).toBe(false);
    expect(hear('BYE', { branch: 'z9hG4bK1' })).toBe(false);
  });

  it('a CANCEL finds its INVITE', () => {
    const { transactions, serve } = bench();
    const invite = serve('INVITE');
    const cancel = request('CANCEL');
    expect(transactions.inviteOf(cancel, essentialsOf(cancel))).toBe(invite);
    const other = request('CANCEL', { branch: 'z9hG4bKother' });
    expect(transactions.inviteOf(other, essentialsOf(other))).toBeUndefined();
  });

  it.each(['', 'old-style', 'z9hG4bK'])(
    'an RFC 2543 peer with branch "%s" is told apart by its other fields',
    (branch) => {
      const { serve, hear } = bench();
      const transaction = serve('INVITE', { branch });
      expect(hear('INVITE', { branch })).toBe(true);
      expect(hear('INVITE', { branch, sequence: 2 })).toBe(false);
      transaction.respond(response(transaction.request, 486));
      expect(hear('ACK', { branch })).toBe(true);
    },
  );

  it('a stop ends everything without a word', () => {
    const { transactions, serve, ask, advance, sent, events, clock } = bench();
    serve('INVITE').respond(response(request('INVITE'), 486));
    ask('OPTIONS');
    transactions.close();
    advance(60_000);
    expect(sent()).toEqual(['0 486', '0 OPTIONS']);
    expect(events).toEqual([]);
    expect(clock.pendingCount).toBe(0);
  });
});

interface Fields {
  readonly branch?: string;
  readonly sentBy?: string;
  readonly sequence?: number;
}

function request(method: string, { branch = 'z9hG4bKa', sentBy = '192.0.2.1', sequence = 1 }: Fields = {}): SipRequest {
  const cseq = `${sequence} ${method}`;
  const lines = [
    `${method} sip:bob@192.0.2.2 SIP/2.0`,
    `Via: SIP/2.0/UDP ${sentBy}${branch === '' ? '' : `;branch=${branch}`}`,
    'From: <sip:alice@192.0.2.1>;tag=a',
    'To: <sip:bob@192.0.2.2>',
    'Call-ID: c',
    `CSeq: ${cseq}`,
  ];
  return parseMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)) as SipRequest;
}

function essentialsOf(message: SipRequest | SipResponse) {
  const essentials = readEssentials(message.headers);
  if ('missing' in essentials) throw new Error(essentials.missing);
  return essentials;
}

function response(to: SipRequest, status: number): SipResponse {
  return ownResponse(to.headers, status, 'b');
}

/** A transaction layer, one flow that writes down what goes out, and one who asks and writes down what comes. */
function bench({ isReliable = false } = {}) {
  const clock = new VirtualClock();
  const transactions = new Transactions(clock, new Tally(), { ringMsMax: 300_000, answersMax: 1_000 });
  const wire: string[] = [];
  const failures: ((reason: string) => void)[] = [];
  const place = { address: '192.0.2.1', port: 5_060 };
  const flow: Flow = {
    protocol: isReliable ? 'tcp' : 'udp',
    isReliable,
    remote: place,
    local: place,
    send(bytes, failed) {
      const line = bytes.toString('latin1').split('\r\n')[0]!;
      wire.push(`${clock.monotonicMs()} ${line.startsWith('SIP/2.0') ? line.split(' ')[1] : line.split(' ')[0]}`);
      if (failed) failures.push(failed);
    },
  };
  const events: string[] = [];
  const note = (what: string) => events.push(`${clock.monotonicMs()} ${what}`);
  let asked: SipRequest | undefined;
  return {
    clock,
    transactions,
    events,
    sent: () => wire,
    size: () => transactions.size,
    advance: (durationMs: number) => clock.advance(durationMs),
    fail: () => failures[0]?.('no route'),
    ask(method: string) {
      asked = request(method);
      return transactions.send(asked, Buffer.from(`${method} sip:b SIP/2.0\r\n\r\n`), flow, {
        response: ({ status }) => note(String(status)),
        failed: note,
        ended: () => note('ended'),
      });
    },
    answer(status: number) {
      const message = response(asked!, status);
      return transactions.receive({
        ...message,
        bytes: Buffer.alloc(0),
        essentials: essentialsOf(message),
        peer: place,
      });
    },
    serve(method: string, fields: Fields = {}) {
      const message = request(method, fields);
      return transactions.serve(message, essentialsOf(message), flow);
    },
    /** Whether a request that comes in is dealt with by the layer. */
    hear(method: string, fields: Fields = {}) {
      const message = request(method, fields);
      return transactions.absorbs(message, essentialsOf(message), flow);
    },
  };
}
