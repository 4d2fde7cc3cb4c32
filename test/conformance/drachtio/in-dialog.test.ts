// Requests inside of dialogs, both ways: transcripts 22 to 25a, UPDATE of 26, and 27.

import { describe, expect, it } from 'vitest';
import type { Message, Request, Response } from './application.ts';
import { field, shapeOf } from './peer.ts';
import { answeredCall, answerTo, inviteOf, newCall, newScenario, sdp } from './scenario.ts';
import { isHere, isOurs } from './server.ts';

const ok200 = '200 OK: Via From To Call-ID CSeq Contact Content-Type Content-Length';
const plain200 = '200 OK: Via From To Call-ID CSeq Content-Length';

describe('R-SIP-4: re-INVITE', () => {
  it('22: of the peer, answered by the library, by the application, and rejected', async () => {
    const scenario = await newScenario();
    const { say, peer, told } = scenario;
    const { dialog, call, toTag } = await answeredCall(scenario);
    const answer = async (sequence: number) => {
      say(inviteOf(call, sequence, { toTag, branch: `re-${sequence}-${toTag}` }));
      return peer.next();
    };
    expect(shapeOf(await answer(2))).toBe(ok200);
    say(call.request('ACK', 2, { toTag }));
    await told(6);
    let mode = 'accept';
    dialog.on('modify', (_: Request, response: Response) => {
      if (mode === 'accept') response.send(200, { body: sdp.replace('40000', '40002') });
      else response.send(488);
    });
    expect((await answer(3)).body).toContain('m=audio 40002');
    say(call.request('ACK', 3, { toTag }));
    await told(9);
    mode = 'reject';
    expect(shapeOf(await answer(4))).toBe('488 Not Acceptable Here: Via From To Call-ID CSeq Contact Content-Length');
    say(call.request('ACK', 4, { toTag, branch: `re-4-${toTag}` }));
    say(call.request('BYE', 5, { toTag }));
    expect(shapeOf(await peer.next())).toBe(plain200);
    expect((await told(13)).slice(3)).toEqual([
      'network udp peer t2 d1 INVITE',
      `[t2 - 200 OK] OK application udp peer t2 d1 ${ok200}`,
      'network - peer t3 d1 ACK',
      'network udp peer t4 d1 INVITE',
      `[t4 - 200 OK] OK application udp peer t4 d1 ${ok200}`,
      'network - peer t5 d1 ACK',
      'network udp peer t6 d1 INVITE',
      '[t6 - 488 Not Acceptable Here] OK application udp peer t6 d1 488 Not Acceptable Here: Via From To Call-ID CSeq Contact Content-Length',
      'network udp peer t7 d1 BYE',
      `[t7 - 200 OK] OK application - peer t7 - ${plain200}`,
    ]);
  });

  it('23: of the application', async () => {
    const scenario = await newScenario();
    const { say, peer, told, server } = scenario;
    const { dialog } = await answeredCall(scenario);
    const changing = dialog.modify(sdp.replace('40000', '40002'));
    const invite = await peer.next();
    const shape = 'INVITE: Via Max-Forwards From To Call-ID CSeq Contact Content-Type Content-Length';
    expect(shapeOf(invite)).toBe(shape);
    expect(invite.startLine).toBe(`INVITE sip:alice@${peer.at} SIP/2.0`);
    expect([field(invite, 'CSeq'), field(invite, 'Contact')]).toEqual(['2 INVITE', `<sip:${server.at}>`]);
    // The peer moves: what follows goes to its new target.
    const moved = `sip:moved@${peer.at}`;
    say(answerTo(invite, '200 OK', { lines: [`Contact: <${moved}>`, 'Content-Type: application/sdp'], body: sdp }));
    expect(await changing).toBe(sdp);
    const ack = await peer.next();
    expect(field(ack, 'CSeq')).toBe('2 ACK');
    expect(field(ack, 'Via')).not.toBe(field(invite, 'Via'));
    await told(6);
    const ending = dialog.destroy();
    const bye = await peer.next();
    expect([field(bye, 'CSeq'), bye.startLine]).toEqual(['3 BYE', `BYE ${moved} SIP/2.0`]);
    say(answerTo(bye, '200 OK'));
    await ending;
    const plain = 'Via Max-Forwards From To Call-ID CSeq Content-Length';
    expect((await told(8)).slice(3)).toEqual([
      `[- d1 INVITE] OK application udp server t2 ${shape}`,
      'network udp peer t2 d1 200 OK',
      `[- d1 ACK] OK application udp server t3 ACK: ${plain}`,
      `[- d1 BYE] OK application udp server t4 BYE: ${plain}`,
      'network udp peer t4 d1 200 OK',
    ]);
  });

  it.runIf(isOurs)(
    'R-SIP-3: both ends at once: 491; a second one while the first waits: 500 with Retry-After',
    async () => {
      const scenario = await newScenario();
      const { say, peer } = scenario;
      const { dialog, call, toTag } = await answeredCall(scenario);
      const changing = dialog.modify(sdp);
      const ours = await peer.next();
      say(inviteOf(call, 2, { toTag, branch: 'glare' }));
      const refused = await peer.next();
      expect(refused.startLine).toBe('SIP/2.0 491 Request Pending');
      say(call.request('ACK', 2, { toTag, branch: 'glare' }));
      say(answerTo(ours, '200 OK', { body: sdp, lines: ['Content-Type: application/sdp'] }));
      await changing;
      await peer.next();
      dialog.on('modify', () => {});
      say(inviteOf(call, 3, { toTag, branch: 'first' }));
      say(inviteOf(call, 4, { toTag, branch: 'second' }));
      const pending = await peer.next();
      expect([pending.startLine, field(pending, 'Retry-After')]).toEqual(['SIP/2.0 500 Server Internal Error', '5']);
      // The peer hangs up: the first one is answered, then the BYE.
      say(call.request('BYE', 5, { toTag }));
      expect((await peer.next()).startLine).toBe('SIP/2.0 487 Request Terminated');
      expect((await peer.next()).startLine).toBe('SIP/2.0 200 OK');
    },
  );
});

