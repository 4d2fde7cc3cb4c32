// Calls over TCP: transcript 30, and what an application's own call over TCP looks like.

import { describe, expect, it } from 'vitest';
import { connectPeer, field, shapeOf, tagIn } from './peer.ts';
import { answerTo, inviteOf, newCall, newScenario, sdp } from './scenario.ts';
import { isHere } from './server.ts';

const newTcpScenario = () => newScenario([], (server) => connectPeer(server));
/** What a peer says over TCP names TCP. */
const overTcp = (text: string) =>
  text.replace('SIP/2.0/UDP', 'SIP/2.0/TCP').replace(/(Contact: <sip:[^>]+)>/, '$1;transport=tcp>');

describe('R-SIP-4: over TCP', () => {
  it('30: a call comes in and is ended by the peer', async () => {
    const scenario = await newTcpScenario();
    const { application, peer, told, server } = scenario;
    const say = (text: string) => scenario.say(overTcp(text));
    application.invite((request, response) => {
      application.createUAS(request, response, { localSdp: sdp }, () => {});
    });
    await scenario.connect();
    const call = newCall(scenario);
    say(inviteOf(call));
    const answer = await peer.next();
    expect(shapeOf(answer)).toBe('200 OK: Via From To Call-ID CSeq Contact Content-Type Content-Length');
    expect(field(answer, 'Via')).toMatch(/^SIP\/2.0\/TCP [\d.]+:\d+;branch=z9hG4bK[^;]+;rport=\d+$/);
    expect(field(answer, 'Contact')).toBe(`<sip:${server.at};transport=tcp>`);
    const toTag = tagIn(field(answer, 'To'));
    say(call.request('ACK', 1, { toTag }));
    say(call.request('BYE', 2, { toTag }));
    expect(shapeOf(await peer.next())).toBe('200 OK: Via From To Call-ID CSeq Content-Length');
    expect(await told(5)).toEqual([
      'network tcp peer on server t1 - INVITE',
      '[t1 - 200 OK] OK application tcp peer t1 d1 200 OK: Via From To Call-ID CSeq Contact Content-Type Content-Length',
      'network - peer t1 d1 ACK',
      'network tcp peer t2 d1 BYE',
      '[t2 - 200 OK] OK application - peer t2 - 200 OK: Via From To Call-ID CSeq Content-Length',
    ]);
    if (isHere) expect(server.counters()).toMatchObject({ dialogs: 0, transactions: 0, refused: {}, streams: 1 });
  });

  it('a call goes out over the connection that is there, and is ended by the application', async () => {
    const scenario = await newTcpScenario();
    const { application, peer, say, server } = scenario;
    await scenario.connect();
    const place = `sip:bob@${peer.at};transport=tcp`;
    const headers = { contact: 'sip:1000@localhost' };
    const calling = application.createUAC(place, { localSdp: sdp, headers });
    const invite = await peer.next();
    expect(field(invite, 'Via')).toMatch(new RegExp(`^SIP/2.0/TCP ${server.at};branch=z9hG4bK[^;]+$`));
    expect(field(invite, 'Contact')).toBe(`<sip:1000@${server.at};transport=tcp>`);
    const lines = [`Contact: <${place}>`, 'Content-Type: application/sdp'];
    say(answerTo(invite, '200 OK', { toTag: 'T1', lines, body: sdp }));
    const dialog = await calling;
    expect((await peer.next()).startLine).toBe(`ACK ${place} SIP/2.0`);
    const ended = dialog.destroy();
    const bye = await peer.next();
    expect(bye.startLine).toBe(`BYE ${place} SIP/2.0`);
    say(answerTo(bye, '200 OK'));
    await ended;
    if (isHere) expect(server.counters()).toMatchObject({ dialogs: 0, refused: {}, streams: 1 });
  });
});
