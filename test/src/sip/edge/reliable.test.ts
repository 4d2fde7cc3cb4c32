// Reliable provisional responses (RFC 3262): repeated until their PRACK, one at a time, only where the peer can.

import { describe, expect, it } from 'vitest';
import type { Response } from '../../../conformance/drachtio/application.ts';
import { field, tagIn } from '../../../conformance/drachtio/peer.ts';
import { answerTo, inviteOf, newCall, newScenario, sdp, until } from '../../../conformance/drachtio/scenario.ts';

const sdpLine = 'Content-Type: application/sdp';

describe('R-SIP-3: a reliable provisional response of ours', () => {
  it('is repeated in doubling steps until its PRACK comes, and the PRACK is answered by the application', async () => {
    const { peer, server, say, progress, prack, rseq } = await ringing({ lines: ['Supported: 100rel'] });
    for (const pauseMs of [500, 1_000, 2_000, 4_000, 8_000]) {
      await server.advance(pauseMs);
      expect(await peer.next()).toMatchObject({ startLine: progress.startLine, lines: progress.lines });
    }
    say(prack(rseq));
    expect((await peer.next()).startLine).toBe('SIP/2.0 200 OK');
    const { repeatsSent } = server.counters()!;
    await server.advance(40_000);
    expect(server.counters()).toMatchObject({ repeatsSent, dialogs: 1 });
  });

  it('ends the call with 504 when no PRACK ever comes', async () => {
    const { peer, server, respond } = await ringing({ lines: ['Supported: 100rel'] });
    await server.advance(32_000);
    await until(() => peer.heard.some(({ startLine }) => startLine === 'SIP/2.0 504 Server Time-out'));
    expect(server.counters()?.dialogs).toBe(0);
    expect(await refusal(respond, 200, { body: sdp })).toBe('Response not sent due to unknown transaction');
  });

  it('is not confirmed by a PRACK for something else, nor twice', async () => {
    const { peer, server, say, prack, rseq, told } = await ringing({ lines: ['Supported: 100rel'] });
    say(prack(rseq + 1, 2));
    expect((await peer.next()).startLine).toBe('SIP/2.0 481 Call/Transaction Does Not Exist');
    say(prack(rseq, 3));
    expect((await peer.next()).startLine).toBe('SIP/2.0 200 OK');
    say(prack(rseq, 4));
    expect((await peer.next()).startLine).toBe('SIP/2.0 481 Call/Transaction Does Not Exist');
    // A copy of the good one is answered again, and not shown again.
    say(prack(rseq, 3));
    expect((await peer.next()).startLine).toBe('SIP/2.0 200 OK');
    expect(await told(4)).toHaveLength(4);
    expect(server.counters()).toMatchObject({ refused: { 'no-transaction': 2 }, repeatsAbsorbed: 1 });
  });

  it('is numbered on, and a second one waits for the PRACK of the first', async () => {
    const { peer, say, respond, prack, rseq } = await ringing({ lines: ['Supported: 100rel'] });
    const again = { body: sdp, headers: { Require: '100rel' } };
    expect(await refusal(respond, 183, again)).toBe('a reliable provisional response waits for its PRACK');
    say(prack(rseq));
    await peer.next();
    respond.send(183, again);
    expect(Number(field(await peer.next(), 'RSeq'))).toBe(rseq + 1);
  });

  it('is refused to an application whose peer cannot take it', async () => {
    const scenario = await newScenario();
    const refused = new Promise<unknown>((resolve) => {
      scenario.application.invite((_, response) => {
        response.send(183, { headers: { Require: '100rel' } }, (error) => resolve(error));
      });
    });
    await scenario.connect();
    scenario.say(inviteOf(newCall(scenario)));
    expect(await refused).toBe('the peer does not support 100rel');
  });

  it('is what every provisional response becomes for a peer that insists', async () => {
    const { progress } = await ringing({ lines: ['Require: 100rel'], headers: {} });
    expect([field(progress, 'Require'), field(progress, 'RSeq')]).toEqual(['100rel', expect.stringMatching(/^\d+$/)]);
  });

  it('is repeated no more once the call is answered or cancelled', async () => {
    for (const end of ['answer', 'cancel']) {
      const { peer, server, say, respond, call } = await ringing({ lines: ['Supported: 100rel'] });
      if (end === 'answer') {
        respond.send(200, { body: sdp });
        const toTag = tagIn(field(await peer.next(), 'To'));
        const before = server.counters()!.requestsReceived;
        say(call.request('ACK', 1, { toTag }));
        await until(() => server.counters()!.requestsReceived > before);
      } else {
        say(call.request('CANCEL', 1, { branch: 'reliable' }));
        const final = [await peer.next(), await peer.next()][1]!;
        say(call.request('ACK', 1, { branch: 'reliable', toTag: tagIn(field(final, 'To')) }));
        await until(() => server.counters()!.requestsReceived === 3);
      }
      const { repeatsSent } = server.counters()!;
      await server.advance(32_000);
      expect([end, server.counters()!.repeatsSent]).toEqual([end, repeatsSent]);
    }
  });
});

describe('R-SIP-3: a reliable provisional response of the peer', () => {
  it('is shown once; its copies and older ones are not, a later one is', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told } = scenario;
    await scenario.connect();
    const statuses: number[] = [];
    application
      .createUAC(
        `sip:bob@${peer.at}`,
        { localSdp: sdp, headers: { Supported: '100rel' } },
        { cbProvisional: ({ status }: { status: number }) => statuses.push(status) },
      )
      .catch(() => {});
    const invite = await peer.next();
    const respond = (status: string, rseq: number) =>
      say(
        answerTo(invite, status, {
          toTag: 'B',
          lines: [`Contact: <sip:bob@${peer.at}>`, 'Require: 100rel', `RSeq: ${rseq}`],
        }),
      );
    respond('183 Session Progress', 7);
    respond('183 Session Progress', 7);
    const first = await peer.next();
    expect(field(first, 'RAck')).toMatch(/^7 /);
    say(answerTo(first, '200 OK'));
    await told(4);
    respond('180 Ringing', 8);
    const second = await peer.next();
    expect(field(second, 'RAck')).toMatch(/^8 /);
    say(answerTo(second, '200 OK'));
    respond('183 Session Progress', 7);
    expect(await told(7)).toHaveLength(7);
    expect(statuses).toEqual([183, 180]);
  });
});

/** A call that rings reliably. */
async function ringing({ lines, headers = { Require: '100rel' } }: { lines: readonly string[]; headers?: object }) {
  const scenario = await newScenario();
  const { application, peer, say } = scenario;
  let respond: Response | undefined;
  application.invite((_, response) => {
    respond = response;
    response.send(183, { body: sdp, headers });
  });
  application.use('prack', (_, response) => response.send(200));
  await scenario.connect();
  const call = newCall(scenario);
  say(inviteOf(call, 1, { branch: 'reliable', lines: [...lines, sdpLine] }));
  const progress = await peer.next();
  const toTag = tagIn(field(progress, 'To'));
  const prack = (number: number, sequence = 2) =>
    call.request('PRACK', sequence, { toTag, lines: [`RAck: ${number} 1 INVITE`] });
  return { ...scenario, call, progress, prack, respond: respond!, rseq: Number(field(progress, 'RSeq')) };
}

/** Why a response was not sent. */
function refusal(response: Response, status: number, options: object): Promise<unknown> {
  return new Promise((resolve) => response.send(status, options, resolve));
}
