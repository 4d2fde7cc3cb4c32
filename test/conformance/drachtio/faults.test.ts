// What goes wrong: transcripts 31, 32, 33 and 35.

import { describe, expect, it } from 'vitest';
import type { Message, Response } from './application.ts';
import { field, isTrying, shapeOf, tagIn } from './peer.ts';
import { inviteOf, newCall, newScenario, sdp, turns, until } from './scenario.ts';
import { isHere, isOurs } from './server.ts';

describe('R-SIP-3: messages that get lost', () => {
  it('31: copies are absorbed, the 200 is repeated until the ACK, a BYE that comes again is answered again', async () => {
    const scenario = await newScenario();
    const { application, say, peer, told, server } = scenario;
    let answer: (() => void) | undefined;
    application.invite((request, response) => {
      answer = () => application.createUAS(request, response, { localSdp: sdp }, () => {});
    });
    await scenario.connect();
    const call = newCall(scenario);
    say(inviteOf(call));
    await until(() => answer !== undefined);
    say(inviteOf(call));
    answer!();
    const first = await peer.next();
    await server.advance(500);
    const second = await peer.next();
    await server.advance(1_000);
    const third = await peer.next();
    expect([second, third].map(({ lines, body }) => [lines, body])).toEqual([
      [first.lines, sdp],
      [first.lines, sdp],
    ]);
    const toTag = tagIn(field(first, 'To'));
    say(call.request('ACK', 1, { toTag }));
    await told(3);
    await server.advance(10_000);
    say(call.request('BYE', 2, { toTag }));
    const ended = await peer.next();
    say(call.request('BYE', 2, { toTag }));
    expect((await peer.next()).lines).toEqual(ended.lines);
    expect(await told(5)).toHaveLength(5);
    if (isHere) expect(server.counters()).toMatchObject({ repeatsAbsorbed: 2, repeatsSent: 3, refused: {} });
  });

  it('32: no ACK for 32 seconds: the server ends the call and says so', async () => {
    const scenario = await newScenario();
    const { application, say, peer, told, server } = scenario;
    const destroyed = new Promise<unknown>((resolve) => {
      application.invite((request, response) => {
        application.createUAS(request, response, { localSdp: sdp }, (_, dialog) => {
          dialog.on('destroy', (_: Message, reason: string) => resolve(reason));
        });
      });
    });
    await scenario.connect();
    const call = newCall(scenario);
    say(inviteOf(call));
    await told(2);
    await server.advance(32_100);
    expect(await destroyed).toBe('ACK timeout');
    const shape = 'BYE: Via Max-Forwards From To Call-ID CSeq Reason Content-Length';
    await until(() => peer.heard.some(({ startLine }) => startLine.startsWith('BYE')));
    const [answer, ...repeats] = peer.heard.filter((one) => !isTrying(one));
    const bye = repeats.pop()!;
    expect(shapeOf(bye)).toBe(shape);
    // 0.5, 1.5, 3.5, 7.5 s, then every 4 s up to 31.5.
    expect(repeats.map(({ lines }) => lines)).toEqual(Array.from({ length: 10 }, () => answer!.lines));
    expect(field(bye, 'Reason')).toBe('SIP;cause=200;text="ACK timeout"');
    expect(field(bye, 'CSeq')).toBe('2 BYE');
    say(['SIP/2.0 200 OK', ...bye.lines, '', ''].join('\r\n'));
    expect((await told(3))[2]).toBe('application udp server unsolicited d1 BYE');
    if (isHere) {
      await server.advance(5_000);
      expect(server.counters()).toMatchObject({ dialogs: 0, transactions: 0, answersAbandoned: 1 });
    }
  });

  it.runIf(isHere)('an error response is repeated until its ACK and forgotten after 32 seconds', async () => {
    const scenario = await newScenario();
    scenario.application.invite((_, response) => response.send(486));
    await scenario.connect();
    scenario.say(inviteOf(newCall(scenario)));
    await scenario.told(2);
    await scenario.server.advance(32_000);
    await turns(5);
    expect(scenario.peer.heard.filter(({ startLine }) => startLine === 'SIP/2.0 486 Busy Here')).toHaveLength(11);
    expect(scenario.server.counters()).toMatchObject({ transactions: 0, dialogs: 0 });
  });
});

