import { afterEach, describe, expect, it } from 'vitest';
import type { EndpointDialog } from '#ops/lab/endpoint';
import { type MediaServer, type MediaServerOptions, ringTone, startMediaServer } from '#ops/lab/media-server';
import { compareLedger } from '#ops/lab/msr-source';
import { startPhones } from '#ops/lab/phones';
import { parseOffer } from '#src/sip';
import { type Answerer, type AnswererOptions, startAnswerer } from '../../../harness/answerer.ts';
import { until } from '../../../harness/processes.ts';
import { inform, playMsml, recorderMsml, startExchange, stopMsml, stopPlayMsml } from './exchange.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function lab(options: MediaServerOptions = {}) {
  const mediaServer = await startMediaServer(options);
  closing.push(() => mediaServer.close());
  const phones = await startPhones();
  closing.push(() => phones.close());
  const exchange = await startExchange(mediaServer);
  closing.push(() => exchange.close());
  return { mediaServer, phones, exchange };
}

async function answerer(options: AnswererOptions = {}): Promise<Answerer & { readonly place: string }> {
  const started = await startAnswerer(options);
  closing.push(() => started.close());
  return Object.assign(started, { place: `sip:127.0.0.1:${started.port}` });
}

async function talking(options: MediaServerOptions = {}) {
  const here = await lab(options);
  const a = await here.exchange.caller('CONF1', here.phones.phone('3556'));
  const b = await here.exchange.called('CONF1', here.phones.phone('0412'));
  await until('both legs', () => here.mediaServer.conferences()[0]?.bridge === 'relay');
  return { ...here, a, b };
}

const tone = (frequencyHz: number, durationMs?: number) =>
  ({ kind: 'tone', frequencyHz, ...(durationMs !== undefined && { durationMs }) }) as const;
const counters = (packets?: number) => ({ kind: 'counters', ...(packets !== undefined && { packets }) }) as const;
const recordings = (mediaServer: MediaServer) => mediaServer.conferences().flatMap((one) => one.recordings);
const phases = (mediaServer: MediaServer) => recordings(mediaServer)[0]?.sessions.map(({ phase }) => phase);
/** What the media server says by itself on a leg. */
function exitsOf(leg: EndpointDialog): string[] {
  const exits: string[] = [];
  leg.on('info', (request, reply) => {
    exits.push(request.body);
    reply.send(200);
  });
  return exits;
}
const heardBy = (recorder: Answerer) => recorder.calls.flatMap(({ heard }) => heard.flatMap(({ packets }) => packets));

