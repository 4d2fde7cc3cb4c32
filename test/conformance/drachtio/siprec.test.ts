// A recording client (RFC 7866): transcript 29.

import { describe, expect, it } from 'vitest';
import type { Request, Response } from './application.ts';
import { field, shapeOf, tagIn } from './peer.ts';
import { inviteOf, newCall, newScenario, sdp } from './scenario.ts';

const boundary = 'unique-boundary-29';
const ok200 = '200 OK: Via From To Call-ID CSeq Contact Content-Type Content-Length';
const plain200 = '200 OK: Via From To Call-ID CSeq Content-Length';

describe('R-SIP-4: a recording session', () => {
  it('29: its description and its metadata reach the application in one body, with the INVITE and a re-INVITE', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told } = scenario;
    const seen: unknown[] = [];
    const see = (request: Request) =>
      seen.push([request.method, request.get('Require'), request.payload.map(({ type }) => type)]);
    application.invite((request, response) => {
      see(request);
      application.createUAS(request, response, { localSdp: sdp }, (_, dialog) => {
        dialog.on('modify', (again: Request, answer: Response) => {
          see(again);
          answer.send(200, { body: sdp });
        });
      });
    });
    await scenario.connect();
    const call = newCall(scenario);
    const lines = [
      'Require: siprec',
      'Accept: application/sdp, application/rs-metadata',
      `Content-Type: multipart/mixed;boundary=${boundary}`,
    ];
    const text = inviteOf(call, 1, { lines, body: bodyOf('complete') });
    say(text);
    const answer = await peer.next();
    expect([shapeOf(answer), answer.body]).toEqual([ok200, sdp]);
    const toTag = tagIn(field(answer, 'To'));
    say(call.request('ACK', 1, { toTag }));
    await told(3);
    say(inviteOf(call, 2, { toTag, branch: '29-2', lines, body: bodyOf('partial') }));
    expect(shapeOf(await peer.next())).toBe(ok200);
    say(call.request('ACK', 2, { toTag }));
    await told(6);
    say(call.request('BYE', 3, { toTag }));
    expect(shapeOf(await peer.next())).toBe(plain200);
    expect(await told(8)).toEqual([
      'network udp peer on server t1 - INVITE',
      `[t1 - 200 OK] OK application udp peer t1 d1 ${ok200}`,
      'network - peer t1 d1 ACK',
      'network udp peer t2 d1 INVITE',
      `[t2 - 200 OK] OK application udp peer t2 d1 ${ok200}`,
      'network - peer t3 d1 ACK',
      'network udp peer t4 d1 BYE',
      `[t4 - 200 OK] OK application - peer t4 - ${plain200}`,
    ]);
    expect(scenario.tap.messages[0]?.toString('utf8')).toBe(text.replace(';rport', `;rport=${peer.port}`));
    const types = ['application/sdp', 'application/rs-metadata+xml'];
    expect(seen).toEqual([
      ['INVITE', 'siprec', types],
      ['INVITE', 'siprec', types],
    ]);
  });
});

function bodyOf(mode: string): string {
  const second = 'm=audio 40002 RTP/AVP 0\r\na=sendonly\r\na=label:2\r\n';
  return [
    `--${boundary}`,
    'Content-Type: application/sdp',
    '',
    `${sdp}a=label:1\r\n${second}--${boundary}`,
    'Content-Type: application/rs-metadata+xml',
    'Content-Disposition: recording-session',
    '',
    `<recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>${mode}</datamode></recording>`,
    `--${boundary}--`,
    '',
  ].join('\r\n');
}
