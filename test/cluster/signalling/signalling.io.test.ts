import { describe, expect, it, onTestFinished } from 'vitest';
import { Signalling } from '#cluster/signalling';
import { VirtualClock } from '#src/ports';
import { field, tagIn } from '../../conformance/drachtio/peer.ts';
import { answerTo, inviteOf, sdp } from '../../conformance/drachtio/scenario.ts';
import { freeTcpPort } from '../../harness/ports.ts';
import { until } from '../../harness/processes.ts';
import { answerSdp, branchOf, openEdge, Scene } from './scene.ts';

const refused = { body: '', lines: [] };

describe('calls that come in', () => {
  it('R-SIP-1: become messages with who, what and from where, and are answered', async () => {
    const scene = await Scene.open();
    const call = scene.newCall();
    const keys = 'sip:record=r1@127.0.0.1;calluuid=U;dn=3556;recordDN=3556';
    const text = inviteOf(call, 1, { lines: ['Content-Type: application/sdp', 'X-Genesys-Agent: Ada'] });
    scene.say(text.replace(/^INVITE \S+/, `INVITE ${keys}`));
    await until('the INVITE', () => scene.invites.length === 1);
    const [invite] = scene.invites;
    const fromTag = /;tag=(alice\d+)/.exec(text)![1]!;
    expect(invite).toMatchObject({
      dialog: `${call.callId};from-tag=${fromTag}`,
      callId: call.callId,
      fromTag,
      msr: { recordingId: 'r1', callUuid: 'U', dn: '3556', recordDn: '3556', metadata: { 'x-genesys-agent': 'Ada' } },
      offer: { media: [{ kind: 'audio', address: '127.0.0.1', port: 40_000 }] },
      source: `udp/127.0.0.1:${scene.peer.port}`,
    });
    await scene.signalling.answer(invite!.dialog, answerSdp);
    const answer = await scene.next();
    expect(answer).toMatchObject({ startLine: 'SIP/2.0 200 OK', body: answerSdp });
    expect(field(answer, 'Content-Type')).toBe('application/sdp');
    expect(field(answer, 'Allow')).toContain('UPDATE');
    const toTag = tagIn(field(answer, 'To'));
    scene.say(call.request('ACK', 1, { toTag }));
    scene.say(call.request('BYE', 2, { toTag, lines: ['Reason: Q.850;cause=16'] }));
    expect((await scene.next()).startLine).toBe('SIP/2.0 200 OK');
    await scene.heard(`bye ${invite!.dialog} bye (Q.850;cause=16)`);
  });

  it.each([
    ['without SDP 488: we never make the offer', refused, '488 Not Acceptable Here', 'an offer is needed'],
    [
      'with SDP nobody can read 400',
      { body: 'v=0\r\ns="quoted"\r\n', lines: ['Content-Type: application/sdp'] },
      '400 Bad Request',
      'SDP without an m-line',
    ],
  ])('R-SIP-3: get %s, with a reason for people, and nobody hears of them', async (_, more, status, warning) => {
    const scene = await Scene.open();
    scene.say(inviteOf(scene.newCall(), 1, more));
    const answer = await scene.next();
    expect(answer.startLine).toBe(`SIP/2.0 ${status}`);
    expect(field(answer, 'Warning')).toMatch(/^399 twinreel "[^"]*"$/);
    expect(field(answer, 'Warning')).toContain(warning);
    expect(scene.invites).toEqual([]);
  });

  it('R-SIP-3: are refused with Retry-After and the reason, whatever stands in it', async () => {
    const scene = await Scene.open();
    const { dialog } = await scene.incoming();
    scene.signalling.refuse(dialog, 503, '4 of at most 4 "streams"\r\nEvil: yes', 7);
    const answer = await scene.next();
    expect(answer.startLine).toBe('SIP/2.0 503 Service Unavailable');
    expect(field(answer, 'Retry-After')).toBe('7');
    expect(field(answer, 'Warning')).toBe(`399 twinreel "4 of at most 4 'streams'''Evil: yes"`);
    expect(scene.logged).toContain('refused');
  });

  it('R-SIP-3: that are cancelled are told, and an answer that comes too late fails', async () => {
    const scene = await Scene.open();
    const { call, dialog } = await scene.incoming();
    scene.say(call.request('CANCEL', 1, { branch: branchOf(call) }));
    await scene.heard(`cancelled ${dialog}`);
    expect((await scene.next()).startLine).toBe('SIP/2.0 200 OK');
    expect((await scene.next()).startLine).toBe('SIP/2.0 487 Request Terminated');
    await expect(scene.signalling.answer(dialog, answerSdp)).rejects.toMatchObject({ code: 'dialog-gone' });
    scene.signalling.refuse(dialog, 503, 'too late as well');
  });

  it('R-HA-5: get 503 while this recorder drains, and OPTIONS too; calls that run are served on', async () => {
    const scene = await Scene.open();
    const { call, dialog, toTag } = await scene.answered();
    scene.signalling.drain();
    for (const text of [inviteOf(scene.newCall()), scene.newCall().request('OPTIONS', 1)]) {
      scene.say(text);
      const answer = await scene.next();
      expect(answer.startLine).toBe('SIP/2.0 503 Service Unavailable');
      expect(field(answer, 'Retry-After')).toBe('30');
    }
    expect(scene.invites).toHaveLength(1);
    scene.say(inviteOf(call, 2, { toTag, branch: 're-2' }));
    await scene.heard(`re-invited ${dialog} port 40000`);

    scene.signalling.accept();
    scene.say(scene.newCall().request('OPTIONS', 1));
    expect((await scene.next()).startLine).toBe('SIP/2.0 200 OK');
  });

  it('R-SIP-3: OPTIONS outside of a dialog says what can be done here', async () => {
    const scene = await Scene.open();
    scene.say(scene.newCall().request('OPTIONS', 1));
    const answer = await scene.next();
    expect(answer.startLine).toBe('SIP/2.0 200 OK');
    expect(field(answer, 'Allow')).toBe('INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE');
    expect(field(answer, 'Accept')).toContain('application/sdp');
  });

  it('R-HA-4: OPTIONS says how full this recorder is, as long as it knows', async () => {
    const scene = await Scene.open();
    scene.say(scene.newCall().request('OPTIONS', 1));
    expect(field(await scene.next(), 'X-Twinreel-Streams')).toBe('4/1350');
    scene.load = () => Promise.reject(new Error('no answer in time'));
    scene.say(scene.newCall().request('OPTIONS', 1));
    const answer = await scene.next();
    expect(answer.startLine).toBe('SIP/2.0 200 OK');
    expect(field(answer, 'X-Twinreel-Streams')).toBe('');
  });
});

