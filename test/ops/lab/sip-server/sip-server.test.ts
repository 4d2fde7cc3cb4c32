import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labOptions, msmlServiceDn } from '#ops/lab';
import { SipServer, type SwitchDn } from '#ops/lab/sip-server';
import {
  errorCodes,
  listOf,
  lookUp,
  privateMessages,
  recordingExtensions,
  type TLibEvent,
  TLibLink,
  workModes,
} from '#src/cti';
import { systemClock, systemRandom } from '#src/ports';
import type { SipRequest, SipResponse } from '../../../../ops/lab/sip-server/agent.ts';
import { until } from '../../../harness/processes.ts';
import { MediaServerPeer, PhonesPeer, portOf, type SipPeer, sdp, startPeer } from './sip-peers.ts';

const extension = (number: string, options: SwitchDn['options'] = {}): SwitchDn => ({
  number,
  type: 'extension',
  options,
});

let peers: SipPeer[];
let media: MediaServerPeer;
let phones: PhonesPeer;
let server: SipServer;
let link: TLibLink;
let events: TLibEvent[];
/** What is done at once when an event comes. */
let react: (event: TLibEvent) => void;

interface Configured {
  readonly options?: Readonly<Record<string, string>>;
  readonly profile?: Readonly<Record<string, string>>;
  readonly dns?: readonly SwitchDn[];
  /** Options of the msml service. */
  readonly msml?: Readonly<Record<string, string>>;
}

async function start(options: Configured = {}): Promise<void> {
  peers = [await startPeer(), await startPeer()];
  [media, phones] = [new MediaServerPeer(peers[0]!), new PhonesPeer(peers[1]!)];
  const service = msmlServiceDn(media.sip);
  const msml = { ...service, options: { ...service.options, ...options.msml } };
  const dns = [...(options.dns ?? [extension('3556'), extension('3557'), extension('3558')]), msml];
  server = await SipServer.start({
    address: '127.0.0.1',
    clock: systemClock,
    random: systemRandom,
    log: { info() {}, warn() {} },
    mediaServer: media.sip,
    phones: phones.sip,
    dns,
    options: { ...labOptions, ...options.options },
    ...(options.profile && { profile: options.profile }),
  });
  events = [];
  react = () => {};
  let settled = false;
  link = new TLibLink(
    { servers: [server.tlib], client: { name: 'test' } },
    {
      event(event) {
        events.push(event);
        react(event);
      },
      dnState() {},
      link() {},
      settled: () => {
        settled = true;
      },
      fault() {},
    },
  );
  link.watch(dns.map(({ number }) => number));
  link.open();
  await until('every DN to be registered', () => settled);
  events = [];
}

afterEach(async () => {
  link.close();
  await server.close();
  for (const peer of peers) await peer.close();
});

/** What was told so far, as `DN Event`. */
const told = () => events.map(({ message, attributes }) => `${attributes.ThisDN} ${message.slice('Event'.length)}`);
const heard = (line: string) => until(line, () => told().includes(line));
const last = (message: string) => events.findLast((event) => event.message === message)!;

