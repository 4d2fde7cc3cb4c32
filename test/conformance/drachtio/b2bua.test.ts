// Two calls that an application joins: transcripts 18 and 19, by the library's createB2BUA.

import { describe, expect, it, onTestFinished } from 'vitest';
import { field, openPeer, type Peer, shapeOf, tagIn } from './peer.ts';
import { answerTo, inviteOf, newCall, newScenario, type Scenario, sdp, until } from './scenario.ts';

const plain = 'Via Max-Forwards From To Call-ID CSeq Content-Length';
const plain200 = '200 OK: Via From To Call-ID CSeq Content-Length';
const ok200 = '200 OK: Via From To Call-ID CSeq Contact Content-Type Content-Length';
const ringing = '180 Ringing: Via From To Call-ID CSeq Content-Length';
const invited = 'INVITE: Via Max-Forwards From To Call-ID CSeq Contact Content-Type Content-Length';
const ours = sdp.replace('40000', '40004');

describe('R-SIP-4: a back-to-back user agent', () => {
  it('18: rings through, is answered and ended by the caller', async () => {
    const { scenario, bob, joined, sayBob, bobAt } = await newJoin();
    const { peer, say, told, server } = scenario;
    const call = newCall(scenario);
    say(inviteOf(call, 1, { lines: ['X-Custom: pass-me', 'Content-Type: application/sdp'] }));
    expect((await peer.next()).startLine).toBe('SIP/2.0 100 Trying');
    const outgoing = await bob.next();
    expect(shapeOf(outgoing)).toBe(`${invited} X-Custom`);
    expect([field(outgoing, 'From'), field(outgoing, 'Contact'), outgoing.body]).toEqual([
      expect.stringMatching(new RegExp(`^"Alice" <sip:alice@${server.at}>;tag=\\S+$`)),
      `"Alice" <sip:alice@${server.at}>`,
      sdp,
    ]);
    sayBob(answerTo(outgoing, '180 Ringing', { toTag: 'BB', lines: [`Contact: <${bobAt}>`] }));
    expect(shapeOf(await peer.next())).toBe(ringing);
    await told(4);
    const lines = [`Contact: <${bobAt}>`, 'Content-Type: application/sdp'];
    sayBob(answerTo(outgoing, '200 OK', { toTag: 'BB', lines, body: ours }));
    expect((await bob.next()).startLine).toBe(`ACK ${bobAt} SIP/2.0`);
    const answer = await peer.next();
    expect([shapeOf(answer), answer.body]).toEqual([ok200, ours]);
    const toTag = tagIn(field(answer, 'To'));
    say(call.request('ACK', 1, { toTag }));
    await told(8);
    await until(() => joined.length === 1);
    say(call.request('BYE', 2, { toTag }));
    expect(shapeOf(await peer.next())).toBe(plain200);
    const bye = await bob.next();
    expect(shapeOf(bye)).toBe(`BYE: ${plain}`);
    sayBob(answerTo(bye, '200 OK'));
    expect(await told(12)).toEqual([
      'network udp peer on server t1 - INVITE',
      `[- - INVITE] OK application udp server t2 ${invited} X-Custom`,
      'network udp bob t2 d1 180 Ringing',
      `[t1 - 180 Ringing] OK application udp peer t1 d2 ${ringing}`,
      'network udp bob t2 d1 200 OK',
      `[- d1 ACK] OK application udp server t3 ACK: ${plain}`,
      `[t1 - 200 OK] OK application udp peer t1 d2 ${ok200}`,
      'network - peer t1 d2 ACK',
      'network udp peer t4 d2 BYE',
      `[t4 - 200 OK] OK application - peer t4 - ${plain200}`,
      `[- d1 BYE] OK application udp server t5 BYE: ${plain}`,
      'network udp bob t5 d1 200 OK',
    ]);
    expect(joined).toEqual(['up']);
  });

  it('19: is cancelled by the caller while it rings', async () => {
    const { scenario, bob, joined, sayBob, bobAt } = await newJoin();
    const { peer, say, told } = scenario;
    const call = newCall(scenario);
    say(inviteOf(call, 1, { branch: '19' }));
    await peer.next();
    const outgoing = await bob.next();
    expect(shapeOf(outgoing)).toBe(invited);
    sayBob(answerTo(outgoing, '180 Ringing', { toTag: 'BC', lines: [`Contact: <${bobAt}>`] }));
    const rang = await peer.next();
    await told(4);
    say(call.request('CANCEL', 1, { branch: '19' }));
    expect([await peer.next(), await peer.next()].map((one) => `${field(one, 'CSeq')}: ${one.startLine}`)).toEqual([
      '1 CANCEL: SIP/2.0 200 OK',
      '1 INVITE: SIP/2.0 487 Request Terminated',
    ]);
    say(call.request('ACK', 1, { branch: '19', toTag: tagIn(field(rang, 'To')) }));
    const cancel = await bob.next();
    expect([shapeOf(cancel), field(cancel, 'Via')]).toEqual([`CANCEL: ${plain}`, field(outgoing, 'Via')]);
    sayBob(answerTo(cancel, '200 OK'));
    sayBob(answerTo(outgoing, '487 Request Terminated', { toTag: 'BC', lines: [`Contact: <${bobAt}>`] }));
    expect(shapeOf(await bob.next())).toBe(`ACK: ${plain}`);
    expect(await told(9)).toEqual([
      'network udp peer on server t1 - INVITE',
      `[- - INVITE] OK application udp server t2 ${invited}`,
      'network udp bob t2 d1 180 Ringing',
      `[t1 - 180 Ringing] OK application udp peer t1 d2 ${ringing}`,
      'network udp peer t1 d2 CANCEL',
      // The library answers although the server has.
      '[t1 - 487 Request Terminated] NOK Response not sent due to unknown transaction',
      `[t2 - CANCEL] OK application udp server t3 CANCEL: ${plain}`,
      'network udp bob t2 d1 487 Request Terminated',
      '[- d1 ACK] NOK Server error: ACK for non-success final response is automatically generated by server',
    ]);
    await until(() => joined.length === 1);
    expect(joined).toEqual([487]);
  });
});

/** An application that passes calls on to Bob, and what came of them: `up`, or a status. */
async function newJoin(): Promise<{
  scenario: Scenario;
  bob: Peer;
  bobAt: string;
  joined: unknown[];
  sayBob: (text: string) => void;
}> {
  const scenario = await newScenario();
  const bob = await openPeer(scenario.server);
  onTestFinished(() => bob.close());
  scenario.tap.name(bob.port, 'bob');
  const bobAt = `sip:bob@${bob.at}`;
  const joined: unknown[] = [];
  const { application } = scenario;
  application.invite((request, response) => {
    const options = { localSdpB: request.body, proxyRequestHeaders: ['X-Custom'] };
    application.createB2BUA(request, response, bobAt, options).then(
      ({ uas, uac }) => {
        joined.push('up');
        uas.on('destroy', () => uac.destroy());
        uac.on('destroy', () => uas.destroy());
      },
      (error: { status?: number }) => joined.push(error.status),
    );
  });
  await scenario.connect();
  return { scenario, bob, bobAt, joined, sayBob: (text) => bob.send(text, scenario.server.sipPort) };
}