describe('requests inside of a call', () => {
  it('R-SIP-1: a re-INVITE is told with its offer, and answered or refused', async () => {
    const scene = await Scene.open();
    const { call, dialog, toTag } = await scene.answered();
    const again = (sequence: number, port: number) => {
      const body = sdp.replace('40000', String(port));
      scene.say(inviteOf(call, sequence, { toTag, branch: `re-${sequence}-${toTag}`, body }));
      return scene.heard(`re-invited ${dialog} port ${port}`);
    };
    await again(2, 41_000);
    await scene.signalling.answerReInvite(scene.request, answerSdp);
    expect(await scene.next()).toMatchObject({ startLine: 'SIP/2.0 200 OK', body: answerSdp });
    scene.say(call.request('ACK', 2, { toTag }));
    await again(3, 42_000);
    scene.signalling.refuseReInvite(scene.request, 488, 'accepted are PCMU');
    const refusal = await scene.next();
    expect(refusal.startLine).toBe('SIP/2.0 488 Not Acceptable Here');
    expect(field(refusal, 'Warning')).toBe('399 twinreel "accepted are PCMU"');
  });

  it('R-SIP-3: an UPDATE without a body, which refreshes the session, and INFO get 200 and change nothing', async () => {
    const scene = await Scene.open();
    const { call, toTag } = await scene.answered();
    for (const [index, method] of ['UPDATE', 'INFO'].entries()) {
      scene.say(call.request(method, 2 + index, { toTag, contact: true }));
      expect((await scene.next()).startLine).toBe('SIP/2.0 200 OK');
    }
    expect(scene.told).toEqual([]);
  });

  it('R-SIP-1: an UPDATE with an offer is told as a re-INVITE is', async () => {
    const scene = await Scene.open();
    const { call, dialog, toTag } = await scene.answered();
    const lines = ['Content-Type: application/sdp'];
    scene.say(call.request('UPDATE', 2, { toTag, contact: true, lines, body: sdp.replace('40000', '43000') }));
    await scene.heard(`re-invited ${dialog} port 43000`);
    await scene.signalling.answerReInvite(scene.request, answerSdp);
    expect(await scene.next()).toMatchObject({ startLine: 'SIP/2.0 200 OK', body: answerSdp });
  });
});

