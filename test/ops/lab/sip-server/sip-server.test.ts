import { afterEach, describe, expect, it } from 'vitest';
import { errorCodes, listOf, lookUp, privateMessages, recordingExtensions, type TLibEvent } from '#src/cti';
import { until } from '../../../harness/processes.ts';
import { portOf, sdp } from './sip-peers.ts';
import { type Configured, closeSwitches, startSwitch } from './switch.ts';

afterEach(closeSwitches);

describe('the SIP Server of the lab', () => {
  it('R-LAB-1, R-CTI-1: an inbound call is anchored at the media server, and its DN hears all of it', async () => {
    const { media, phones, server, told, last, heard } = await startSwitch();
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
    const { media, phones, server, told, heard } = await startSwitch();
    phones.refusing.add('3556');
    await expect(phones.call(server.sip, '0412', '3556')).rejects.toMatchObject({ status: 486 });
    await until('nothing left', () => server.calls.size === 0 && media.up.length === 0);
    await heard('3556 Abandoned');
    expect(told()).toEqual(['3556 Ringing', '3556 Abandoned']);
    phones.ringing.set('3557', undefined as never);
    const call = phones.calling(server.sip, '0412', '3557');
    await heard('3557 Ringing');
    await until('the phone to ring', () => phones.ringing.get('3557'));
    (await call.sent).cancel(() => {});
    await expect(call.ended).rejects.toMatchObject({ status: 487 });
    await until('nothing left', () => server.calls.size === 0 && media.up.length === 0);
    await until('the phone to know', () => phones.cancelled.join() === '3557');
    await heard('3557 Abandoned');
    expect(told().slice(2)).toEqual(['3557 Ringing', '3557 Abandoned']);
  });

  it('R-CTI-4: a phone that holds is told of, and the media server hears what it offered', async () => {
    const { media, phones, server, heard } = await startSwitch();
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
    const react: Configured['react'] = ({ message, attributes }, link) => {
      if (message !== 'EventEstablished' || attributes.ThisDN !== '3557') return;
      const asked = { PrivateMsgID: privateMessages.GSIP_RECORD_START, ThisDN: '3557', ConnID: attributes.ConnID };
      answers.push(link.request('RequestPrivateService', asked));
    };
    const { phones, server } = await startSwitch({ react });
    await phones.call(server.sip, '3557', '3556');
    await until('the answer', () => answers.length === 1);
    expect((await answers[0]!).message).toBe('EventACK');
  });

  it('R-CTI-1: 3013 has the media server record, with the id; 3015, 3016 and 3014 follow; GSIP_RECORD is told', async () => {
    const { media, phones, server, link, last, heard } = await startSwitch();
    const caller = await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID, CallUUID } = last('EventEstablished').attributes;
    const ask = (message: number, extensions = recordingExtensions({ record: 'source', id: 'rec-1' })) =>
      link.request('RequestPrivateService', { PrivateMsgID: message, ThisDN: '3556', ConnID, Extensions: extensions });
    expect((await ask(privateMessages.GSIP_RECORD_START)).message).toBe('EventACK');
    await heard('3556 AttachedDataChanged');
    expect(lookUp(last('EventAttachedDataChanged').attributes.UserData, 'GSIP_RECORD')).toBe('ON');
    await ask(privateMessages.GSIP_RECORD_START); // by the other core, or because a recorder has gone
    await ask(privateMessages.GSIP_RECORD_START, recordingExtensions({})); // by somebody who does not care which
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

  it('R-RUL-5: who asks under an id of their own gets a recording of their own; 3015 and 3014 are about all of the DN', async () => {
    const { media, phones, server, link, last, heard } = await startSwitch();
    const caller = await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID } = last('EventEstablished').attributes;
    const ask = (message: number, id: string) => {
      const Extensions = recordingExtensions({ id });
      return link.request('RequestPrivateService', { PrivateMsgID: message, ThisDN: '3556', ConnID, Extensions });
    };
    await ask(privateMessages.GSIP_RECORD_START, 'ours');
    await ask(privateMessages.GSIP_RECORD_START, 'theirs');
    await ask(privateMessages.GSIP_RECORD_PAUSE, 'ours');
    await ask(privateMessages.GSIP_RECORD_STOP, 'ours');
    const asked = (body: string) => [
      /state="(\w+)"|dialogend/.exec(body)?.[0],
      /name="id" value="(\w+)"/.exec(body)?.[1],
    ];
    expect(media.told.map(asked)).toEqual([
      ['state="start"', 'ours'],
      ['state="start"', 'theirs'],
      ['state="pause"', 'ours'],
      ['state="pause"', 'theirs'],
      ['dialogend', undefined],
      ['dialogend', undefined],
    ]);
    await caller.destroy();
  });

  it('R-CTI-1: what cannot be is refused with the code that says why', async () => {
    const { media, phones, server, link, told, last, heard } = await startSwitch();
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
    const { media, phones, server, link, told, last, heard } = await startSwitch();
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
    const { media, phones, server, link, last, heard } = await startSwitch();
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

  it('R-MD-1: data that is attached, agents and user events are told', async () => {
    const { phones, server, link, told, last, heard } = await startSwitch();
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
    const { phones, server, link, last, heard } = await startSwitch();
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID } = last('EventEstablished').attributes;
    const info = await link.request('RequestQueryAddress', { ThisDN: '3556' });
    expect(lookUp(info.attributes.Extensions, 'conn-1')).toBe(ConnID);
    const party = await link.request('RequestQueryCall', { ThisDN: '3556', ConnID: ConnID! });
    expect(party.attributes).toMatchObject({ ThisDN: '3556', OtherDN: '0412' });
  });

  it('R-LAB-1: a call made by T-Lib rings first where it was asked for', async () => {
    const { phones, link, told, heard } = await startSwitch();
    await link.request('RequestMakeCall', { ThisDN: '3556', OtherDN: '3557' });
    await heard('3557 Established');
    expect(phones.calls.map(({ to }) => to)).toEqual(['3556', '3557']);
    expect(told()).toEqual(['3556 Dialing', '3557 Ringing', '3557 Established', '3556 Established']);
  });

  it.each([
    ['true', ['3556 ring', 'end of ring']],
    ['false', []],
  ])('R-OPS-4: ring-tone-on-make-call=%s: who has a call made hears %j', async (value, expected) => {
    const { media, link, heard } = await startSwitch({ msml: { 'ring-tone-on-make-call': value } });
    await link.request('RequestMakeCall', { ThisDN: '3556', OtherDN: '3557' });
    await heard('3557 Established');
    const said = media.told.map((body) => {
      const [, dn, name] = /target="conn:(\d+)" name="(\w+)".*ring_back/.exec(body) ?? [];
      return dn === undefined ? `end of ${/dialogend id="(\w+)"/.exec(body)?.[1]}` : `${dn} ${name}`;
    });
    expect(said).toEqual(expected);
  });
});