describe('the SIP Server of the lab', () => {
  beforeEach(() => start());

  it('R-LAB-1, R-CTI-1: an inbound call is anchored at the media server, and its DN hears all of it', async () => {
    const caller = await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    expect(media.legs.map(({ dn }) => dn).sort()).toEqual(['0412', '3556']);
    expect(new Set(media.legs.map(({ conference }) => conference)).size).toBe(1);
    // Each phone talks with the media server.
    expect(portOf(caller.remote.sdp)).toBeGreaterThan(30_000);
    expect(portOf(caller.remote.sdp)).toBeLessThan(40_000);
    expect(portOf(phones.calls[0]!.offered)).toBeLessThan(40_000);
    expect(last('EventEstablished').attributes).toMatchObject({
      OtherDN: '0412',
      ANI: '0412',
      DNIS: '3556',
      CallType: 2,
    });
    expect(last('EventEstablished').attributes.CallUUID).toBe(media.legs[0]!.conference);
    await caller.destroy();
    await heard('3556 Released');
    await until('the media server to be free', () => media.up.length === 0);
    expect(told()).toEqual(['3556 Ringing', '3556 Established', '3556 Released']);
    expect(server.calls.size).toBe(0);
  });

  it('R-LAB-1: a call that is refused, and one that is given up, leave nothing behind', async () => {
    phones.refusing.add('3556');
    await expect(phones.call(server.sip, '0412', '3556')).rejects.toMatchObject({ status: 486 });
    await until('nothing left', () => server.calls.size === 0 && media.up.length === 0);
    expect(told()).toEqual(['3556 Ringing', '3556 Abandoned']);
    phones.ringing.set('3557', undefined as never);
    const call = phones.calling(server.sip, '0412', '3557');
    await heard('3557 Ringing');
    await until('the phone to ring', () => phones.ringing.get('3557'));
    (await call.sent).cancel(() => {});
    await expect(call.ended).rejects.toMatchObject({ status: 487 });
    await until('nothing left', () => server.calls.size === 0 && media.up.length === 0);
    expect(phones.cancelled).toEqual(['3557']);
    expect(told().slice(2)).toEqual(['3557 Ringing', '3557 Abandoned']);
  });

  it('R-CTI-4: a phone that holds is told of, and the media server hears what it offered', async () => {
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const dialog = phones.dialogOf('3556');
    await dialog.modify(sdp(41_000, 'sendonly'));
    await heard('3556 Held');
    await dialog.modify(sdp(41_000));
    await heard('3556 Retrieved');
    expect(media.reoffered.map((body) => /a=(\w+)/.exec(body)?.[1])).toEqual(['sendonly', 'sendrecv']);
  });

  it('R-CTI-1: who has just heard that a call stands can have its caller recorded', async () => {
    const answers: Promise<TLibEvent>[] = [];
    react = ({ message, attributes }) => {
      if (message !== 'EventEstablished' || attributes.ThisDN !== '3557') return;
      const asked = { PrivateMsgID: privateMessages.GSIP_RECORD_START, ThisDN: '3557', ConnID: attributes.ConnID };
      answers.push(link.request('RequestPrivateService', asked));
    };
    await phones.call(server.sip, '3557', '3556');
    await until('the answer', () => answers.length === 1);
    expect((await answers[0]!).message).toBe('EventACK');
  });

  it('R-CTI-1: 3013 has the media server record, with the id; 3015, 3016 and 3014 follow; GSIP_RECORD is told', async () => {
    const caller = await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID, CallUUID } = last('EventEstablished').attributes;
    const ask = (message: number, extensions = recordingExtensions({ record: 'source', id: 'rec-1' })) =>
      link.request('RequestPrivateService', { PrivateMsgID: message, ThisDN: '3556', ConnID, Extensions: extensions });
    expect((await ask(privateMessages.GSIP_RECORD_START)).message).toBe('EventACK');
    await heard('3556 AttachedDataChanged');
    expect(lookUp(last('EventAttachedDataChanged').attributes.UserData, 'GSIP_RECORD')).toBe('ON');
    await ask(privateMessages.GSIP_RECORD_START); // by the other core, or because a recorder has gone
    await ask(privateMessages.GSIP_RECORD_START, recordingExtensions({ id: 'another' }));
    await ask(privateMessages.GSIP_RECORD_PAUSE);
    await ask(privateMessages.GSIP_RECORD_RESUME);
    await ask(privateMessages.GSIP_RECORD_STOP);
    expect(media.told.map((body) => /state="(\w+)"|dialogend/.exec(body)?.[0])).toEqual([
      'state="start"',
      'state="start"',
      'state="pause"',
      'state="resume"',
      'dialogend',
    ]);
    expect(media.told[0]).toContain('name="id" value="rec-1"');
    expect(media.told[0]).toContain(`name="calluuid" value="${CallUUID}"`);
    expect(media.told[0]).toContain('name="otherDN" value="0412"');
    await until('OFF', () => lookUp(last('EventAttachedDataChanged').attributes.UserData, 'GSIP_RECORD') === 'OFF');
    await caller.destroy();
  });

  it('R-CTI-1: what cannot be is refused with the code that says why', async () => {
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID } = last('EventEstablished').attributes;
    const ask = (attributes: object) =>
      link.request('RequestPrivateService', { PrivateMsgID: 3013, ThisDN: '3556', ConnID, ...attributes });
    const code = (errorCode: number) => ({ details: { errorCode } });
    await expect(ask({ ConnID: '00000000000000ff' })).rejects.toMatchObject(code(errorCodes.invalidConnId));
    await expect(ask({ ThisDN: '9999' })).rejects.toMatchObject(code(errorCodes.notRegistered));
    await expect(ask({ PrivateMsgID: 1 })).rejects.toMatchObject(code(errorCodes.unsupported));
    await expect(ask({ PrivateMsgID: 3015 })).rejects.toMatchObject(code(errorCodes.unknown));
    media.infoStatus = 503;
    await expect(ask({})).rejects.toMatchObject(code(errorCodes.unknown));
    expect(told()).not.toContain('3556 AttachedDataChanged');
  });

  it('R-CTI-4: a blind transfer brings the caller to another DN, on the same media', async () => {
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID, CallUUID } = last('EventEstablished').attributes;
    await link.request('RequestSingleStepTransfer', { ThisDN: '3556', ConnID: ConnID!, OtherDN: '3557' });
    await heard('3557 Established');
    expect(told()).toEqual(['3556 Ringing', '3556 Established', '3556 Released', '3557 Ringing', '3557 Established']);
    expect(last('EventEstablished').attributes).toMatchObject({ ConnID, CallUUID, OtherDN: '0412' });
    await until('two legs', () => media.up.length === 2);
    expect(media.up.sort()).toEqual(['0412', '3557']);
  });

  it('R-CTI-4: an attended transfer by T-Lib: hold, consult, complete', async () => {
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID, CallUUID } = last('EventEstablished').attributes;
    await link.request('RequestInitiateTransfer', { ThisDN: '3556', ConnID: ConnID!, OtherDN: '3557' });
    await heard('3557 Established');
    const consult = last('EventEstablished').attributes;
    expect(consult).toMatchObject({ CallType: 4, RefCallUUID: CallUUID });
    await link.request('RequestCompleteTransfer', { ThisDN: '3556', ConnID: consult.ConnID! });
    await heard('3557 PartyChanged');
    expect(last('EventPartyChanged').attributes).toMatchObject({
      ConnID,
      PreviousConnID: consult.ConnID,
      OtherDN: '0412',
    });
    await until('two legs of one conference', () => media.up.length === 2);
    const up = media.legs.filter((leg) => leg.up);
    expect(up.map(({ conference }) => conference)).toEqual([CallUUID, CallUUID]);
  });

  it('R-MD-1, R-CTI-5: data that is attached, agents and user events are told', async () => {
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID } = last('EventEstablished').attributes;
    await link.request('RequestAttachUserData', {
      ThisDN: '3556',
      ConnID: ConnID!,
      UserData: listOf({ Segment: 'gold' }),
    });
    expect(lookUp(last('EventAttachedDataChanged').attributes.UserData, 'Segment')).toBe('gold');
    await link.request('RequestAgentLogin', { ThisDN: '3557', AgentID: '7001' });
    await link.request('RequestAgentReady', { ThisDN: '3557' });
    await link.request('RequestDistributeUserEvent', { ThisDN: '3557', UserData: listOf({ screen: 'start' }) });
    expect(told().slice(-3)).toEqual(['3557 AgentLogin', '3557 AgentReady', '3557 UserEvent']);
  });

  it('R-CTI-3: who asks for a DN is told its calls', async () => {
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID } = last('EventEstablished').attributes;
    const info = await link.request('RequestQueryAddress', { ThisDN: '3556' });
    expect(lookUp(info.attributes.Extensions, 'conn-1')).toBe(ConnID);
    const party = await link.request('RequestQueryCall', { ThisDN: '3556', ConnID: ConnID! });
    expect(party.attributes).toMatchObject({ ThisDN: '3556', OtherDN: '0412' });
  });

  it('R-LAB-1: a call made by T-Lib rings first where it was asked for', async () => {
    await link.request('RequestMakeCall', { ThisDN: '3556', OtherDN: '3557' });
    await heard('3557 Established');
    expect(phones.calls.map(({ to }) => to)).toEqual(['3556', '3557']);
    expect(told()).toEqual(['3556 Dialing', '3557 Ringing', '3557 Established', '3556 Established']);
  });
});

