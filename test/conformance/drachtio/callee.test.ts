// Calls that come in: transcripts 05 to 10. Each test compares what the application was told, frame by frame, and what the
// peer heard, header by header, with what drachtio-server v0.9.10 did.

import { describe, expect, it } from 'vitest';
import { connect, type Dialog, type Request, type Response } from './application.ts';
import { field, shapeOf, tagIn } from './peer.ts';
import { inviteOf, newCall, newScenario, sdp, turns, until } from './scenario.ts';
import { isHere, isOurs } from './server.ts';

const ok200 = '200 OK: Via From To Call-ID CSeq Contact Content-Type Content-Length';

describe('R-SIP-4: a call comes in', () => {
  it('05: is answered and ended by the peer', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told, said } = scenario;
    const events: string[] = [];
    application.invite((request, response) => {
      events.push(`received on ${request.receivedOn === undefined ? 'nothing' : 'something'}`);
      application.createUAS(request, response, { localSdp: sdp }, (_, dialog) => {
        dialog.on('destroy', () => events.push('destroyed'));
      });
    });
    await scenario.connect();
    const call = newCall(scenario);
    say(inviteOf(call));
    const answer = await peer.next();
    expect(shapeOf(answer)).toBe(ok200);
    expect(answer.body).toBe(sdp);
    const toTag = tagIn(field(answer, 'To'));
    expect(toTag).not.toBe('');
    say(call.request('ACK', 1, { toTag }));
    say(call.request('BYE', 2, { toTag }));
    expect(shapeOf(await peer.next())).toBe('200 OK: Via From To Call-ID CSeq Content-Length');
    expect(await told(5)).toEqual([
      'network udp peer on server t1 - INVITE',
      `[t1 - 200 OK] OK application udp peer t1 d1 ${ok200}`,
      'network - peer t1 d1 ACK',
      'network udp peer t2 d1 BYE',
      '[t2 - 200 OK] OK application - peer t2 - 200 OK: Via From To Call-ID CSeq Content-Length',
    ]);
    expect(said()).toEqual(['t1 - 200 OK', 't2 - 200 OK']);
    expect(events).toEqual(['received on something', 'destroyed']);
    if (isHere) expect(scenario.server.counters()).toMatchObject({ dialogs: 0, refused: {} });
  });

  it('05: says by 100 that the INVITE has come: at once, ours when nobody has answered for 200 ms', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told, server } = scenario;
    let answer = () => {};
    application.invite((_, response) => {
      answer = () => response.send(180);
    });
    await scenario.connect();
    const call = newCall(scenario);
    say(inviteOf(call));
    await told(1);
    if (isHere) {
      await server.advance(199);
      // A copy is absorbed; nothing was said yet.
      say(inviteOf(call));
      await until(() => server.counters()?.repeatsAbsorbed === 1);
      await turns(4);
      expect(peer.heard).toEqual([]);
    }
    await server.advance(isHere ? 1 : 300);
    await until(() => peer.heard.length > 0);
    expect(peer.heard.map(shapeOf)).toEqual(['100 Trying: Via From To Call-ID CSeq Content-Length']);
    answer();
    expect((await peer.next()).startLine).toBe('SIP/2.0 180 Ringing');
  });

  it.runIf(isOurs)('05: answers in time, and then no 100', async () => {
    const scenario = await newScenario();
    const { application, peer, say, server } = scenario;
    application.invite((_, response) => response.send(180));
    await scenario.connect();
    say(inviteOf(newCall(scenario)));
    expect((await peer.next()).startLine).toBe('SIP/2.0 180 Ringing');
    await server.advance(300);
    await turns(4);
    if (isHere) expect(peer.heard).toHaveLength(1);
  });

  it('05: the application sees the request as it came, only the top Via has changed', async () => {
    const scenario = await newScenario();
    let seen: Request | undefined;
    scenario.application.invite((request, response) => {
      seen = request;
      response.send(486);
    });
    await scenario.connect();
    const call = newCall(scenario);
    const text = inviteOf(call, 1, { lines: ['X-Name: Zoë 😀', 'Content-Type: application/sdp'] });
    scenario.say(text);
    await scenario.told(2);
    expect(scenario.tap.messages[0]?.toString('utf8')).toBe(text.replace(';rport', `;rport=${scenario.peer.port}`));
    expect(seen?.get('X-Name')).toBe('Zoë 😀');
  });

  it('06: rings, is answered and ended by the application', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told } = scenario;
    let dialog: Dialog | undefined;
    application.invite((request, response) => {
      response.send(180, { headers: { 'X-Ring': '1' } }, () => {
        application.createUAS(request, response, { localSdp: sdp }, (_, created) => {
          dialog = created;
        });
      });
    });
    await scenario.connect();
    const call = newCall(scenario);
    say(inviteOf(call));
    const ringing = await peer.next();
    expect(shapeOf(ringing)).toBe('180 Ringing: Via From To Call-ID CSeq Content-Length X-Ring');
    const answer = await peer.next();
    expect(field(answer, 'To')).toBe(field(ringing, 'To'));
    const toTag = tagIn(field(answer, 'To'));
    say(call.request('ACK', 1, { toTag }));
    await told(4);
    const ended = dialog!.destroy({ headers: { Reason: 'Q.850;cause=16' } });
    const bye = await peer.next();
    expect(shapeOf(bye)).toBe('BYE: Via Max-Forwards From To Call-ID CSeq Reason Content-Length');
    expect(bye.startLine).toBe(`BYE sip:alice@${peer.at} SIP/2.0`);
    expect(field(bye, 'From')).toBe(field(answer, 'To'));
    expect(field(bye, 'To')).toBe(field(answer, 'From'));
    expect(field(bye, 'CSeq')).toBe('2 BYE');
    say(['SIP/2.0 200 OK', ...bye.lines, '', ''].join('\r\n'));
    await ended;
    expect(await told(6)).toEqual([
      'network udp peer on server t1 - INVITE',
      '[t1 - 180 Ringing] OK application udp peer t1 d1 180 Ringing: Via From To Call-ID CSeq Content-Length X-Ring',
      `[t1 - 200 OK] OK application udp peer t1 d1 ${ok200}`,
      'network - peer t1 d1 ACK',
      '[- d1 BYE] OK application udp server t2 BYE: Via Max-Forwards From To Call-ID CSeq Reason Content-Length',
      'network udp peer t2 d1 200 OK',
    ]);
  });

  it('07: is cancelled while it rings', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told } = scenario;
    const cancelled = new Promise<void>((resolve) => {
      application.invite((request, response) => {
        request.on('cancel', resolve);
        response.send(180);
      });
    });
    await scenario.connect();
    const call = newCall(scenario);
    say(inviteOf(call, 1, { branch: '07' }));
    const ringing = await peer.next();
    say(call.request('CANCEL', 1, { branch: '07' }));
    const answers = [await peer.next(), await peer.next()].map((one) => `${field(one, 'CSeq')}: ${one.startLine}`);
    expect(answers).toEqual(['1 CANCEL: SIP/2.0 200 OK', '1 INVITE: SIP/2.0 487 Request Terminated']);
    const toFields = peer.heard.slice(-2).map((one) => field(one, 'To'));
    expect(toFields).toEqual([field(ringing, 'To'), field(ringing, 'To')]);
    say(call.request('ACK', 1, { branch: '07', toTag: tagIn(field(ringing, 'To')) }));
    await cancelled;
    expect(await told(3)).toEqual([
      'network udp peer on server t1 - INVITE',
      '[t1 - 180 Ringing] OK application udp peer t1 d1 180 Ringing: Via From To Call-ID CSeq Content-Length',
      'network udp peer t1 d1 CANCEL',
    ]);
  });

  it('08: is cancelled before anything was answered; a late 200 is refused', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told } = scenario;
    const late = new Promise<unknown>((resolve) => {
      application.invite((request, response) => {
        request.on('cancel', () => response.send(200, { body: sdp }, (error) => resolve(error)));
      });
    });
    await scenario.connect();
    const call = newCall(scenario);
    say(inviteOf(call, 1, { branch: '08' }));
    await told(1);
    say(call.request('CANCEL', 1, { branch: '08' }));
    expect([(await peer.next()).startLine, (await peer.next()).startLine]).toEqual([
      'SIP/2.0 200 OK',
      'SIP/2.0 487 Request Terminated',
    ]);
    expect(await late).toBe('Response not sent due to unknown transaction');
    expect(await told(3)).toEqual([
      'network udp peer on server t1 - INVITE',
      'network udp peer t1 - CANCEL',
      '[t1 - 200 OK] NOK Response not sent due to unknown transaction',
    ]);
  });

  it('09: is rejected; the ACK stays with the server', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told } = scenario;
    application.invite((_, response) => response.send(486, { headers: { 'retry-after': '5' } }));
    await scenario.connect();
    const call = newCall(scenario);
    say(inviteOf(call, 1, { branch: '09' }));
    const busy = await peer.next();
    const shape = '486 Busy Here: Via From To Call-ID CSeq Retry-After Content-Length';
    expect(shapeOf(busy)).toBe(shape);
    say(call.request('ACK', 1, { branch: '09', toTag: tagIn(field(busy, 'To')) }));
    expect(await told(2)).toEqual([
      'network udp peer on server t1 - INVITE',
      `[t1 - 486 Busy Here] OK application udp peer t1 d1 ${shape}`,
    ]);
    if (isHere) {
      await scenario.server.advance(5_000);
      expect(scenario.server.counters()).toMatchObject({ transactions: 0, dialogs: 0, repeatsSent: 0 });
    }
  });

  it('10: finds nobody: 503, and 481 where a dialog is needed', async () => {
    const scenario = await newScenario();
    await scenario.connect();
    // An edge that has just begun waits for whom it does not know yet.
    if (isHere) await scenario.server.advance(3_000);
    const heard: string[] = [];
    for (const method of ['INVITE', 'OPTIONS', 'BYE', 'UPDATE', 'CANCEL']) {
      const call = newCall(scenario);
      scenario.say(call.request(method, 1));
      heard.push(`${method}: ${(await scenario.peer.next()).startLine}`);
      if (method === 'INVITE') scenario.say(call.request('ACK', 1, { branch: `${call.callId}` }));
    }
    expect(heard).toEqual([
      'INVITE: SIP/2.0 503 Service Unavailable',
      'OPTIONS: SIP/2.0 503 Service Unavailable',
      'BYE: SIP/2.0 481 Call/Transaction Does Not Exist',
      'UPDATE: SIP/2.0 481 Call/Transaction Does Not Exist',
      'CANCEL: SIP/2.0 481 Call/Transaction Does Not Exist',
    ]);
    expect(await scenario.told(0)).toEqual([]);
  });

  it.runIf(isHere)('an application that never answers: the INVITE gets 408 and is forgotten', async () => {
    const scenario = await newScenario();
    let response: Response | undefined;
    scenario.application.invite((_, given) => {
      response = given;
    });
    await scenario.connect();
    const call = newCall(scenario);
    scenario.say(inviteOf(call, 1, { branch: 'never' }));
    await scenario.told(1);
    await scenario.server.advance(64_000);
    const answer = await scenario.peer.next();
    expect(answer.startLine).toBe('SIP/2.0 408 Request Timeout');
    scenario.say(call.request('ACK', 1, { branch: 'never', toTag: tagIn(field(answer, 'To')) }));
    const late = new Promise((resolve) => response!.send(200, { body: sdp }, resolve));
    expect(await late).toBe('Response not sent due to unknown transaction');
  });

  it.runIf(isOurs)('a BYE while it rings ends the call: the INVITE gets 487, a late 200 is refused', async () => {
    const scenario = await newScenario();
    let response: Response | undefined;
    scenario.application.invite((_, given) => {
      response = given;
      given.send(180);
    });
    await scenario.connect();
    const call = newCall(scenario);
    scenario.say(inviteOf(call));
    const toTag = tagIn(field(await scenario.peer.next(), 'To'));
    scenario.say(call.request('BYE', 2, { toTag }));
    expect((await scenario.peer.next()).startLine).toBe('SIP/2.0 487 Request Terminated');
    await scenario.told(3);
    const late = new Promise((resolve) => response!.send(200, { body: sdp }, resolve));
    expect(await late).toBe('Response not sent due to unknown transaction');
    if (isHere) expect(scenario.server.counters()?.dialogs).toBe(0);
  });

  it.runIf(isOurs)('the same call by two paths is taken once', async () => {
    const scenario = await newScenario();
    scenario.application.invite(() => {});
    await scenario.connect();
    const call = newCall(scenario);
    scenario.say(inviteOf(call, 1, { branch: 'path-a' }));
    await scenario.told(1);
    scenario.say(inviteOf(call, 1, { branch: 'path-b' }));
    expect((await scenario.peer.next()).startLine).toBe('SIP/2.0 482 Loop Detected');
    expect(await scenario.told(1)).toHaveLength(1);
  });

  it.runIf(isOurs)(
    'the same call by another path is answered as it was, until the answer is acknowledged',
    async () => {
      const scenario = await newScenario();
      scenario.application.invite((_, response) => response.send(200, { body: sdp }));
      await scenario.connect();
      const call = newCall(scenario);
      scenario.say(inviteOf(call, 1, { branch: 'path-a' }));
      const first = await scenario.peer.next();
      scenario.say(inviteOf(call, 1, { branch: 'path-b' }));
      const second = await scenario.peer.next();
      expect(field(second, 'Via')).toContain('path-b');
      expect([second.startLine, field(second, 'To'), second.body]).toEqual([first.startLine, field(first, 'To'), sdp]);
      await scenario.server.advance(500);
      expect(field(await scenario.peer.next(), 'Via')).toContain('path-b');
      scenario.say(call.request('ACK', 1, { toTag: tagIn(field(first, 'To')) }));
      scenario.say(inviteOf(call, 1, { branch: 'path-c' }));
      expect((await scenario.peer.next()).startLine).toBe('SIP/2.0 482 Loop Detected');
      expect(await scenario.told(3)).toHaveLength(3);
    },
  );

  it('36: two applications take calls in turn, and keep those they took', async () => {
    const scenario = await newScenario();
    const second = await newScenario();
    const taken: string[] = [];
    for (const [name, { application }] of [
      ['A', scenario],
      ['B', second],
    ] as const) {
      application.invite((request, response) => {
        application.createUAS(request, response, { localSdp: sdp }, (_, dialog) => {
          taken.push(name);
          dialog.on('destroy', () => taken.push(`${name} ended`));
        });
      });
    }
    await scenario.connect();
    // The second application connects to the first one's server.
    await connect(second.application, { port: scenario.server.applicationPort, secret: scenario.server.secret });
    await turns(5);
    for (let round = 0; round < 4; round += 1) {
      const call = newCall(scenario);
      scenario.say(inviteOf(call));
      const toTag = tagIn(field(await scenario.peer.next(), 'To'));
      scenario.say(call.request('ACK', 1, { toTag }));
      await until(() => taken.length === round * 2 + 1);
      scenario.say(call.request('BYE', 2, { toTag }));
      await scenario.peer.next();
      await until(() => taken.length === round * 2 + 2);
    }
    // Who is first depends on what went before.
    const [first = '', other = ''] = isHere ? ['B', 'A'] : taken[0] === 'A' ? ['A', 'B'] : ['B', 'A'];
    const round = [first, `${first} ended`, other, `${other} ended`];
    expect(taken).toEqual([...round, ...round]);
  });
});