describe('media server', () => {
  it('R-LAB-1: two legs of a conference hear each other, packet for packet', async () => {
    const { a, b, phones } = await talking();
    a.call.play(tone(440, 700));
    b.call.play(tone(1_000, 700));
    await Promise.all([a.call.said(), b.call.said()]);
    await until('all packets', () => [a, b].every(({ call }) => call.heard.packets.length === 35));
    expect(a.call.heard.frequencyHz()).toBe(1_000);
    expect(b.call.heard.frequencyHz()).toBe(440);
    expect(b.call.heard.toneLevelDb(440)).toBeCloseTo(-6, 0);
    await Promise.all([a.hangUp(), b.hangUp()]);
    expect(await a.call.ended).toEqual({ reason: 'hung-up-by-other' });
    expect(compareLedger(a.call.sent(), b.call.heard.packets)).toMatchObject({ extra: 0, missing: 0, repeated: 0 });
    expect(compareLedger(b.call.sent(), a.call.heard.packets)).toMatchObject({ extra: 0, missing: 0, repeated: 0 });
    expect(phones.sendFailures).toBe(0);
  });

  it.each(['PCMU', 'PCMA', 'G722'] as const)(
    'R-LAB-1: a leg that speaks %s hears a ring tone until it ends',
    async (codec) => {
      const { exchange, phones } = await lab();
      const { call, leg, hangUp } = await exchange.caller('CONF1', phones.phone('3556', { codecs: [codec] }));
      expect(await inform(leg, playMsml('3556', 'file://music/ring_back'))).toBe(200);
      await until('half a second of it', () => call.heard.soundMs > 500);
      expect(call.heard.frequencyHz()).toBe(ringTone.frequencyHz);
      expect(call.heard.toneLevelDb(ringTone.frequencyHz)).toBeCloseTo(-10, 0);
      expect(await inform(leg, stopPlayMsml)).toBe(200);
      const { length } = call.heard.packets;
      expect(await inform(leg, stopPlayMsml)).toBe(404);
      expect(await inform(leg, playMsml('3556', 'file:///etc/passwd'))).toBe(488);
      expect(await inform(leg, playMsml('3557', 'file://music/ring_back'))).toBe(404);
      expect(call.heard.packets.length - length).toBeLessThanOrEqual(1);
      await hangUp();
    },
  );

  it('R-LAB-1: three legs hear the mix of the others, and relaying comes back when one leaves', async () => {
    const { a, b, exchange, phones, mediaServer } = await talking();
    const c = await exchange.called('CONF1', phones.phone('7003', { codecs: ['PCMA'] }));
    await until('the mix', () => mediaServer.conferences()[0]?.bridge === 'mix');
    a.call.play(tone(440));
    b.call.play(tone(1_000));
    c.call.play(tone(2_000));
    const levels = (heard: typeof a.call.heard) => [440, 1_000, 2_000].map((hz) => heard.toneLevelDb(hz) > -20);
    await until('a to hear both others', () => String(levels(a.call.heard)) === 'false,true,true');
    await until('b to hear both others', () => String(levels(b.call.heard)) === 'true,false,true');
    await until('c to hear both others', () => String(levels(c.call.heard)) === 'true,true,false');
    await c.hangUp();
    await until('relaying', () => mediaServer.conferences()[0]?.bridge === 'relay');
    await until('a to hear b alone', () => String(levels(a.call.heard)) === 'false,true,false');
  });

  it('R-LAB-1: hold and retrieve by re-INVITE: who holds hears nothing', async () => {
    const { a, b, mediaServer } = await talking();
    a.call.play(counters());
    b.call.play(counters());
    await until('packets', () => a.call.heard.packets.length > 4 && b.call.heard.packets.length > 4);
    await a.call.hold();
    expect(mediaServer.conferences()[0]!.legs[0]!.direction).toBe('inactive');
    const toldA = () => mediaServer.conferences()[0]!.legs[0]!.packetsSent;
    const [told, sentByB] = [toldA(), [...b.call.sent()].length];
    await until('b to have gone on', () => [...b.call.sent()].length > sentByB + 10);
    expect(toldA()).toBe(told);
    await a.call.retrieve();
    await until('packets again', () => a.call.heard.packets.length > told + 10);
    expect(a.call.phase).toBe('talking');
  });

  it('R-LAB-1: over its ports it refuses with 503 and Retry-After; a leg that hangs up makes room', async () => {
    const { a, exchange, mediaServer, phones } = await talking({ maxPorts: 2 });
    const offer = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', 'm=audio 9 RTP/AVP 0', ''];
    const leg = () => exchange.createLeg(exchange.legUri('CONF2', '9'), offer.join('\r\n'));
    await expect(leg()).rejects.toMatchObject({ status: 503 });
    await a.hangUp();
    await until('room', () => mediaServer.conferences()[0]!.legs.length === 1);
    await exchange.caller('CONF2', phones.phone('7003'));
    expect(mediaServer.conferences().map(({ id }) => id)).toEqual(['CONF1', 'CONF2']);
  });

  it('refuses what asks for no conference (404), and a leg that could not be bridged (488)', async () => {
    const { exchange, mediaServer } = await talking();
    const sdp = (payloadType: number) =>
      `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP ${payloadType}\r\n`;
    const { address, port } = mediaServer.sip;
    await expect(exchange.createLeg(`sip:3556@${address}:${port}`, sdp(0))).rejects.toMatchObject({ status: 404 });
    await expect(exchange.createLeg(exchange.legUri('CONF1', '9'), sdp(18))).rejects.toMatchObject({ status: 488 });
    expect(mediaServer.conferences()[0]!.legs).toHaveLength(2);
  });
});

