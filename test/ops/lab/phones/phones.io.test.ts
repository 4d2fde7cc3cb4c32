import { afterEach, describe, expect, it } from 'vitest';
import { startEndpoint } from '#ops/lab/endpoint';
import { compareLedger } from '#ops/lab/msr-source';
import { startPhones } from '#ops/lab/phones';
import { systemClock, systemRandom } from '#src/ports';
import { until } from '../../../harness/processes.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An edge does not call itself: who calls whom is at two places. */
async function twoPlaces() {
  const [here, there] = [await startPhones(), await startPhones()];
  closing.push(
    () => here.close(),
    () => there.close(),
  );
  return { here, there };
}

async function talking(frequencies?: readonly [number, number]) {
  const { here, there } = await twoPlaces();
  const audio = (frequencyHz: number | undefined) =>
    frequencyHz === undefined ? {} : { audio: { kind: 'tone', frequencyHz } as const };
  const agent = there.phone('3556', { answers: 'at-once', ...audio(frequencies?.[1]) });
  const call = here.phone('0412', audio(frequencies?.[0])).call(agent.uri);
  const taken = await agent.ringing();
  await Promise.all([call.answered, taken.answered]);
  return { here, there, call, taken };
}

const counters = (packets: number) => ({ kind: 'counters', packets }) as const;

