import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labOptions, msmlServiceDn } from '#ops/lab';
import { type MediaServer, startMediaServer } from '#ops/lab/media-server';
import { compareLedger } from '#ops/lab/msr-source';
import { type PhoneCall, type Phones, startPhones } from '#ops/lab/phones';
import { SipServer, type SwitchDn } from '#ops/lab/sip-server';
import { lookUp, privateMessages, recordingExtensions, type TLibEvent, TLibLink } from '#src/cti';
import { systemClock, systemRandom } from '#src/ports';
import { type Answerer, startAnswerer } from '../../../harness/answerer.ts';
import { until } from '../../../harness/processes.ts';
import { runSipp } from '../../../harness/sipp.ts';

const dns: readonly SwitchDn[] = ['3556', '3557'].map((number) => ({ number, type: 'extension', options: {} }));

let recorder: Answerer;
let mediaServer: MediaServer;
let phones: Phones;
let sipServer: SipServer;
let link: TLibLink;
let events: TLibEvent[];

beforeEach(async () => {
  recorder = await startAnswerer();
  mediaServer = await startMediaServer({ recdest: `sip:127.0.0.1:${recorder.port}` });
  phones = await startPhones();
  const log = { info() {}, warn() {} };
  const surroundings = { address: '127.0.0.1', clock: systemClock, random: systemRandom, log };
  sipServer = await SipServer.start({
    ...surroundings,
    mediaServer: mediaServer.sip,
    phones: phones.sip,
    dns: [...dns, msmlServiceDn(mediaServer.sip)],
    options: labOptions,
  });
  events = [];
  let settled = false;
  const server = { servers: [sipServer.tlib], client: { name: 'test' } };
  link = new TLibLink(server, {
    event: (event) => void events.push(event),
    dnState() {},
    link() {},
    settled: () => {
      settled = true;
    },
    fault() {},
  });
  link.watch(dns.map(({ number }) => number));
  link.open();
  await until('every DN to be registered', () => settled);
});
afterEach(async () => {
  link.close();
  await sipServer.close();
  await phones.close();
  await mediaServer.close();
  await recorder.close();
});

const tone = (frequencyHz: number) => ({ kind: 'tone', frequencyHz }) as const;
const last = (message: string) => events.findLast((event) => event.message === message)!.attributes;
const told = (dn: string, message: string) =>
  until(`${message} of ${dn}`, () => events.some((one) => one.message === message && one.attributes.ThisDN === dn));
const hears = (call: PhoneCall, ...frequenciesHz: number[]) =>
  until(`${frequenciesHz} Hz to be heard`, () =>
    [440, 1_000, 2_000].every((hz) => call.heard.toneLevelDb(hz) > -20 === frequenciesHz.includes(hz)),
  );

/** 0412 outside calls 3556; each says a tone. */
async function placed() {
  const { address, port } = sipServer.sip;
  const agent = phones.phone('3556', { answers: 'at-once', audio: tone(1_000) });
  const second = phones.phone('3557', { answers: 'at-once', audio: tone(2_000) });
  const customer = phones.phone('0412', { audio: tone(440) }).call('3556', `${address}:${port}`);
  const taken = await agent.ringing();
  await customer.answered;
  await told('3556', 'EventEstablished');
  return { customer, taken, second };
}