describe('options of the SIP Server', () => {
  it('R-RUL-5: a DN with record=true is recorded without anybody asking, one with anything else is not', async () => {
    await start({ dns: [extension('3556', { record: 'true' }), extension('3557', { record: 'yes' })] });
    await phones.call(server.sip, '0412', '3556');
    await phones.call(server.sip, '0413', '3557');
    await until('the recording', () => media.told.length > 0);
    await heard('3557 Established');
    expect(media.told).toHaveLength(1);
    expect(media.told[0]).toContain('name="recordDN" value="3556"');
    expect(media.told[0]).not.toContain('name="id"');
  });

  it('R-HA-3: recdest and recdest2 go to the media server, those of a request first', async () => {
    await start({
      profile: { 'recordingclient.recdest': 'fixed,sip:rm-1@h', 'recordingclient.recdest2': 'fixed,sip:rm-2@h' },
    });
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID } = last('EventEstablished').attributes;
    const extensions = recordingExtensions({ id: 'r', dest: 'sip:mine@h' });
    await link.request('RequestPrivateService', { PrivateMsgID: 3013, ThisDN: '3556', ConnID, Extensions: extensions });
    expect(media.told[0]).toContain('name="recdest" value="sip:mine@h"');
    expect(media.told[0]).toContain('name="recdest2" value="sip:rm-2@h"');
  });

  const start3013 = (dn = '3556', extensions = recordingExtensions({ id: 'r' })) => {
    const { ConnID } = last('EventEstablished').attributes;
    return link.request('RequestPrivateService', { PrivateMsgID: 3013, ThisDN: dn, ConnID, Extensions: extensions });
  };

  it('R-OPS-4: what lets nothing be recorded lets calls go on; 3013 is refused, and record=true asks in vain', async () => {
    const configured = { options: { 'msml-record-support': 'false' } };
    await start({ ...configured, dns: [extension('3556', { record: 'true' })] });
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    await expect(start3013()).rejects.toMatchObject({ details: { errorCode: errorCodes.unsupported } });
    expect(media.told).toEqual([]);
  });

  it('R-OPS-4: recording-filename: granted, under a name that says nothing of the call it could be found by', async () => {
    await start({ options: { 'recording-filename': '$ANI$_$DNIS$_1' } });
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    expect((await start3013()).message).toBe('EventACK');
    expect(media.told[0]).toContain('name="filename" value="0412_3556_1"');
  });

  it('R-OPS-4: record=true on a trunk: the recording bears the number of who calls, not of a DN', async () => {
    await start({ dns: [extension('3556'), { number: 'TRUNK', type: 'trunk', options: { record: 'true' } }] });
    await phones.call(server.sip, '0412', '3556');
    await until('the recording', () => media.told.length === 1);
    expect(media.told[0]).toContain('name="recordDN" value="0412"');
    expect(media.told[0]).toContain('name="dn" value="0412"');
  });

  it('R-OPS-4: without refer-enabled=false a call cannot be transferred in one step', async () => {
    await start({ msml: { 'refer-enabled': 'true' } });
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID } = last('EventEstablished').attributes;
    const asked = { ThisDN: '3556', ConnID: ConnID!, OtherDN: '3557' };
    await expect(link.request('RequestSingleStepTransfer', asked)).rejects.toMatchObject({
      details: { errorCode: errorCodes.unsupported },
    });
    expect(told()).toEqual(['3556 Ringing', '3556 Established']);
  });

  it('R-OPS-4: without sip-hold-rfc3264=true a party is held by no address, not by a direction', async () => {
    await start({ msml: { 'sip-hold-rfc3264': 'false' } });
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID } = last('EventEstablished').attributes;
    await link.request('RequestHoldCall', { ThisDN: '3556', ConnID: ConnID! });
    expect(media.reoffered[0]).toMatch(/c=IN IP4 0\.0\.0\.0.*a=sendrecv/s);
  });

  it('R-OPS-4: record-consult-calls: a DN with record=true is recorded in its consult call, too', async () => {
    const dns = [extension('3556', { record: 'true' }), extension('3557')];
    await start({ options: { 'record-consult-calls': 'true' }, dns });
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID } = last('EventEstablished').attributes;
    await link.request('RequestInitiateTransfer', { ThisDN: '3556', ConnID: ConnID!, OtherDN: '3557' });
    await until('both recordings', () => media.told.filter((body) => body.includes('state="start"')).length === 2);
  });

  it('R-OPS-4: the media server says that a recording has come to an end: GSIP_RECORD is OFF, and 3013 begins it anew', async () => {
    await start();
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    await start3013();
    const leg = media.legs.find(({ dn }) => dn === '3556')!;
    const body = '<msml version="1.1"><event name="msml.dialog.exit" id="conn:3556/dialog:rec"/></msml>';
    await leg.dialog.request({ method: 'INFO', headers: { 'Content-Type': 'application/msml+xml' }, body });
    const state = () => lookUp(last('EventAttachedDataChanged').attributes.UserData, 'GSIP_RECORD');
    await until('OFF', () => state() === 'OFF');
    await start3013();
    await until('ON', () => state() === 'ON');
    expect(media.told).toHaveLength(2);
  });

  it('R-CTI-1: 3013 of a supervisor who is no party means the agent; record=destination means the other side', async () => {
    await start();
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    await start3013('3558', recordingExtensions({ id: 'r', record: 'destination' }));
    expect(media.told[0]).toContain('target="conn:0412"');
    expect(media.told[0]).toContain('name="recordDN" value="3556"');
  });
});