describe('phones', () => {
  it('R-LAB-1: call, answer, hear each other, hang up', async () => {
    const { call, taken } = await talking([440, 1_000]);
    expect(taken.other).toBe('0412');
    await until('sound', () => [call, taken].every(({ heard }) => heard.soundMs > 600));
    expect(call.heard.frequencyHz()).toBe(1_000);
    expect(taken.heard.frequencyHz()).toBe(440);
    expect(taken.heard.toneLevelDb(1_000)).toBeLessThan(-60);
    await call.hangUp();
    expect(await call.ended).toEqual({ reason: 'hung-up' });
    expect(await taken.ended).toEqual({ reason: 'hung-up-by-other' });
    expect(taken.phase).toBe('ended');
  });

  it('judges by the ledger of who sent, over a change of what is said and over a hold', async () => {
    const { call, taken, here } = await talking();
    call.play(counters(5));
    await call.said();
    call.play(counters(200));
    await until('packets', () => taken.heard.packets.length > 10);
    await taken.hold();
    expect([taken.phase, call.phase]).toEqual(['held', 'talking']);
    const held = [...call.sent()].length;
    await taken.retrieve();
    await until('packets again', () => [...call.sent()].length > held + 5);
    await until('all of them', () => taken.heard.packets.length === [...call.sent()].length);
    expect(compareLedger(call.sent(), taken.heard.packets)).toMatchObject({ missing: 0, extra: 0, repeated: 0 });
    expect(new Set(taken.heard.packets.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(here.sendFailures).toBe(0);
  });

  it('speaks another codec when that is what both know', async () => {
    const { here, there } = await twoPlaces();
    const wide = there.phone('3556', { answers: 'at-once', codecs: ['G722'] });
    const call = here
      .phone('0412', { codecs: ['PCMU', 'G722'], audio: { kind: 'tone', frequencyHz: 5_000 } })
      .call(wide.uri);
    const taken = await wide.ringing();
    await until('sound', () => taken.heard.soundMs > 600);
    expect(taken.heard.toneLevelDb(5_000)).toBeGreaterThan(-12);
    expect(taken.heard.packets[0]).toMatchObject({ payloadType: 9 });
    await call.hangUp();
  });

  it('is busy, declines, is unknown, is called in vain, has nothing in common', async () => {
    const { here, there } = await twoPlaces();
    const caller = here.phone('0412', { codecs: ['PCMU'] });
    const agent = there.phone('3556', { callsMax: 1 });
    const call = caller.call(agent.uri);
    const ringing = await agent.ringing();
    expect(ringing.phase).toBe('ringing');
    expect(await caller.call(agent.uri).ended).toEqual({ reason: 'refused', status: 486 });
    ringing.decline(480);
    expect(await call.ended).toEqual({ reason: 'refused', status: 480 });
    await expect(call.answered).rejects.toThrow('refused');
    const { address, port } = there.sip;
    expect(await caller.call('999', `${address}:${port}`).ended).toEqual({ reason: 'refused', status: 404 });
    const given = caller.call(agent.uri);
    const taken = await agent.ringing();
    await given.hangUp();
    expect([await given.ended, await taken.ended]).toEqual([{ reason: 'cancelled' }, { reason: 'cancelled' }]);
    const wide = there.phone('3557', { answers: 'at-once', codecs: ['G722'] });
    expect(await caller.call(wide.uri).ended).toEqual({ reason: 'refused', status: 488 });
    expect(() => caller.call('3556')).toThrow('a proxy is needed');
  });

  it('R-CTI-4: transfers by REFER: the other end is told whom to call, and tells what came of it', async () => {
    const { there } = await twoPlaces();
    const agent = there.phone('+3556', { answers: 'at-once' });
    const exchange = await startEndpoint({
      address: '127.0.0.1',
      port: 0,
      clock: systemClock,
      random: systemRandom,
      log: () => {},
    });
    closing.push(() => exchange.close());
    const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n';
    const dialog = await exchange.agent.createUAC(agent.uri, { localSdp: sdp });
    const told: (string | undefined)[] = [];
    const headers = { Event: 'refer', 'Subscription-State': 'terminated', 'Content-Type': 'message/sipfrag' };
    dialog.on('refer', (request, reply) => {
      told.push(request.get('Refer-To'));
      reply.send(202);
      const body = 'SIP/2.0 486 Busy Here\r\n';
      if (told.length === 1) void dialog.request({ method: 'NOTIFY', headers, body });
    });
    const call = await agent.ringing();
    await call.answered;
    expect(await call.transfer('3557')).toBe(486);
    expect(told).toEqual([`<sip:3557@${there.sip.address}:${there.sip.port}>`]);
    const left = call.transfer('sip:3558@example.org');
    await until('the second one', () => told.length === 2);
    await dialog.request({ method: 'BYE' });
    expect(await left).toBe(0);
  });

  it('R-CTI-4: asked by REFER to call somebody, does so and tells what comes of it', async () => {
    const { here, there } = await twoPlaces();
    const [agent, colleague] = [
      there.phone('3556', { answers: 'at-once' }),
      here.phone('3557', { answers: 'at-once' }),
    ];
    const exchange = await startEndpoint({
      address: '127.0.0.1',
      port: 0,
      clock: systemClock,
      random: systemRandom,
      log: () => {},
    });
    closing.push(() => exchange.close());
    const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n';
    const dialog = await exchange.agent.createUAC(agent.uri, { localSdp: sdp });
    const told: string[] = [];
    dialog.on('notify', (request, reply) => {
      reply.send(200);
      told.push(`${request.get('Event')} ${request.get('Subscription-State')?.split(';')[0]} ${request.body.trim()}`);
    });
    const refer = async (headers: Readonly<Record<string, string>>) =>
      (await dialog.request({ method: 'REFER', headers })).status;
    expect(await refer({ 'Refer-To': 'nobody' })).toBe(400);
    expect(await refer({ 'Refer-To': `<${colleague.uri}>`, 'Referred-By': '<sip:boss@switch>' })).toBe(202);
    const taken = await colleague.ringing();
    await taken.answered;
    await until('the answer to be told', () => told.length === 3);
    expect(told).toEqual([
      'refer active SIP/2.0 100 Trying',
      'refer active SIP/2.0 180 Ringing',
      'refer terminated SIP/2.0 200 OK',
    ]);
    expect(taken.other).toBe('3556');
    await refer({ 'Refer-To': `<sip:9999@${here.sip.address}:${here.sip.port}>` });
    await until('the refusal to be told', () => told.length === 5);
    expect(told[4]).toBe('refer terminated SIP/2.0 404 Not Found');
    await dialog.request({ method: 'BYE' });
    await taken.hangUp();
  });
});
