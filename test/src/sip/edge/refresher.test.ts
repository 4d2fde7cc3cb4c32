// Sessions with a timer (RFC 4028), on both sides, on a clock that is told: who refreshes, how, and what happens when nobody
// does. The application hears of none of it until the end.

import { describe, expect, it } from 'vitest';
import { field, type Heard, shapeOf } from '../../../conformance/drachtio/peer.ts';
import {
  answeredCall,
  answerTo,
  inviteOf,
  newCall,
  newScenario,
  type Scenario,
  sdp,
  until,
} from '../../../conformance/drachtio/scenario.ts';

const sdpLine = 'Content-Type: application/sdp';
const expiresUs = 'Session-Expires: 90;refresher=uas';
const expiresThem = 'Session-Expires: 90;refresher=uac';
const timer = 'Supported: timer';
const updates = 'Allow: INVITE, ACK, BYE, UPDATE';
/** How a refreshed session is answered by the peer: we go on refreshing it. */
const agreed = 'Session-Expires: 90;refresher=uac';

describe('R-SIP-3: a session we answered', () => {
  it('is refreshed by UPDATE after half of its time, again and again, and the application is not bothered', async () => {
    const { peer, server, say, told } = await called([timer, updates, expiresUs]);
    for (let round = 0; round < 3; round += 1) {
      await server.advance(45_000);
      const update = await peer.next();
      expect(shapeOf(update)).toBe(
        'UPDATE: Via Max-Forwards From To Call-ID CSeq Contact Supported Session-Expires Content-Length',
      );
      expect([field(update, 'Supported'), field(update, 'Session-Expires'), field(update, 'CSeq')]).toEqual([
        'timer',
        '90;refresher=uac',
        `${2 + round} UPDATE`,
      ]);
      say(answerTo(update, '200 OK', { lines: [agreed] }));
      await answered(server, 3 + round);
    }
    expect(await told(3)).toHaveLength(3);
  });

  it('is refreshed by a re-INVITE with the description it knows where the peer takes no UPDATE', async () => {
    const { peer, server, say, told } = await called([timer, expiresUs]);
    await server.advance(45_000);
    const invite = await peer.next();
    expect([invite.startLine.split(' ')[0], invite.body, field(invite, 'CSeq')]).toEqual(['INVITE', sdp, '2 INVITE']);
    say(answerTo(invite, '200 OK', { lines: [agreed, sdpLine, contactOf(peer)], body: sdp }));
    const ack = await peer.next();
    expect(field(ack, 'CSeq')).toBe('2 ACK');
    await server.advance(44_000);
    expect(peer.heard.at(-1)).toBe(ack);
    expect(await told(3)).toHaveLength(3);
  });

  it('turns to re-INVITE when a peer that named UPDATE refuses it', async () => {
    const { peer, server, say } = await called([timer, updates, expiresUs]);
    await server.advance(45_000);
    say(answerTo(await peer.next(), '405 Method Not Allowed'));
    await answered(server, 3);
    await server.advance(1);
    expect((await peer.next()).startLine).toMatch(/^INVITE /);
  });

  it('is refreshed for as long as the peer asks for', async () => {
    const { peer, server, say } = await called([timer, updates, expiresUs]);
    await server.advance(45_000);
    say(answerTo(await peer.next(), '422 Session Interval Too Small', { lines: ['Min-SE: 300'] }));
    await answered(server, 3);
    await server.advance(1);
    expect(field(await peer.next(), 'Session-Expires')).toBe('300;refresher=uac');
  });

  it('is tried again a little later when the peer is busy with something else', async () => {
    const { peer, server, say } = await called([timer, updates, expiresUs]);
    await server.advance(45_000);
    const first = await peer.next();
    say(answerTo(first, '491 Request Pending'));
    await answered(server, 3);
    await server.advance(2_000);
    expect(peer.heard.at(-1)).toBe(first);
    await server.advance(2_000);
    expect(field(await peer.next(), 'CSeq')).toBe('3 UPDATE');
  });

  it('ends when the peer does not know it any more', async () => {
    const scenario = await called([timer, updates, expiresUs]);
    const { peer, server, say, told } = scenario;
    await server.advance(45_000);
    say(answerTo(await peer.next(), '481 Call/Transaction Does Not Exist'));
    expect(field(await peer.next(), 'Reason')).toBe('SIP;cause=408;text="Session timer expired"');
    expect((await told(4))[3]).toBe('application udp server unsolicited d1 BYE');
    expect(server.counters()?.dialogs).toBe(0);
  });

  it('ends in good time when nobody answers the refresh', async () => {
    const { peer, server, told } = await called([timer, updates, expiresUs]);
    // 90 s less a third of them (RFC 4028 §10), long before the UPDATE has timed out.
    await server.advance(59_000);
    expect(server.counters()?.dialogs).toBe(1);
    await server.advance(1_000);
    await until(() => peer.heard.some(({ startLine }) => startLine.startsWith('BYE')));
    expect((await told(4))[3]).toBe('application udp server unsolicited d1 BYE');
  });

  it('ends when the peer was to refresh it and did not; the library says why', async () => {
    const reasons: unknown[] = [];
    const scenario = await newScenario();
    const { dialog } = await answeredCall(scenario, { lines: [timer, expiresThem, sdpLine] });
    dialog.on('destroy', (_, reason) => reasons.push(reason));
    await scenario.server.advance(60_000);
    expect((await scenario.peer.next()).startLine).toMatch(/^BYE /);
    await until(() => reasons.length === 1);
    expect(reasons).toEqual(['Session timer expired']);
  });

  it.each(['UPDATE', 'INVITE'])('lasts when the peer refreshes it by %s', async (method) => {
    const scenario = await newScenario();
    const { peer, server, say } = scenario;
    const { call, toTag, dialog } = await answeredCall(scenario, { lines: [timer, expiresThem, sdpLine] });
    dialog.on('update', (_, response) => response.send(200));
    for (let sequence = 2; sequence < 5; sequence += 1) {
      await server.advance(50_000);
      const branch = `refresh-${sequence}`;
      if (method === 'INVITE') {
        say(inviteOf(call, sequence, { toTag, branch, lines: [timer, expiresThem, sdpLine] }));
      } else say(call.request('UPDATE', sequence, { toTag, branch, contact: true, lines: [timer, expiresThem] }));
      const answer = await peer.next();
      expect([answer.startLine, field(answer, 'Session-Expires')]).toEqual(['SIP/2.0 200 OK', '90;refresher=uac']);
      if (method === 'INVITE') {
        const before = server.counters()!.requestsReceived;
        say(call.request('ACK', sequence, { toTag }));
        await until(() => server.counters()!.requestsReceived > before);
      }
    }
    expect(server.counters()?.dialogs).toBe(1);
  });

  it('has no timer when nobody asks for one', async () => {
    const { server, told } = await called([]);
    await server.advance(7_000_000);
    expect(server.counters()).toMatchObject({ dialogs: 1 });
    expect(await told(3)).toHaveLength(3);
  });

  it('asks outside of a dialog for a longer interval', async () => {
    const scenario = await newScenario();
    scenario.application.invite(() => {});
    await scenario.connect();
    scenario.say(inviteOf(newCall(scenario), 1, { lines: [timer, 'Session-Expires: 60', sdpLine] }));
    const refused = await scenario.peer.next();
    expect([refused.startLine, field(refused, 'Min-SE')]).toEqual(['SIP/2.0 422 Session Interval Too Small', '90']);
    expect(await scenario.told(0)).toEqual([]);
  });
});