describe('calls that end', () => {
  it('R-REC-2: we hang up with the reason, and the peer’s answer is the end', async () => {
    const scene = await Scene.open();
    const { dialog } = await scene.answered();
    const hungUp = scene.signalling.hangUp(dialog, 'silence');
    const bye = await scene.next();
    expect(bye.startLine).toMatch(/^BYE sip:alice@/);
    expect(field(bye, 'Reason')).toBe('SIP;cause=200;text="silence"');
    scene.say(answerTo(bye, '200 OK'));
    await hungUp;
    expect(scene.told).toEqual([]);
  });

  it('R-REC-2: hanging up a call that is gone is an error, not a wait', async () => {
    const scene = await Scene.open();
    const { call, dialog, toTag } = await scene.answered();
    scene.say(call.request('BYE', 2, { toTag }));
    await scene.heard(`bye ${dialog} bye`);
    await expect(scene.signalling.hangUp(dialog, 'operator')).rejects.toMatchObject({ code: 'dialog-unknown' });
  });

  it('R-REC-2: who is hung up while the edge is away gets the BYE when it is back', async () => {
    const scene = await Scene.open();
    await scene.closeEdge();
    const hungUp = scene.signalling.hangUp('call-1;from-tag=t', 'capture-lost');
    await scene.openEdge();
    // It has come back without its journal, and says that it knows no such dialog.
    await expect(hungUp).rejects.toMatchObject({ code: 'dialog-unknown' });
  });

  it('R-HA-1: a BYE is answered when the end of its dialog is written down, not before', async () => {
    const scene = await Scene.open();
    scene.answersByes = false;
    const { call, dialog, toTag } = await scene.answered();
    scene.say(call.request('BYE', 2, { toTag }));
    await scene.heard(`bye ${dialog} bye`);
    scene.say(scene.newCall().request('OPTIONS', 1));
    expect(field(await scene.next(), 'CSeq')).toBe('1 OPTIONS');
    scene.signalling.answerBye(scene.bye);
    expect(field(await scene.next(), 'CSeq')).toBe('2 BYE');
  });

  it('R-SIP-3: a peer that never acknowledges is hung up by the edge, and told as lost', async () => {
    const scene = await Scene.open();
    const { dialog } = await scene.incoming();
    await scene.signalling.answer(dialog, answerSdp);
    await scene.next();
    scene.clock.advance(32_000);
    await until('the loss', () => scene.told.some((line) => line.startsWith(`bye ${dialog} peer-lost`)));
  });
});

describe('the connection to the edge', () => {
  it('R-SIP-4: is refused with a wrong secret, and says so', async () => {
    const port = await freeTcpPort();
    const edge = await openEdge(port, new VirtualClock());
    onTestFinished(() => edge.close());
    const log = { info: () => {}, warn: () => {} };
    const listener = { invited() {}, cancelled() {}, reInvited() {}, bye() {}, metadataTold() {} };
    const signalling = new Signalling({ host: '127.0.0.1', port, secret: 'wrong', log }, listener);
    onTestFinished(() => signalling.close());
    await expect(signalling.connect()).rejects.toMatchObject({
      code: 'edge-refused',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });

  it('R-SUP-1: is made again by itself when the edge comes back', async () => {
    const scene = await Scene.open();
    await scene.restartEdge();
    await until('two connections', () => scene.logged.filter((line) => line === 'connected to the edge').length === 2);
    const { dialog } = await scene.incoming();
    await scene.signalling.answer(dialog, answerSdp);
    expect((await scene.next()).startLine).toBe('SIP/2.0 200 OK');
  });
});
