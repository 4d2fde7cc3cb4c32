// Provisional responses that are acknowledged (RFC 3262): transcripts 16 and 17.

import { describe, expect, it } from 'vitest';
import { field, shapeOf, tagIn } from './peer.ts';
import { answerTo, inviteOf, newCall, newScenario, sdp, until } from './scenario.ts';

const plain = 'Via Max-Forwards From To Call-ID CSeq Content-Length';
const plain200 = '200 OK: Via From To Call-ID CSeq Content-Length';
const ok200 = '200 OK: Via From To Call-ID CSeq Contact Content-Type Content-Length';

describe('R-SIP-4: reliable provisional responses', () => {
  it('16: of the peer: the library acknowledges with PRACK in the early dialog', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told } = scenario;
    await scenario.connect();
    const bob = `sip:bob@${peer.at}`;
    const calling = application.createUAC(bob, { localSdp: sdp, headers: { Supported: '100rel' } });
    const invite = await peer.next();
    const shape = 'INVITE: Via Max-Forwards From To Call-ID CSeq Contact Supported Content-Type Content-Length';
    expect(shapeOf(invite)).toBe(shape);
    const lines = [`Contact: <${bob}>`, 'Require: 100rel', 'RSeq: 4711', 'Content-Type: application/sdp'];
    say(answerTo(invite, '183 Session Progress', { toTag: 'B7', lines, body: sdp }));
    const prack = await peer.next();
    const number = Number.parseInt(field(invite, 'CSeq'), 10);
    expect(shapeOf(prack)).toBe('PRACK: Via Max-Forwards From To Call-ID CSeq RAck Content-Length');
    expect([prack.startLine, field(prack, 'CSeq'), field(prack, 'RAck')]).toEqual([
      `PRACK ${bob} SIP/2.0`,
      `${number + 1} PRACK`,
      `4711 ${number} INVITE`,
    ]);
    say(answerTo(prack, '200 OK'));
    await told(4);
    say(answerTo(invite, '200 OK', { toTag: 'B7', lines: [lines[0]!, lines[3]!], body: sdp }));
    const dialog = await calling;
    expect(field(await peer.next(), 'CSeq')).toBe(`${number} ACK`);
    await told(6);
    const ended = dialog.destroy();
    const bye = await peer.next();
    expect(field(bye, 'CSeq')).toBe(`${number + 2} BYE`);
    say(answerTo(bye, '200 OK'));
    await ended;
    expect(await told(8)).toEqual([
      `[- - INVITE] OK application udp server t1 ${shape}`,
      'network udp peer t1 d1 183 Session Progress',
      '[- d1 PRACK] OK application udp server t2 PRACK: Via Max-Forwards From To Call-ID CSeq RAck Content-Length',
      'network udp peer t2 d1 200 OK',
      'network udp peer t1 d1 200 OK',
      `[- d1 ACK] OK application udp server t3 ACK: ${plain}`,
      `[- d1 BYE] OK application udp server t4 BYE: ${plain}`,
      'network udp peer t4 d1 200 OK',
    ]);
  });

  it('17: of the application: the PRACK is shown to it, which answers it', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told } = scenario;
    let answer: (() => void) | undefined;
    let acknowledged: string | undefined;
    application.invite((request, response) => {
      answer = () => application.createUAS(request, response, { localSdp: sdp }, () => {});
      response.send(183, { body: sdp, headers: { Require: '100rel' } }, undefined, (prack) => {
        acknowledged = prack.get('RAck');
      });
    });
    await scenario.connect();
    const call = newCall(scenario);
    say(inviteOf(call, 1, { lines: ['Supported: 100rel', 'Content-Type: application/sdp'] }));
    const progress = await peer.next();
    const shape = `${progress.startLine.slice(8)}: Via From To Call-ID CSeq Contact RSeq Require Content-Type Content-Length`;
    expect(shapeOf(progress)).toBe(shape);
    const toTag = tagIn(field(progress, 'To'));
    const rack = `${field(progress, 'RSeq')} 1 INVITE`;
    say(call.request('PRACK', 2, { toTag, lines: [`RAck: ${rack}`] }));
    expect(shapeOf(await peer.next())).toBe(plain200);
    await until(() => acknowledged !== undefined);
    expect(acknowledged).toBe(rack);
    await told(4);
    answer!();
    const accepted = await peer.next();
    expect([shapeOf(accepted), field(accepted, 'To')]).toEqual([ok200, field(progress, 'To')]);
    say(call.request('ACK', 1, { toTag }));
    say(call.request('BYE', 3, { toTag }));
    expect((await told(8)).map((line) => line.replaceAll(shape, '183'))).toEqual([
      'network udp peer on server t1 - INVITE',
      `[t1 - ${progress.startLine.slice(8)}] OK application udp peer t1 d1 183`,
      'network udp peer t2 d1 PRACK',
      `[t2 - 200 OK] OK application - peer t2 d1 ${plain200}`,
      `[t1 - 200 OK] OK application udp peer t1 d1 ${ok200}`,
      'network - peer t1 d1 ACK',
      'network udp peer t3 d1 BYE',
      `[t3 - 200 OK] OK application - peer t3 - ${plain200}`,
    ]);
  });
});