describe('a call through SIP Server, media server and phones', () => {
  it('R-LAB-1: both hear each other, hold is told, and who hangs up ends it for both', async () => {
    const { customer, taken } = await placed();
    await Promise.all([hears(customer, 1_000), hears(taken, 440)]);
    await taken.hold();
    await told('3556', 'EventHeld');
    await taken.retrieve();
    await told('3556', 'EventRetrieved');
    taken.heard.listenAnew();
    await hears(taken, 440);
    await customer.hangUp();
    expect(await taken.ended).toEqual({ reason: 'hung-up-by-other' });
    await until('nothing to be left', () => mediaServer.conferences().length === 0);
  });

  it('R-CTI-1: 3013 has both voices replicated as they are, 3014 ends it', async () => {
    const { customer, taken } = await placed();
    const { ConnID, CallUUID } = last('EventEstablished');
    const ask = (message: number) =>
      link.request('RequestPrivateService', {
        PrivateMsgID: message,
        ThisDN: '3556',
        ConnID,
        Extensions: recordingExtensions({ record: 'source', id: 'rec-1' }),
      });
    expect((await ask(privateMessages.GSIP_RECORD_START)).message).toBe('EventACK');
    await until(
      'packets of both',
      () => recorder.calls.length === 2 && recorder.calls.every(({ heard }) => heard[0]!.packets.length > 20),
    );
    await ask(privateMessages.GSIP_RECORD_STOP);
    await until('the end', () => recorder.calls.every(({ phase }) => phase === 'hung-up'));
    const uris = recorder.calls.map(({ requestUri }) => requestUri).sort();
    expect(uris.map((uri) => uri.slice(uri.indexOf(';')))).toEqual([
      `;calluuid=${CallUUID};dn=0412;recordDN=3556`,
      `;calluuid=${CallUUID};dn=3556;recordDN=3556`,
    ]);
    const packets = recorder.calls.flatMap(({ heard }) => heard[0]!.packets);
    expect(compareLedger([...customer.sent(), ...taken.sent()], packets)).toMatchObject({ extra: 0, repeated: 0 });
  });

  it('R-HA-3: dest and dest2 of 3013 are two recordings in places of their own, of which one may fail', async () => {
    const [first, second] = [await startAnswerer(), await startAnswerer({ refuse: () => 503 })];
    try {
      await placed();
      const { ConnID } = last('EventEstablished');
      const places = { dest: `sip:127.0.0.1:${first.port}`, dest2: `sip:127.0.0.1:${second.port}` };
      const asked = { PrivateMsgID: 3013, ThisDN: '3556', ConnID };
      const Extensions = recordingExtensions({ id: 'rec-1', ...places });
      await link.request('RequestPrivateService', { ...asked, Extensions });
      const phases = () => mediaServer.conferences()[0]!.recordings[0]!.sessions.map(({ phase }) => phase);
      await until('both answers', () => String(phases()) === 'running,gone');
      await until('both parties', () => first.calls.every(({ heard }) => heard[0]!.packets.length > 5));
      expect(first.calls).toHaveLength(2);
      expect(recorder.calls).toEqual([]);
    } finally {
      await Promise.all([first.close(), second.close()]);
    }
  });

  it('R-HA-2: a recorder that has hung up is told of as GSIP_RECORD=OFF; 3013 under the same id begins anew', async () => {
    await placed();
    const { ConnID } = last('EventEstablished');
    const Extensions = recordingExtensions({ id: 'rec-1' });
    const ask = () => link.request('RequestPrivateService', { PrivateMsgID: 3013, ThisDN: '3556', ConnID, Extensions });
    const state = () => lookUp(last('EventAttachedDataChanged').UserData, 'GSIP_RECORD');
    await ask();
    await until('both dialogs', () => recorder.calls.length === 2 && state() === 'ON');
    await recorder.calls[0]!.hangUp();
    await until('the loss to be told', () => state() === 'OFF');
    await ask();
    await until('new dialogs', () => recorder.calls.length === 4 && state() === 'ON');
    const records = recorder.calls.map(({ requestUri }) => /record=([^@]+)@/.exec(requestUri)?.[1]);
    expect(new Set(records)).toEqual(new Set(['rec-1']));
    // Asked for once more while it runs: nothing happens.
    await ask();
    expect(recorder.calls).toHaveLength(4);
  });

  it('R-CTI-4: a phone transfers by REFER; customer and next agent hear each other', async () => {
    const { customer, taken, second } = await placed();
    await hears(customer, 1_000);
    expect(await taken.transfer('3557')).toBe(200);
    const next = await second.ringing();
    await next.answered;
    await Promise.all([hears(customer, 2_000), hears(next, 440)]);
    expect(mediaServer.conferences()).toHaveLength(1);
  });

  it('R-CTI-4: a phone transfers by REFER with Replaces; customer and colleague hear each other, and it is let go', async () => {
    const { customer, taken, second } = await placed();
    const { address, port } = sipServer.sip;
    await taken.hold();
    const asked = phones.phone('3556').call('3557', `${address}:${port}`);
    const colleague = await second.ringing();
    await asked.answered;
    await hears(colleague, 1_000);
    expect(await taken.transfer(asked)).toBe(200);
    await Promise.all([hears(customer, 2_000), hears(colleague, 440)]);
    expect(await Promise.all([taken.ended, asked.ended])).toEqual(Array(2).fill({ reason: 'hung-up-by-other' }));
    await told('3557', 'EventPartyChanged');
    expect(mediaServer.conferences().map(({ legs }) => legs.map(({ dn }) => dn).sort())).toEqual([['0412', '3557']]);
    expect(sipServer.calls.size).toBe(1);
  });

  it('R-CTI-4: a call that is not its own cannot be replaced by a phone', async () => {
    const { customer, taken } = await placed();
    expect(await taken.transfer(customer)).toBe(481);
    expect(await taken.transfer(taken)).toBe(481);
    expect(taken.phase).toBe('talking');
  });

  it('R-CTI-4: a conference of three: everybody hears the others', async () => {
    const { customer, taken, second } = await placed();
    const { ConnID } = last('EventEstablished');
    await link.request('RequestInitiateConference', { ThisDN: '3556', ConnID: ConnID!, OtherDN: '3557' });
    const third = await second.ringing();
    await told('3557', 'EventEstablished');
    await Promise.all([hears(taken, 2_000), hears(third, 1_000)]);
    const consult = last('EventEstablished').ConnID!;
    await link.request('RequestCompleteConference', { ThisDN: '3556', ConnID: consult });
    await Promise.all([hears(customer, 1_000, 2_000), hears(taken, 440, 2_000), hears(third, 440, 1_000)]);
    expect(mediaServer.conferences().map(({ bridge, legs }) => [bridge, legs.length])).toEqual([['mix', 3]]);
  });

  it('R-LAB-1: a phone that is not ours calls, says something, holds, retrieves and hangs up', async () => {
    const agent = phones.phone('3556', { answers: 'at-once', audio: tone(1_000) });
    const audio = Buffer.alloc(20 * 160, 0x11);
    const sipp = runSipp({
      scenario: 'phone-call',
      target: sipServer.sip,
      calls: 1,
      pauseMs: 600,
      keys: { caller: '3557', callee: '3556' },
      files: { 'phone.audio': audio },
    });
    const taken = await agent.ringing();
    expect(taken.other).toBe('3557');
    expect(await sipp).toMatchObject({ exitCode: 0, succeeded: 1, complaints: '' });
    expect(await taken.ended).toEqual({ reason: 'hung-up-by-other' });
    // What it says before the way to the other phone stands is lost, as on any telephone.
    const said = taken.heard.packets.filter(({ payload }) => Buffer.from(payload).equals(audio.subarray(0, 160)));
    expect(said.length).toBeGreaterThan(10);
    await told('3557', 'EventReleased');
    const told3557 = events.filter(({ attributes }) => attributes.ThisDN === '3557').map(({ message }) => message);
    expect(told3557).toEqual(['EventDialing', 'EventEstablished', 'EventHeld', 'EventRetrieved', 'EventReleased']);
  });
});