describe('R-SIP-3: applications that go away', () => {
  // drachtio-server answers at once; we wait a moment for the application to come back, and with a BYE longer.
  it('33: its dialogs are refused once it stays away, new calls get 503 at once', async () => {
    const scenario = await newScenario();
    const { application, say, peer, tap, server } = scenario;
    application.invite((request, response) => {
      application.createUAS(request, response, { localSdp: sdp }, () => {});
    });
    await scenario.connect();
    const call = newCall(scenario);
    say(inviteOf(call));
    const toTag = tagIn(field(await peer.next(), 'To'));
    say(call.request('ACK', 1, { toTag }));
    await scenario.told(3);
    tap.cut();
    if (isHere) await until(() => server.counters()?.connections === 0);
    else await turns(50);
    const answers: string[] = [];
    for (const [method, sequence, patienceMs] of [
      ['INFO', 2, 3_000],
      ['BYE', 3, 25_000],
    ] as const) {
      say(call.request(method, sequence, { toTag }));
      if (isHere) await until(() => server.counters()!.requestsReceived === sequence + 1);
      await server.advance(isOurs ? patienceMs : 0);
      answers.push((await peer.next()).startLine);
    }
    const next = newCall(scenario);
    say(inviteOf(next, 1, { branch: 'gone' }));
    answers.push((await peer.next()).startLine);
    say(next.request('ACK', 1, { branch: 'gone' }));
    expect(answers).toEqual([
      isOurs ? 'SIP/2.0 503 Service Unavailable' : 'SIP/2.0 481 Call/Transaction Does Not Exist',
      'SIP/2.0 481 Call/Transaction Does Not Exist',
      'SIP/2.0 503 Service Unavailable',
    ]);
  });

  it.runIf(isOurs)('a call it has not answered gets 503, one it is placing is cancelled', async () => {
    const scenario = await newScenario();
    const { application, say, peer, tap } = scenario;
    application.invite((_, response: Response) => response.send(180));
    await scenario.connect();
    application.createUAC(`sip:bob@${peer.at}`, { localSdp: sdp }).catch(() => {});
    const outgoing = await peer.next();
    say(
      [
        'SIP/2.0 180 Ringing',
        ...outgoing.lines.filter((line) => /^(Via|From|To|Call-ID|CSeq)/.test(line)),
        '',
        '',
      ].join('\r\n'),
    );
    say(inviteOf(newCall(scenario)));
    expect((await peer.next()).startLine).toBe('SIP/2.0 180 Ringing');
    tap.cut();
    const heard = [await peer.next(), await peer.next()].map(({ startLine }) => startLine.replace(/ sip:\S+/, ''));
    expect(heard.sort()).toEqual(['CANCEL SIP/2.0', 'SIP/2.0 503 Service Unavailable']);
  });
});

describe('R-SIP-3: odd and broken messages', () => {
  it('35: compact names, folding and repeated lines reach the application as they came', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told, tap, server } = scenario;
    const seen: Record<string, string>[] = [];
    application.invite((request, response) => {
      seen.push({ ...request.headers });
      response.send(603);
    });
    await scenario.connect();
    const via = `SIP/2.0/UDP ${peer.at};branch=z9hG4bK35`;
    const lines = ['f: <sip:a@127.0.0.1>;tag=cc', 't: <sip:service@127.0.0.1>', 'i: compact-1', 'CSeq: 1 INVITE'];
    const others = [
      `m: <sip:a@${peer.at}>`,
      'Max-Forwards: 70',
      'P-Asserted-Identity: <sip:1@x>',
      'P-Asserted-Identity: <tel:+1>',
      'X-Folded: one',
      ' two',
      'X-Rep: a',
      'X-Rep: b',
      'k: timer, 100rel',
      's: hi',
      'l: 0',
    ];
    const start = `INVITE sip:service@${server.at} SIP/2.0`;
    say([start, `v: ${via}`, ...lines, ...others, '', ''].join('\r\n'));
    const declined = await peer.next();
    const toTag = tagIn(field(declined, 'To'));
    expect([declined.startLine, ...declined.lines]).toEqual([
      'SIP/2.0 603 Decline',
      `Via: ${via};rport=${peer.port}`,
      'From: <sip:a@127.0.0.1>;tag=cc',
      `To: <sip:service@127.0.0.1>;tag=${toTag}`,
      'Call-ID: compact-1',
      'CSeq: 1 INVITE',
      'Content-Length: 0',
    ]);
    await told(2);
    expect(String(tap.messages[0])).toBe(
      [start, `Via: ${via};rport=${peer.port}`, ...lines, ...others, '', ''].join('\r\n'),
    );
    expect(seen[0]).toMatchObject({ supported: 'timer, 100rel', subject: 'hi', 'X-Rep': 'a,b' });
    say(
      [
        start.replace('INVITE', 'ACK'),
        `Via: ${via}`,
        'From: <sip:a@127.0.0.1>;tag=cc',
        `To: ${field(declined, 'To')}`,
        'Call-ID: compact-1',
        'CSeq: 1 ACK',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
  });

  it('35: an INVITE without Call-ID gets 400, and no application hears of it', async () => {
    const scenario = await newScenario();
    scenario.application.invite(() => {});
    await scenario.connect();
    const via = `SIP/2.0/UDP ${scenario.peer.at};branch=z9hG4bKbroken`;
    scenario.say(
      [
        `INVITE sip:service@${scenario.server.at} SIP/2.0`,
        `Via: ${via}`,
        'From: <sip:a@127.0.0.1>',
        'To: <sip:service@127.0.0.1>',
        'CSeq: 1 INVITE',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
    const refused = await scenario.peer.next();
    expect(shapeOf(refused)).toBe('400 Bad Request: Via From To CSeq Content-Length');
    expect(field(refused, 'Via')).toBe(`${via};rport=${scenario.peer.port}`);
    expect(tagIn(field(refused, 'To'))).not.toBe('');
    expect(await scenario.told(0)).toEqual([]);
  });

  it.runIf(isHere)('what cannot be answered is counted and dropped', async () => {
    const scenario = await newScenario();
    await scenario.connect();
    for (const text of ['', '\r\n\r\n', '\0', 'hello', 'SIP/2.0 200 OK\r\n\r\n', 'ACK sip:x SIP/2.0\r\n\r\n'])
      scenario.say(text);
    scenario.say('OPTIONS sip:x SIP/7.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKv\r\n\r\n');
    expect((await scenario.peer.next()).startLine).toBe('SIP/2.0 505 Version Not Supported');
    expect(scenario.server.counters()?.refused).toEqual({ malformed: 3, version: 1 });
    expect(scenario.peer.heard).toHaveLength(1);
  });
});