describe('R-SIP-3: a session we asked for', () => {
  it('is refreshed by us when the peer leaves it to us', async () => {
    const { scenario, invite } = await placed([updates, 'Session-Expires: 120;refresher=uac', 'Require: timer']);
    const { peer, server } = scenario;
    expect([field(invite, 'Supported'), field(invite, 'Session-Expires')]).toEqual(['timer', '120']);
    await server.advance(60_000);
    const update = await peer.next();
    expect([update.startLine.split(' ')[0], field(update, 'Session-Expires')]).toEqual(['UPDATE', '120;refresher=uac']);
  });

  it('ends when the peer took it upon itself and does not do it', async () => {
    const { scenario } = await placed([updates, 'Session-Expires: 120;refresher=uas']);
    const { peer, server, told } = scenario;
    // 120 s less 32.
    await server.advance(87_000);
    expect(server.counters()?.dialogs).toBe(1);
    await server.advance(1_000);
    const bye = await peer.next();
    expect([bye.startLine.split(' ')[0], field(bye, 'Reason')]).toEqual([
      'BYE',
      'SIP;cause=408;text="Session timer expired"',
    ]);
    expect((await told(4))[3]).toBe('application udp server unsolicited d1 BYE');
  });

  it('has no timer when the peer knows none', async () => {
    const { scenario } = await placed([]);
    await scenario.server.advance(7_000_000);
    expect(scenario.server.counters()).toMatchObject({ dialogs: 1 });
  });
});

/** A call that is up, its INVITE with these lines. */
async function called(lines: readonly string[]): Promise<Scenario> {
  const scenario = await newScenario();
  await answeredCall(scenario, { lines: [...lines, sdpLine] });
  return scenario;
}

/** A call the application placed with a session timer of 120 s; the 200 has these lines. */
async function placed(lines: readonly string[]): Promise<{ scenario: Scenario; invite: Heard }> {
  const scenario = await newScenario();
  const { application, peer, say, told } = scenario;
  await scenario.connect();
  const headers = { 'Session-Expires': '120' };
  const calling = application.createUAC(`sip:bob@${peer.at}`, { localSdp: sdp, headers });
  const invite = await peer.next();
  say(answerTo(invite, '200 OK', { toTag: 'B', lines: [...lines, contactOf(peer), sdpLine], body: sdp }));
  await calling;
  await peer.next();
  await told(3);
  return { scenario, invite };
}

function contactOf({ at }: Scenario['peer']): string {
  return `Contact: <sip:bob@${at}>`;
}

/** Waits until the server has taken that many messages of the peer in all. */
async function answered({ counters }: Scenario['server'], messages: number): Promise<void> {
  await until(() => counters()!.requestsReceived + counters()!.responsesReceived >= messages);
}
