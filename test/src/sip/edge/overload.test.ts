// An edge that has more to do than it can, without its sockets and on a clock that stands still: new calls give way, those
// that are up do not notice.

import { describe, expect, it } from 'vitest';
import { seededRandom, VirtualClock } from '#src/ports';
import { edgeLimits } from '#src/sip/edge';
import { lookMs } from '../../../../src/sip/edge/overload.core.ts';
import { Switchboard } from '../../../../src/sip/edge/switchboard.ts';
import type { Flow } from '../../../../src/sip/edge/transport.ts';

describe('R-SIP-3: overload', () => {
  it('new calls get 503 with Retry-After without being remembered; their ACK is no stray', () => {
    const edge = strainedEdge();
    const before = edge.counters();
    const refusals = edge.inviteUntilRefused();
    expect(refusals.at(-1)).toMatch(/^SIP\/2\.0 503 Service Unavailable\r\n.*\r\nRetry-After: 5\r\n/s);
    const tag = /\r\nTo: [^\r]*;tag=(\w+)/.exec(refusals.at(-1)!)![1]!;
    const { transactions, refused, admittedShare } = edge.counters();
    edge.hear('ACK', 'late', tag);
    expect(edge.counters()).toMatchObject({ transactions, refused });
    expect(refused).toEqual({ ...before.refused, 'edge-late': 1 });
    expect(admittedShare).toBeLessThanOrEqual(0.5);
    expect(edge.lines).toContain('edge: new calls are shed: edge-late');
  });

  it('a call that is up is served as ever, and a copy of an INVITE that waits is no new call', () => {
    const edge = strainedEdge();
    edge.hear('INVITE', 'up');
    const tag = edge.answer();
    edge.hear('ACK', 'up', tag);
    edge.hear('INVITE', 'waiting');
    edge.inviteUntilRefused();
    const { refused, repeatsAbsorbed } = edge.counters();
    edge.hear('INVITE', 'waiting');
    edge.hear('BYE', 'up', tag);
    expect(edge.shown.at(-1)).toMatch(/\r\nBYE sip:/);
    expect(edge.counters()).toMatchObject({ refused, repeatsAbsorbed: repeatsAbsorbed + 1 });
  });

  it('calm lets all in again within 2 s', () => {
    const edge = strainedEdge();
    edge.inviteUntilRefused();
    edge.transport.queuedMs = 0;
    edge.clock.advance(2_000);
    const { refused } = edge.counters();
    for (let index = 0; index < 100; index += 1) edge.hear('INVITE', `calm-${index}`);
    expect(edge.counters()).toMatchObject({ refused, admittedShare: 1 });
    expect(edge.lines.at(-1)).toBe('edge: all new calls are let in again, 1 were refused');
  });

  it('an application that is late with many calls is given no more', () => {
    const edge = strainedEdge();
    edge.transport.queuedMs = 0;
    for (let index = 0; index < 120; index += 1) edge.hear('INVITE', `first-${index}`);
    edge.clock.advance(300);
    expect(edge.counters().refused).toEqual({});
    edge.inviteUntilRefused();
    expect(edge.counters().refused).toEqual({ 'application-late': 1 });
  });

  it('an application that has said how many calls may wait is shown no more, and the next one as soon as one is answered', () => {
    const edge = strainedEdge();
    edge.transport.queuedMs = 0;
    edge.say('room|2|7');
    for (const call of ['a', 'b', 'c']) edge.hear('INVITE', call);
    expect(edge.sent.at(-1)).toMatch(
      /^SIP\/2\.0 503 .*\r\nRetry-After: 7\r\nWarning: 399 twinreel "application-full"\r\n/s,
    );
    expect(edge.counters()).toMatchObject({ transactions: 2, refused: { 'application-full': 1 } });
    const tag = edge.answer();
    edge.hear('INVITE', 'd');
    expect(edge.shown.at(-1)).toContain('Call-ID: d\r\n');
    expect(edge.counters().refused).toEqual({ 'application-full': 1 });
    // What is no new call is served all the same: a copy, the end of a call, and of one that is not answered yet.
    edge.say('room|0|7');
    const { repeatsAbsorbed } = edge.counters();
    edge.hear('INVITE', 'd');
    edge.hear('BYE', 'b', tag);
    expect(edge.shown.at(-1)).toMatch(/\r\nBYE sip:/);
    edge.hear('CANCEL', 'd');
    expect(edge.shown.at(-1)).toMatch(/\r\nCANCEL sip:/);
    expect(edge.counters()).toMatchObject({ repeatsAbsorbed: repeatsAbsorbed + 1, refused: { 'application-full': 1 } });
    edge.hear('INVITE', 'e');
    edge.say('room');
    for (const call of ['f', 'g', 'h']) edge.hear('INVITE', call);
    expect(edge.counters().refused).toEqual({ 'application-full': 2 });
    expect(edge.lines.filter((line) => line.includes('no room'))).toEqual([
      'edge: applications have no room for new calls',
    ]);
  });

  it('over TCP, too; another application that has room takes the call', () => {
    const edge = strainedEdge();
    edge.transport.queuedMs = 0;
    edge.say('room|0|7');
    edge.hear('INVITE', 'a', undefined, { isReliable: true });
    expect(edge.sent.at(-1)).toMatch(/^SIP\/2\.0 503 .*\r\nRetry-After: 7\r\n/s);
    const other = edge.connect();
    for (const call of ['b', 'c']) edge.hear('INVITE', call);
    expect(other.shown.filter((frame) => frame.includes('INVITE sip:'))).toHaveLength(2);
    other.leave();
    edge.hear('INVITE', 'd');
    expect(edge.counters().refused).toEqual({ 'application-full': 2 });
  });

  it('the last fifth of the transactions is for requests inside of calls', () => {
    const edge = strainedEdge({ transactionsMax: 10 });
    edge.transport.queuedMs = 0;
    edge.hear('INVITE', 'up');
    const tag = edge.answer();
    edge.hear('ACK', 'up', tag);
    for (let index = 0; index < 10; index += 1) edge.hear('INVITE', `more-${index}`);
    expect(edge.counters()).toMatchObject({ transactions: 8, refused: { 'transactions-full': 2 } });
    edge.hear('BYE', 'up', tag);
    expect(edge.shown.at(-1)).toMatch(/\r\nBYE sip:/);
  });
});