describe('queues, route points and conferences', () => {
  const queue: SwitchDn = { number: '8000', type: 'queue', options: {} };
  const routePoint = (options = {}): SwitchDn => ({ number: '9000', type: 'route-point', options });
  const agents = [extension('3556'), extension('3557', { record: 'true' }), extension('3558')];

  it('R-LAB-1: a call waits in a queue until an agent of it is ready', async () => {
    await start({ dns: [...agents, queue] });
    await link.request('RequestAgentLogin', { ThisDN: '3556', AgentID: 'smith', ThisQueue: '8000' });
    const call = phones.call(server.sip, '0412', '8000');
    await heard('8000 Queued');
    await link.request('RequestAgentReady', { ThisDN: '3556' });
    await call;
    await heard('3556 Established');
    expect(told().slice(1)).toEqual([
      '8000 Queued',
      '3556 AgentReady',
      '8000 Diverted',
      '3556 Ringing',
      '3556 Established',
    ]);
    expect(last('EventEstablished').attributes).toMatchObject({ ThisQueue: '8000', OtherDN: '0412', DNIS: '8000' });
    // Who talks is not ready for the next one, who gives up.
    const next = phones.calling(server.sip, '0413', '8000');
    await until('the next one', () => told().filter((line) => line === '8000 Queued').length === 2);
    (await next.sent).cancel(() => {});
    await heard('8000 Abandoned');
    await expect(next.ended).rejects.toMatchObject({ status: 487 });
  });

  it('R-RUL-5: a strategy routes a call, and says that it is recorded, or that it is not', async () => {
    await start({ dns: [...agents, routePoint()] });
    let extensions: [string, string][] = [];
    react = ({ message, attributes }) => {
      if (message !== 'EventRouteRequest') return;
      const { ConnID } = attributes;
      void link.request('RequestRouteCall', {
        ThisDN: '9000',
        ConnID: ConnID!,
        OtherDN: '3557',
        Extensions: extensions,
      });
    };
    extensions = [['record', 'source']];
    const first = await phones.call(server.sip, '0412', '9000');
    await until('both recordings', () => media.told.length === 2);
    expect(media.told.map((body) => /recordDN" value="(\d+)"/.exec(body)?.[1])).toEqual(['0412', '3557']);
    expect(told().slice(0, 5)).toEqual([
      '9000 RouteRequest',
      '9000 RouteUsed',
      '9000 Diverted',
      '3557 Ringing',
      '3557 Established',
    ]);
    await first.destroy();
    await heard('3557 Released');
    media.told.length = 0;
    extensions = [['record', 'disable_destination']];
    await phones.call(server.sip, '0412', '9000');
    await until('the second call', () => told().filter((line) => line === '3557 Established').length === 2);
    expect(media.told).toEqual([]);
    // It can be recorded later all the same.
    const { ConnID } = last('EventEstablished').attributes;
    await link.request('RequestPrivateService', { PrivateMsgID: 3013, ThisDN: '3557', ConnID });
    expect(media.told).toHaveLength(1);
  });

  it('R-LAB-1: without anybody who routes, a call goes to default-dn, or is refused', async () => {
    await start({
      dns: [extension('3556'), routePoint({ 'default-dn': '3556' }), { ...routePoint(), number: '9001' }],
    });
    link.unwatch(['9000', '9001']);
    await until('nobody to listen', () => !server.telephony.clients.some(({ dns }) => dns.has('9001')));
    await phones.call(server.sip, '0412', '9000');
    await heard('3556 Established');
    await expect(phones.call(server.sip, '0412', '9001')).rejects.toMatchObject({ status: 480 });
  });

  it('R-LAB-1: what cannot be routed is refused with the code that says why', async () => {
    await start({ dns: [...agents, routePoint()] });
    const ask = (attributes: object) =>
      link.request('RequestRouteCall', { ThisDN: '9000', ConnID: '00000000000000ff', OtherDN: '3556', ...attributes });
    await expect(ask({})).rejects.toMatchObject({ details: { errorCode: errorCodes.invalidConnId } });
    void phones.call(server.sip, '0412', '9000').catch(() => {});
    await heard('9000 RouteRequest');
    const { ConnID } = last('EventRouteRequest').attributes;
    const both = listOf({ record: 'both' });
    await expect(ask({ ConnID, Extensions: both })).rejects.toMatchObject({
      details: { errorCode: errorCodes.invalidAttribute },
    });
    await expect(ask({ ConnID, OtherDN: undefined })).rejects.toMatchObject({
      details: { errorCode: errorCodes.invalidAttribute },
    });
    expect((await ask({ ConnID })).message).toBe('EventACK');
  });

  it('R-CTI-4: a further party in one step, put out again; and a consult call that is given up', async () => {
    await start({ dns: agents });
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID, CallUUID } = last('EventEstablished').attributes;
    const asked = { ThisDN: '3556', ConnID: ConnID!, OtherDN: '3558' };
    await link.request('RequestSingleStepConference', asked);
    await heard('3556 PartyAdded');
    expect(media.up).toHaveLength(3);
    expect(new Set(media.legs.map(({ conference }) => conference))).toEqual(new Set([CallUUID]));
    await link.request('RequestDeleteFromConference', asked);
    await heard('3556 PartyDeleted');
    await until('two legs', () => media.up.length === 2);
    phones.refusing.add('3557');
    await expect(link.request('RequestInitiateConference', { ...asked, OtherDN: '3557' })).rejects.toThrow();
    await heard('3556 Retrieved');
    await until('the agent back with the caller', () => media.up.sort().join() === '0412,3556');
    phones.refusing.clear();
    await link.request('RequestInitiateConference', { ...asked, OtherDN: '3557' });
    await heard('3557 Established');
    const consult = last('EventEstablished').attributes.ConnID!;
    await link.request('RequestReconnectCall', { ThisDN: '3556', ConnID: consult });
    await heard('3557 Released');
    await until('the agent back again', () => media.up.sort().join() === '0412,3556');
    await link.request('RequestClearCall', { ThisDN: '3556', ConnID: ConnID! });
    await until('nothing left', () => server.calls.size === 0 && media.up.length === 0);
  });

  it('R-CTI-4: a phone that transfers by REFER is told what comes of it, and is back when nobody takes the call', async () => {
    await start({ dns: agents });
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const dialog = phones.dialogOf('3556');
    const progress: string[] = [];
    dialog.on('notify', (request: SipRequest, response: SipResponse) => {
      progress.push(`${request.get('Subscription-State')?.split(';')[0]} ${request.body.trim()}`);
      response.send(200);
    });
    const refer = (to: string) => dialog.request({ method: 'REFER', headers: { 'Refer-To': `<sip:${to}@switch>` } });
    phones.refusing.add('3557');
    expect((await refer('3557')).status).toBe(202);
    await until('the refusal', () => progress.length === 2);
    expect(progress).toEqual(['active SIP/2.0 100 Trying', 'terminated SIP/2.0 486 Busy Here']);
    expect(told()).toEqual(['3556 Ringing', '3556 Established']);
    expect(media.up.sort()).toEqual(['0412', '3556']);
    await refer('3558');
    await until('what came of it', () => progress.length === 5);
    expect(progress.slice(2)).toEqual([
      'active SIP/2.0 100 Trying',
      'active SIP/2.0 180 Ringing',
      'terminated SIP/2.0 200 OK',
    ]);
    expect((await dialog.request({ method: 'REFER' }).catch(() => ({ status: 481 }))).status).toBeGreaterThanOrEqual(
      400,
    );
  });

  it('R-CTI-5: a user event reaches who registered its DN', async () => {
    await start({ dns: agents });
    await link.request('RequestDistributeUserEvent', { ThisDN: '3556', UserData: listOf({ screen: 'start' }) });
    link.unwatch(['3557']);
    await until('3557 not to be watched', () => !server.telephony.clients.some(({ dns }) => dns.has('3557')));
    await link.request('RequestDistributeUserEvent', { ThisDN: '3557', UserData: listOf({ screen: 'start' }) });
    await link.request('RequestDistributeUserEvent', { ThisDN: '3558', UserData: listOf({ screen: 'stop' }) });
    expect(told()).toEqual(['3556 UserEvent', '3558 UserEvent']);
    expect(last('EventUserEvent').attributes.UserData).toEqual([['screen', 'stop']]);
  });

  it('R-MD-3: agents log in, are ready, not ready, at after-call work, and log out', async () => {
    await start({ dns: agents });
    const ThisDN = '3556';
    await link.request('RequestAgentLogin', { ThisDN, AgentID: 'smith' });
    await link.request('RequestAgentReady', { ThisDN });
    await link.request('RequestAgentNotReady', { ThisDN, AgentWorkMode: workModes.afterCallWork });
    await link.request('RequestAgentNotReady', { ThisDN });
    await link.request('RequestAgentLogout', { ThisDN });
    expect(events.map(({ message, attributes }) => [message, attributes.AgentID, attributes.AgentWorkMode])).toEqual([
      ['EventAgentLogin', 'smith', undefined],
      ['EventAgentReady', 'smith', undefined],
      ['EventAgentNotReady', 'smith', workModes.afterCallWork],
      ['EventAgentNotReady', 'smith', undefined],
      ['EventAgentLogout', 'smith', undefined],
    ]);
  });
});