describe('R-SIP-4: other requests in a dialog', () => {
  it('24: INFO both ways', async () => {
    const scenario = await newScenario();
    const { say, peer, told } = scenario;
    const { dialog, call, toTag } = await answeredCall(scenario);
    const bodies: string[] = [];
    dialog.on('info', (request: Request, response: Response) => {
      bodies.push(request.body);
      response.send(200, { headers: { 'X-Info': 'ok' } });
    });
    const relay = ['Content-Type: application/dtmf-relay'];
    say(call.request('INFO', 2, { toTag, lines: relay, body: 'Signal=5\r\nDuration=160\r\n' }));
    expect(shapeOf(await peer.next())).toBe(`${plain200} X-Info`);
    await told(5);
    const headers = { 'Content-Type': 'application/dtmf-relay' };
    const asking = dialog.request({ method: 'INFO', headers, body: 'Signal=7\r\nDuration=100\r\n' });
    const info = await peer.next();
    const shape = 'INFO: Via Max-Forwards From To Call-ID CSeq Content-Type Content-Length';
    expect(shapeOf(info)).toBe(shape);
    expect([field(info, 'CSeq'), info.body]).toEqual(['2 INFO', 'Signal=7\r\nDuration=100\r\n']);
    say(answerTo(info, '200 OK'));
    expect(await asking).toMatchObject({ status: 200 });
    expect(bodies).toEqual(['Signal=5\r\nDuration=160\r\n']);
    expect((await told(7)).slice(3)).toEqual([
      'network udp peer t2 d1 INFO',
      `[t2 - 200 OK] OK application - peer t2 d1 ${plain200} X-Info`,
      `[- d1 INFO] OK application udp server t3 ${shape}`,
      'network udp peer t3 d1 200 OK',
    ]);
  });

  it('25: OPTIONS in and outside of a dialog, both ways', async () => {
    const scenario = await newScenario();
    const { application, say, peer, told } = scenario;
    application.options((_, response) => {
      response.send(200, { headers: { Accept: 'application/sdp', Allow: 'INVITE, ACK, BYE' } });
    });
    const { dialog, call, toTag } = await answeredCall(scenario);
    say(newCall(scenario).request('OPTIONS', 1));
    const shape = '200 OK: Via From To Call-ID CSeq Accept Allow Content-Length';
    expect(shapeOf(await peer.next())).toBe(shape);
    await told(5);
    const asked = new Promise<number | undefined>((resolve, reject) => {
      const options = { method: 'OPTIONS', headers: { Subject: 'probe' } };
      application.request(`sip:peer@${peer.at}`, options, (error, request) => {
        if (error) reject(error);
        else request.on('response', (response: Message) => resolve(response.status));
      });
    });
    const probe = await peer.next();
    const probeShape = 'OPTIONS: Via Max-Forwards From To Call-ID CSeq Subject Content-Length';
    expect(shapeOf(probe)).toBe(probeShape);
    say(answerTo(probe, '200 OK', { lines: ['Allow: INVITE'] }));
    expect(await asked).toBe(200);
    say(call.request('OPTIONS', 2, { toTag }));
    expect(shapeOf(await peer.next())).toBe(plain200);
    await told(9);
    const inside = dialog.request({ method: 'OPTIONS' });
    const request = await peer.next();
    expect(field(request, 'CSeq')).toBe('2 OPTIONS');
    say(answerTo(request, '200 OK'));
    expect(await inside).toMatchObject({ status: 200 });
    expect((await told(11)).slice(3)).toEqual([
      'network udp peer on server t2 - OPTIONS',
      `[t2 - 200 OK] OK application - peer t2 - ${shape}`,
      `[- - OPTIONS] OK application udp server t3 ${probeShape}`,
      'network udp peer t3 - 200 OK',
      'network udp peer t4 d1 OPTIONS',
      `[t4 - 200 OK] OK application - peer t4 d1 ${plain200}`,
      '[- d1 OPTIONS] OK application udp server t5 OPTIONS: Via Max-Forwards From To Call-ID CSeq Content-Length',
      'network udp peer t5 d1 200 OK',
    ]);
  });

  // drachtio-server lets both come in one segment, and the library then loses the response. A server in another process can
  // give an application time, but no promise.
  it.runIf(isHere)('25a: a quick response is not lost on who awaits the request', async () => {
    const scenario = await newScenario();
    const { application, peer, server } = scenario;
    await scenario.connect();
    const statuses: unknown[] = [];
    for (let round = 0; round < 20; round += 1) {
      const asking = application.request(`sip:peer@${peer.at}`, { method: 'OPTIONS' });
      peer.send(answerTo(await peer.next(), '200 OK'), server.sipPort);
      const request = await asking;
      statuses.push(await new Promise((resolve) => request.on('response', (one: Message) => resolve(one.status))));
    }
    expect(statuses).toEqual(Array.from({ length: 20 }, () => 200));
  });

  it('26: UPDATE of the peer', async () => {
    const scenario = await newScenario();
    const { say, peer, told } = scenario;
    const { dialog, call, toTag } = await answeredCall(scenario);
    dialog.on('update', (_: Request, response: Response) => response.send(200, { body: sdp }));
    say(call.request('UPDATE', 2, { toTag, contact: true, lines: ['Content-Type: application/sdp'], body: sdp }));
    const answer = await peer.next();
    const shape = '200 OK: Via From To Call-ID CSeq Content-Type Content-Length';
    expect([shapeOf(answer), answer.body]).toEqual([shape, sdp]);
    expect((await told(5)).slice(3)).toEqual([
      'network udp peer t2 d1 UPDATE',
      `[t2 - 200 OK] OK application - peer t2 d1 ${shape}`,
    ]);
  });

  it('27: REFER of the peer, and the NOTIFY that tells what came of it', async () => {
    const scenario = await newScenario();
    const { say, peer, told } = scenario;
    const { dialog, call, toTag } = await answeredCall(scenario);
    let target = '';
    const notified = new Promise<Message>((resolve) => {
      dialog.on('refer', (request: Request, response: Response) => {
        target = request.get('Refer-To');
        response.send(202);
        const headers = {
          Event: 'refer',
          'Subscription-State': 'terminated;reason=noresource',
          'Content-Type': 'message/sipfrag',
        };
        dialog.request({ method: 'NOTIFY', headers, body: 'SIP/2.0 200 OK' }).then(resolve);
      });
    });
    say(call.request('REFER', 2, { toTag, contact: true, lines: ['Refer-To: <sip:carol@example.com>'] }));
    expect(shapeOf(await peer.next())).toBe('202 Accepted: Via From To Call-ID CSeq Content-Length');
    const notify = await peer.next();
    const shape = 'NOTIFY: Via Max-Forwards From To Call-ID CSeq Event Subscription-State Content-Type Content-Length';
    expect([shapeOf(notify), field(notify, 'CSeq'), notify.body, target]).toEqual([
      shape,
      '2 NOTIFY',
      'SIP/2.0 200 OK',
      '<sip:carol@example.com>',
    ]);
    say(answerTo(notify, '200 OK'));
    expect(await notified).toMatchObject({ status: 200 });
    // The subscription is over, the call is not.
    say(call.request('BYE', 3, { toTag }));
    expect(shapeOf(await peer.next())).toBe(plain200);
    expect((await told(9)).slice(3)).toEqual([
      'network udp peer t2 d1 REFER',
      '[t2 - 202 Accepted] OK application - peer t2 d1 202 Accepted: Via From To Call-ID CSeq Content-Length',
      `[- d1 NOTIFY] OK application udp server t3 ${shape}`,
      'network udp peer t3 d1 200 OK',
      'network udp peer t4 d1 BYE',
      `[t4 - 200 OK] OK application - peer t4 - ${plain200}`,
    ]);
  });

  it.runIf(isOurs)(
    'R-SIP-3: a request older than the last one is refused, one for another dialog finds none',
    async () => {
      const scenario = await newScenario();
      const { say, peer, server } = scenario;
      const { call, toTag } = await answeredCall(scenario);
      say(call.request('INFO', 7, { toTag }));
      expect((await peer.next()).startLine).toBe('SIP/2.0 200 OK');
      say(call.request('INFO', 6, { toTag }));
      expect((await peer.next()).startLine).toBe('SIP/2.0 500 Server Internal Error');
      say(call.request('INFO', 8, { toTag: 'somebody-else' }));
      expect((await peer.next()).startLine).toBe('SIP/2.0 481 Call/Transaction Does Not Exist');
      if (isHere) expect(server.counters()?.refused).toEqual({ 'out-of-order': 1, 'no-dialog': 1 });
    },
  );

  it('a request for a dialog that is not there is refused in words the library knows', async () => {
    const scenario = await newScenario();
    const { dialog, call, toTag } = await answeredCall(scenario);
    scenario.say(call.request('BYE', 2, { toTag }));
    await scenario.peer.next();
    await scenario.told(5);
    await expect(dialog.request({ method: 'INFO' })).rejects.toMatchObject({ code: 'ENODIALOG' });
  });
});