/** An edge whose queue never becomes empty, with one application. */
function strainedEdge(limits: Partial<typeof edgeLimits> = {}) {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const sent: string[] = [];
  const shown: string[] = [];
  const switchboard = new Switchboard({
    clock,
    random: seededRandom(7_339),
    secret: 's',
    limits: { ...edgeLimits, burstCallsMax: 0, ...limits },
    log: (line) => lines.push(line),
  });
  const flow: Flow = {
    protocol: 'udp',
    isReliable: false,
    remote: { address: '192.0.2.9', port: 5_060 },
    local: { address: '192.0.2.1', port: 5_060 },
    send: (bytes) => void sent.push(bytes.toString('latin1')),
  };
  const { protocol, local } = flow;
  const transport = { protocol, local, connections: 0, queuedMs: 30, flowTo: () => flow, close: async () => {} };
  switchboard.addTransport(transport);
  const connect = (heard: string[] = []) => {
    const session = switchboard.connect({
      name: 'test',
      write: (frame) => void heard.push(frame.toString('latin1')),
      end: () => {},
      afterTurn: (run) => run(),
    })!;
    const ask = (payload: string) => session.receive(Buffer.from(`${payload.length}#${payload}`, 'latin1'));
    ask('1|authenticate|s|');
    ask('2|route|invite');
    return { shown: heard, ask, leave: () => session.closed() };
  };
  const { ask } = connect(shown);
  const hear = (method: string, call: string, toTag?: string, more: Partial<Flow> = {}) => {
    const message = [
      `${method} sip:a@192.0.2.1 SIP/2.0`,
      `Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK${call}${branchOf(method, toTag)}`,
      'Max-Forwards: 70',
      'From: <sip:b@192.0.2.9>;tag=b',
      `To: <sip:a@192.0.2.1>${toTag === undefined ? '' : `;tag=${toTag}`}`,
      `Call-ID: ${call}`,
      `CSeq: ${method === 'BYE' ? 2 : 1} ${method}`,
      'Contact: <sip:b@192.0.2.9>',
    ];
    switchboard.received(Buffer.from(`${message.join('\r\n')}\r\n\r\n`), { ...flow, ...more });
  };
  return {
    clock,
    transport,
    lines,
    shown,
    sent,
    hear,
    connect,
    say: (text: string) => ask(`9|${text}`),
    counters: () => switchboard.counters(),
    /** Answers 200 to the INVITE shown last, and gives our tag. */
    answer() {
      ask(`3|sip|${shown.at(-1)!.split('|')[8]}|\r\nSIP/2.0 200 OK\r\n\r\n`);
      return /\r\nTo: [^\r]*;tag=(\w+)/.exec(sent.at(-1)!)![1]!;
    },
    /** One new call every 20 ms until one is refused; gives what was sent for them. */
    inviteUntilRefused() {
      const before = sent.length;
      for (let count = 0; !sent.slice(before).some((one) => one.startsWith('SIP/2.0 503')); count += 1) {
        if (count > 100) throw new Error('nothing is refused');
        clock.advance(lookMs);
        hear('INVITE', count === 0 ? 'late' : `late-${count}`);
      }
      return sent.slice(before);
    },
  };
}

/** A CANCEL and the ACK of a refusal have the branch of their INVITE. */
function branchOf(method: string, toTag: string | undefined): string {
  if (method === 'BYE') return method;
  return toTag === undefined ? 'INVITE' : '';
}
