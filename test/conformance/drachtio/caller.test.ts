// Calls that go out: transcripts 11 to 15.

import { describe, expect, it } from 'vitest';
import type { Request } from './application.ts';
import { field, shapeOf, tagIn } from './peer.ts';
import { answerTo, newScenario, type Scenario, sdp, turns } from './scenario.ts';
import { isHere, isOurs } from './server.ts';

const invite = 'INVITE: Via Max-Forwards From To Call-ID CSeq Contact Content-Type Content-Length';
const plain = 'Via Max-Forwards From To Call-ID CSeq Content-Length';

describe('R-SIP-4: a call goes out', () => {
  it('11: rings, is answered and ended by the application', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told, server } = scenario;
    await scenario.connect();
    const progress: unknown[] = [];
    const calling = application.createUAC(
      bobAt(scenario),
      { localSdp: sdp, headers: { 'X-Out': 'a', from: 'sip:1000@localhost', contact: 'sip:1000@localhost' } },
      { cbProvisional: (response: { status: number }) => progress.push(response.status) },
    );
    const heard = await peer.next();
    expect(shapeOf(heard)).toBe(`${invite} X-Out`);
    expect(heard.startLine).toBe(`INVITE ${bobAt(scenario)} SIP/2.0`);
    expect(field(heard, 'From')).toMatch(new RegExp(`^<sip:1000@${server.at}>;tag=\\S+$`));
    expect(field(heard, 'Contact')).toBe(`<sip:1000@${server.at}>`);
    expect(field(heard, 'To')).toBe(`<${bobAt(scenario)}>`);
    expect(heard.body).toBe(sdp);
    say(answerTo(heard, '100 Trying'));
    say(answerTo(heard, '180 Ringing', { toTag: 'B1', lines: [contact(scenario)] }));
    await told(2);
    say(ok(scenario, heard, 'B1'));
    const dialog = await calling;
    expect(dialog.sip.remoteTag).toBe('B1');
    const ack = await peer.next();
    expect(shapeOf(ack)).toBe(`ACK: ${plain}`);
    expect(ack.startLine).toBe(`ACK ${bobAt(scenario)} SIP/2.0`);
    expect(field(ack, 'CSeq')).toBe(field(heard, 'CSeq').replace('INVITE', 'ACK'));
    await told(4);
    const ended = dialog.destroy();
    const bye = await peer.next();
    expect(shapeOf(bye)).toBe(`BYE: ${plain}`);
    expect(Number.parseInt(field(bye, 'CSeq'), 10)).toBe(Number.parseInt(field(heard, 'CSeq'), 10) + 1);
    say(answerTo(bye, '200 OK'));
    await ended;
    expect(await told(6)).toEqual([
      `[- - INVITE] OK application udp server t1 ${invite} X-Out`,
      'network udp peer t1 d1 180 Ringing',
      'network udp peer t1 d1 200 OK',
      `[- d1 ACK] OK application udp server t2 ACK: ${plain}`,
      `[- d1 BYE] OK application udp server t3 BYE: ${plain}`,
      'network udp peer t3 d1 200 OK',
    ]);
    expect(progress).toEqual([180]);
    if (isHere) expect(server.counters()).toMatchObject({ dialogs: 0, refused: {} });
  });

  it('12: is ended by the peer; From, To and Call-ID as the application wants them, UTF-8 in a header', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told } = scenario;
    await scenario.connect();
    const headers = {
      From: '<sip:alice@localhost>;tag=mytag1',
      To: '<sip:bob@example.com>',
      'Call-ID': 'my-call-id-1',
      'X-Name': 'Ünï',
    };
    const calling = application.createUAC(bobAt(scenario), { localSdp: sdp, headers });
    const heard = await peer.next();
    expect(field(heard, 'From')).toBe(`<sip:alice@${scenario.server.at}>;tag=mytag1`);
    expect([field(heard, 'To'), field(heard, 'Call-ID'), field(heard, 'X-Name')]).toEqual([
      '<sip:bob@example.com>',
      'my-call-id-1',
      'Ünï',
    ]);
    say(
      answerTo(heard, '200 OK', {
        toTag: 'B2',
        lines: [contact(scenario), 'X-Name: Zoë 😀', 'Content-Type: application/sdp'],
        body: sdp,
      }),
    );
    const dialog = await calling;
    expect(dialog.id).toBe('my-call-id-1;from-tag=mytag1');
    await peer.next();
    const destroyed = new Promise((resolve) => dialog.on('destroy', resolve));
    say(
      [
        `BYE sip:${scenario.server.at} SIP/2.0`,
        `Via: SIP/2.0/UDP ${peer.at};branch=z9hG4bK12;rport`,
        'From: <sip:bob@example.com>;tag=B2',
        `To: ${field(heard, 'From')}`,
        'Call-ID: my-call-id-1',
        'CSeq: 11 BYE',
        'Max-Forwards: 70',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
    await destroyed;
    expect(shapeOf(await peer.next())).toBe('200 OK: Via From To Call-ID CSeq Content-Length');
    expect(await told(5)).toEqual([
      `[- - INVITE] OK application udp server t1 ${invite} X-Name`,
      'network udp peer t1 d1 200 OK',
      `[- d1 ACK] OK application udp server t2 ACK: ${plain}`,
      'network udp peer t3 d1 BYE',
      '[t3 - 200 OK] OK application - peer t3 - 200 OK: Via From To Call-ID CSeq Content-Length',
    ]);
    expect(scenario.tap.messages.map(String).find((one) => one.startsWith('SIP/2.0 200'))).toContain('X-Name: Zoë 😀');
  });

  it('13: is rejected; the server acknowledges by itself', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told } = scenario;
    await scenario.connect();
    const calling = application.createUAC(bobAt(scenario), { localSdp: sdp }).catch((error: unknown) => error);
    const heard = await peer.next();
    expect(field(heard, 'From')).toMatch(new RegExp(`^<sip:${scenario.server.at}>;tag=\\S+$`));
    say(answerTo(heard, '486 Busy Here', { toTag: 'B3', lines: [contact(scenario)] }));
    expect(await calling).toMatchObject({ status: 486 });
    const ack = await peer.next();
    expect(shapeOf(ack)).toBe(`ACK: ${plain}`);
    expect(field(ack, 'Via')).toBe(field(heard, 'Via'));
    expect(field(ack, 'To')).toBe(`<${bobAt(scenario)}>;tag=B3`);
    expect(await told(3)).toEqual([
      `[- - INVITE] OK application udp server t1 ${invite}`,
      'network udp peer t1 d1 486 Busy Here',
      '[- d1 ACK] NOK Server error: ACK for non-success final response is automatically generated by server',
    ]);
    // The peer did not hear the ACK and repeats its answer: acknowledged again, not told again.
    say(answerTo(heard, '486 Busy Here', { toTag: 'B3', lines: [contact(scenario)] }));
    expect(shapeOf(await peer.next())).toBe(`ACK: ${plain}`);
    expect(await told(3)).toHaveLength(3);
  });

  it('14: is cancelled by the application while it rings', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told } = scenario;
    await scenario.connect();
    let sent: Request | undefined;
    const calling = application
      .createUAC(
        bobAt(scenario),
        { localSdp: sdp },
        {
          cbRequest: (_: unknown, request: Request) => {
            sent = request;
          },
        },
      )
      .catch((error: unknown) => error);
    const heard = await peer.next();
    say(answerTo(heard, '180 Ringing', { toTag: 'B4', lines: [contact(scenario)] }));
    await told(2);
    sent!.cancel();
    const cancel = await peer.next();
    expect(shapeOf(cancel)).toBe(`CANCEL: ${plain}`);
    expect([field(cancel, 'Via'), field(cancel, 'To')]).toEqual([field(heard, 'Via'), field(heard, 'To')]);
    say(answerTo(cancel, '200 OK'));
    say(answerTo(heard, '487 Request Terminated', { toTag: 'B4' }));
    expect(shapeOf(await peer.next())).toBe(`ACK: ${plain}`);
    expect(await calling).toMatchObject({ status: 487 });
    expect(await told(5)).toEqual([
      `[- - INVITE] OK application udp server t1 ${invite}`,
      'network udp peer t1 d1 180 Ringing',
      `[t1 - CANCEL] OK application udp server t2 CANCEL: ${plain}`,
      'network udp peer t1 d1 487 Request Terminated',
      '[- d1 ACK] NOK Server error: ACK for non-success final response is automatically generated by server',
    ]);
    if (isHere) expect(scenario.server.counters()).toMatchObject({ dialogs: 0, refused: {} });
  });

  it.runIf(isOurs)(
    '14: is answered all the same when it was cancelled and refused: confirmed and ended, not told',
    async () => {
      const scenario = await newScenario();
      const { application, peer, say, told } = scenario;
      await scenario.connect();
      const calling = application.createUAC(bobAt(scenario), { localSdp: sdp }).catch((error: unknown) => error);
      const heard = await peer.next();
      say(answerTo(heard, '487 Request Terminated', { toTag: 'B6' }));
      expect((await peer.next()).startLine).toMatch(/^ACK /);
      expect(await calling).toMatchObject({ status: 487 });
      const { length } = await told(3);
      say(answerTo(heard, '200 OK', { toTag: 'B7', lines: [contact(scenario)] }));
      const [ack, bye] = [await peer.next(), await peer.next()];
      expect([ack, bye].map(({ startLine }) => startLine.split(' ')[0])).toEqual(['ACK', 'BYE']);
      expect([ack, bye].map((one) => tagIn(field(one, 'To')))).toEqual(['B7', 'B7']);
      expect(field(ack, 'CSeq').split(' ')[0]).toBe(field(heard, 'CSeq').split(' ')[0]);
      say(answerTo(bye, '200 OK'));
      await turns(5);
      expect(await told(length)).toHaveLength(length);
      expect(scenario.server.counters()).toMatchObject({ dialogs: 0 });
    },
  );

  it('14: a CANCEL waits for a provisional response', async () => {
    const scenario = await newScenario();
    const { application, peer, say } = scenario;
    await scenario.connect();
    let sent: Request | undefined;
    const calling = application
      .createUAC(
        bobAt(scenario),
        { localSdp: sdp },
        {
          cbRequest: (_: unknown, request: Request) => {
            sent = request;
          },
        },
      )
      .catch((error: unknown) => error);
    const heard = await peer.next();
    await scenario.told(1);
    sent!.cancel();
    await scenario.told(2);
    expect(peer.heard).toHaveLength(1);
    say(answerTo(heard, '100 Trying'));
    expect((await peer.next()).startLine).toMatch(/^CANCEL /);
    say(answerTo(heard, '487 Request Terminated', { toTag: 'B5' }));
    expect(await calling).toMatchObject({ status: 487 });
  });

  it('15: is challenged and comes again with credentials, as a transaction of its own in the same dialog', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told } = scenario;
    await scenario.connect();
    const auth = { username: 'u', password: 'p' };
    const calling = application.createUAC(bobAt(scenario), { localSdp: sdp, auth });
    const first = await peer.next();
    const lines = ['Proxy-Authenticate: Digest realm="test", nonce="abc123", algorithm=MD5, qop="auth"'];
    say(answerTo(first, '407 Proxy Authentication Required', { toTag: 'B15', lines: [contact(scenario), ...lines] }));
    const ack = await peer.next();
    expect([shapeOf(ack), field(ack, 'Via'), field(ack, 'To')]).toEqual([
      `ACK: ${plain}`,
      field(first, 'Via'),
      `<${bobAt(scenario)}>;tag=B15`,
    ]);
    const second = await peer.next();
    const shape =
      'INVITE: Via Max-Forwards From To Call-ID CSeq Contact Proxy-Authorization Content-Type Content-Length';
    expect(shapeOf(second)).toBe(shape);
    expect([field(second, 'From'), field(second, 'To'), field(second, 'Call-ID')]).toEqual([
      field(first, 'From'),
      `<${bobAt(scenario)}>`,
      field(first, 'Call-ID'),
    ]);
    const number = Number.parseInt(field(first, 'CSeq'), 10);
    expect(field(second, 'CSeq')).toBe(`${number + 1} INVITE`);
    expect(field(second, 'Via')).not.toBe(field(first, 'Via'));
    expect(field(second, 'Proxy-Authorization')).toMatch(/^Digest username="u", ?realm="test", ?nonce="abc123"/);
    say(ok(scenario, second, 'B16'));
    const dialog = await calling;
    expect(field(await peer.next(), 'CSeq')).toBe(`${number + 1} ACK`);
    await told(5);
    const ended = dialog.destroy();
    const bye = await peer.next();
    expect([field(bye, 'CSeq'), field(bye, 'To')]).toEqual([`${number + 2} BYE`, `<${bobAt(scenario)}>;tag=B16`]);
    say(answerTo(bye, '200 OK'));
    await ended;
    expect(await told(7)).toEqual([
      `[- - INVITE] OK application udp server t1 ${invite}`,
      'network udp peer t1 d1 407 Proxy Authentication Required',
      `[- - INVITE] OK application udp server t2 ${shape}`,
      'network udp peer t2 d1 200 OK',
      `[- d1 ACK] OK application udp server t3 ACK: ${plain}`,
      `[- d1 BYE] OK application udp server t4 BYE: ${plain}`,
      'network udp peer t4 d1 200 OK',
    ]);
  });

  it.runIf(isHere)('a peer that never answers: the application gets 408 after 32 seconds', async () => {
    const scenario = await newScenario();
    await scenario.connect();
    const calling = scenario.application.createUAC(bobAt(scenario), { localSdp: sdp }).catch((error: unknown) => error);
    await scenario.told(1);
    await scenario.server.advance(32_000);
    expect(await calling).toMatchObject({ status: 408 });
    // At 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s (RFC 3261 timer A).
    expect(scenario.peer.heard).toHaveLength(7);
    expect((await scenario.told(3))[1]).toBe('network udp nobody t1 d1 408 Request Timeout');
  });

  it.runIf(isOurs)('the ACK of a 2xx is sent again when that 2xx comes again', async () => {
    const scenario = await newScenario();
    const { peer, say } = scenario;
    await scenario.connect();
    const calling = scenario.application.createUAC(bobAt(scenario), { localSdp: sdp });
    const heard = await peer.next();
    say(ok(scenario, heard, 'B6'));
    await calling;
    const first = await peer.next();
    say(ok(scenario, heard, 'B6'));
    expect(await peer.next()).toMatchObject({ startLine: first.startLine, lines: first.lines });
    expect(await scenario.told(3)).toHaveLength(3);
  });

  it.runIf(isOurs)('a second branch of a forked call is confirmed and ended at once', async () => {
    const scenario = await newScenario();
    const { peer, say } = scenario;
    await scenario.connect();
    const calling = scenario.application.createUAC(bobAt(scenario), { localSdp: sdp });
    const heard = await peer.next();
    say(ok(scenario, heard, 'branch-1'));
    await calling;
    await peer.next();
    say(ok(scenario, heard, 'branch-2'));
    const [ack, bye] = [await peer.next(), await peer.next()];
    expect([shapeOf(ack), shapeOf(bye)]).toEqual([`ACK: ${plain}`, `BYE: ${plain}`]);
    expect([field(ack, 'To'), field(bye, 'To')].every((to) => to.endsWith(';tag=branch-2'))).toBe(true);
    if (isHere) expect(scenario.server.counters()?.dialogs).toBe(1);
  });

  it.runIf(isOurs)('R-SIP-3: requests follow the recorded route, the last proxy of the answer first', async () => {
    const scenario = await newScenario();
    const { peer, say } = scenario;
    await scenario.connect();
    const calling = scenario.application.createUAC(bobAt(scenario), { localSdp: sdp });
    const heard = await peer.next();
    const routes = [`<sip:127.0.0.1:9;lr>`, `<sip:${peer.at};lr>`];
    const lines = [
      `Record-Route: ${routes.join(', ')}`,
      'Contact: <sip:bob@192.0.2.1:5080>',
      'Content-Type: application/sdp',
    ];
    say(answerTo(heard, '200 OK', { toTag: 'B7', lines, body: sdp }));
    await calling;
    const ack = await peer.next();
    expect(ack.startLine).toBe('ACK sip:bob@192.0.2.1:5080 SIP/2.0');
    expect(ack.lines.filter((line) => line.startsWith('Route:'))).toEqual([
      `Route: ${routes[1]}`,
      `Route: ${routes[0]}`,
    ]);
  });
});

function bobAt({ peer }: Scenario): string {
  return `sip:bob@${peer.at}`;
}

function contact(scenario: Scenario): string {
  return `Contact: <${bobAt(scenario)}>`;
}

function ok(scenario: Scenario, heard: Parameters<typeof answerTo>[0], toTag: string): string {
  return answerTo(heard, '200 OK', { toTag, lines: [contact(scenario), 'Content-Type: application/sdp'], body: sdp });
}