describe('recording', () => {
  it('R-SIP-1: a dialog for each party, with the keys of the request and every packet as it was sent', async () => {
    const recorder = await answerer();
    const { a, b, mediaServer } = await talking({ recdest: `fixed,${recorder.place}` });
    const parameters = { id: 'rec-1', calluuid: 'UUID1', recordDN: '3556', dn: '3556', otherDN: '0412' };
    expect(await inform(a.leg, recorderMsml('3556', 'start', parameters))).toBe(200);
    await until('the recorder', () => phases(mediaServer)?.[0] === 'running');
    a.call.play(counters(50));
    b.call.play(counters(50));
    await Promise.all([a.call.said(), b.call.said()]);
    await until('all packets', () => heardBy(recorder).length === 100);
    const streams = recorder.calls.map(({ requestUri, heard }) => ({ requestUri, packets: heard[0]!.packets }));
    const of = (dn: string) => streams.find(({ requestUri }) => requestUri.includes(`;dn=${dn};`))!;
    expect(of('3556').requestUri).toBe(
      `sip:record=rec-1@127.0.0.1:${recorder.port};calluuid=UUID1;dn=3556;recordDN=3556`,
    );
    expect(compareLedger(a.call.sent(), of('3556').packets)).toMatchObject({ recorded: 50, missing: 0, extra: 0 });
    expect(compareLedger(b.call.sent(), of('0412').packets)).toMatchObject({ recorded: 50, missing: 0, extra: 0 });
    expect(await inform(a.leg, stopMsml)).toBe(200);
    await until('the end', () => recorder.calls.every(({ phase }) => phase === 'hung-up'));
    expect(recordings(mediaServer)).toEqual([]);
    expect(mediaServer.ended()).toMatchObject([{ id: 'rec-1', dn: '3556', sessions: [{ packets: [50, 50] }] }]);
  });

  it('R-SIP-1: with recmediactl=1 one dialog with two m-lines; pause and resume are re-INVITEs', async () => {
    const recorder = await answerer();
    const { a, mediaServer } = await talking({ recdest: recorder.place, recmediactl: 'fixed,1' });
    expect(await inform(a.leg, recorderMsml('3556', 'start', { id: 'rec-1' }))).toBe(200);
    await until('the recorder', () => phases(mediaServer)?.[0] === 'running');
    expect(await inform(a.leg, recorderMsml('3556', 'pause', { id: 'rec-1' }))).toBe(200);
    expect(await inform(a.leg, recorderMsml('3556', 'resume'))).toBe(200);
    await until('three offers', () => recorder.calls[0]!.offers.length === 3);
    const directions = recorder.calls[0]!.offers.map(({ media }) => media.map(({ direction }) => direction));
    expect(directions).toEqual([
      ['sendonly', 'sendonly'],
      ['inactive', 'inactive'],
      ['sendonly', 'sendonly'],
    ]);
    expect(recorder.calls[0]!.requestUri).toContain(';calluuid=CONF1;dn=3556;otherDN=0412;recordDN=3556');
  });

  it('R-HA-3: recdest2 is a second session that does not care for the first', async () => {
    const [first, second] = [await answerer({ refuse: () => 503 }), await answerer()];
    const { a, b, mediaServer } = await talking({ recdest: first.place, recdest2: second.place, transmitRate: 2 });
    expect(await inform(a.leg, recorderMsml('3556', 'start', { id: 'rec-1' }))).toBe(200);
    await until('both answers', () => String(phases(mediaServer)) === 'gone,running');
    b.call.play(counters(20));
    await until('its packets', () => heardBy(second).length === 20);
    expect(compareLedger(b.call.sent(), heardBy(second))).toMatchObject({ missing: 0, extra: 0 });
    expect(a.call.heard.packets).toHaveLength(20);
  });

  it('asked again under the same id: what the recorder still has goes on, what it has lost begins anew', async () => {
    const recorder = await answerer();
    const { a, b, mediaServer } = await talking({ recdest: recorder.place });
    const start = () => inform(a.leg, recorderMsml('3556', 'start', { id: 'rec-1' }));
    expect(await start()).toBe(200);
    await until('the recorder', () => phases(mediaServer)?.[0] === 'running');
    expect(await start()).toBe(200);
    expect(await inform(a.leg, recorderMsml('3556', 'pause'))).toBe(200);
    await until('a re-INVITE', () => recorder.calls.every(({ offers }) => offers.length === 2));
    expect(recorder.calls).toHaveLength(2);
    const exits = exitsOf(a.leg);
    await recorder.calls[0]!.hangUp();
    await until('the loss', () => phases(mediaServer)?.[0] === 'gone');
    await until('the loss to be told', () => exits[0]?.includes('id="conn:3556/dialog:rec"'));
    await until('both to end', () => recorder.calls.every(({ phase }) => phase === 'hung-up'));
    a.call.play(counters());
    await until('the bridge to go on', () => b.call.heard.packets.length > 10);
    expect(await start()).toBe(200);
    await until('new dialogs', () => recorder.calls.length === 4 && phases(mediaServer)?.[0] === 'running');
    await until(
      'packets there',
      () => recorder.calls[2]!.heard[0]!.packets.length > 0 || recorder.calls[3]!.heard[0]!.packets.length > 0,
    );
  });

  it('asked again when the recorder is gone without a word: it is given up and invited anew', async () => {
    const recorder = await startAnswerer();
    const { a, b, mediaServer } = await talking({ recdest: `sip:127.0.0.1:${recorder.port}` });
    const start = () => inform(a.leg, recorderMsml('3556', 'start', { id: 'rec-1' }));
    await start();
    await until('the recorder', () => phases(mediaServer)?.[0] === 'running');
    await recorder.close();
    a.call.play(counters());
    await until('the bridge to go on', () => b.call.heard.packets.length > 10);
    expect(phases(mediaServer)).toEqual(['running']);
    expect(await start()).toBe(200);
    await until('a new attempt', () => phases(mediaServer)?.[0] === 'inviting');
    const heard = b.call.heard.packets.length;
    await until('the bridge to go on', () => b.call.heard.packets.length > heard + 10);
  });

  it('a conference has a bound of recordings', async () => {
    const recorder = await answerer();
    const { a, mediaServer } = await talking({ recdest: recorder.place });
    const ids = Array.from({ length: 17 }, (_, index) => `rec-${index}`);
    const statuses = [];
    for (const id of ids) statuses.push(await inform(a.leg, recorderMsml('3556', 'start', { id })));
    expect(statuses.filter((status) => status === 200)).toHaveLength(16);
    expect(statuses.at(-1)).toBe(486);
    expect(recordings(mediaServer)).toHaveLength(16);
  });

  it('digits go from leg to leg as they are', async () => {
    const { a, b } = await talking();
    a.call.play(counters());
    await until('packets', () => b.call.heard.packets.length > 2);
    a.call.press('7');
    const digits = () => b.call.heard.packets.filter(({ payload }) => payload.length === 4);
    await until('the whole digit', () => digits().length === 7);
    expect(digits().every(({ payload }) => payload[0] === 7)).toBe(true);
  });

  it('sip.routset leads to every recorder, and without its angle brackets nothing is recorded', async () => {
    const recorder = await answerer();
    const routset = `<sip:127.0.0.1:${recorder.port};lr>`;
    const recdest = 'sip:recorders.invalid:5060';
    const { a } = await talking({ recdest, routset });
    expect(await inform(a.leg, recorderMsml('3556', 'start', { id: 'rec-1' }))).toBe(200);
    await until('the recorder', () => recorder.calls.length === 2);
    expect(recorder.calls[0]!.requestUri).toContain('sip:record=rec-1@recorders.invalid:5060;');
    expect(recorder.calls[0]!.headers['route']).toBe(routset);
    const wrong = await talking({ recdest, routset: routset.slice(1, -1) });
    const exits = exitsOf(wrong.a.leg);
    expect(await inform(wrong.a.leg, recorderMsml('3556', 'start', { id: 'rec-2' }))).toBe(200);
    await until('the failure to be told', () => exits[0]?.includes('angle brackets'));
    expect(recordings(wrong.mediaServer)).toEqual([]);
  });

  it('refuses with a reason: another body, hostile XML, an unknown leg, no destination, no such recording', async () => {
    const { a, mediaServer } = await talking();
    expect(await inform(a.leg, 'Signal=1', 'application/dtmf-relay')).toBe(415);
    expect(await inform(a.leg, '<!DOCTYPE msml [<!ENTITY a "b">]><msml/>')).toBe(400);
    expect(await inform(a.leg, recorderMsml('9999', 'start', { recdest: 'sip:127.0.0.1' }))).toBe(404);
    expect(await inform(a.leg, recorderMsml('3556', 'start', { id: 'a b' }))).toBe(400);
    // Nobody is to blame but the profile: granted, and nothing comes of it (guide ch. 9).
    expect(await inform(a.leg, recorderMsml('3556', 'start'))).toBe(200);
    expect(await inform(a.leg, recorderMsml('3556', 'pause'))).toBe(404);
    expect(await inform(a.leg, stopMsml)).toBe(404);
    expect(recordings(mediaServer)).toEqual([]);
  });

  it('ends with the leg that was recorded, not with the other one', async () => {
    const recorder = await answerer();
    const { a, b, mediaServer } = await talking({ recdest: recorder.place });
    await inform(a.leg, recorderMsml('3556', 'start'));
    await until('the recorder', () => phases(mediaServer)?.[0] === 'running');
    await b.hangUp();
    await until('one leg', () => mediaServer.conferences()[0]!.legs.length === 1);
    expect(phases(mediaServer)).toEqual(['running']);
    await a.hangUp();
    await until('the end', () => recorder.calls.every(({ phase }) => phase === 'hung-up'));
    expect(mediaServer.conferences()).toEqual([]);
  });

  it('a leg may be offered nothing and everything: a re-INVITE without offer is answered with one', async () => {
    const { a, mediaServer } = await talking();
    const answer = await a.leg.request({ method: 'INVITE' });
    expect(answer.status).toBe(200);
    expect(parseOffer(answer.body).media[0]).toMatchObject({ kind: 'audio', direction: 'sendrecv' });
    expect(mediaServer.conferences()[0]!.bridge).toBe('relay');
  });
});
