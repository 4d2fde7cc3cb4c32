import { afterEach, describe, expect, it } from 'vitest';
import { errorCodes, lookUp, recordingExtensions } from '#src/cti';
import { until } from '../../../harness/processes.ts';
import { closeSwitches, extension, startSwitch } from './switch.ts';

afterEach(closeSwitches);

describe('options of the SIP Server', () => {
  it('R-RUL-5: a DN with record=true is recorded without anybody asking, one with anything else is not', async () => {
    const { media, phones, server, heard } = await startSwitch({
      dns: [extension('3556', { record: 'true' }), extension('3557', { record: 'yes' })],
    });
    await phones.call(server.sip, '0412', '3556');
    await phones.call(server.sip, '0413', '3557');
    await until('the recording', () => media.told.length > 0);
    await heard('3557 Established');
    expect(media.told).toHaveLength(1);
    expect(media.told[0]).toContain('name="recordDN" value="3556"');
    expect(media.told[0]).not.toContain('name="id"');
  });

  it('R-HA-3: recdest and recdest2 go to the media server, those of a request first', async () => {
    const { media, phones, server, link, last, heard } = await startSwitch({
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

  it('R-OPS-4: what lets nothing be recorded lets calls go on; 3013 is refused, and record=true asks in vain', async () => {
    const configured = { options: { 'msml-record-support': 'false' } };
    const { media, phones, server, heard, start3013 } = await startSwitch({
      ...configured,
      dns: [extension('3556', { record: 'true' })],
    });
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    await expect(start3013()).rejects.toMatchObject({ details: { errorCode: errorCodes.unsupported } });
    expect(media.told).toEqual([]);
  });

  it('R-OPS-4: recording-filename: granted, under a name that says nothing of the call it could be found by', async () => {
    const { last, media, phones, server, heard, start3013 } = await startSwitch({
      options: { 'recording-filename': '$ANI$_$DNIS$_1' },
    });
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    expect((await start3013()).message).toBe('EventACK');
    expect(media.told[0]).toContain('name="filename" value="0412_3556_1"');
    expect(lookUp(last('EventAttachedDataChanged').attributes.UserData, 'GSIP_REC_FN')).toBe('0412_3556_1');
  });

  it('R-OPS-4: record=true on a trunk: the recording bears the number of who calls, not of a DN', async () => {
    const { media, phones, server } = await startSwitch({
      dns: [extension('3556'), { number: 'TRUNK', type: 'trunk', options: { record: 'true' } }],
    });
    await phones.call(server.sip, '0412', '3556');
    await until('the recording', () => media.told.length === 1);
    expect(media.told[0]).toContain('name="recordDN" value="0412"');
    expect(media.told[0]).toContain('name="dn" value="0412"');
  });

  it('R-OPS-4: without refer-enabled=false a call cannot be transferred in one step', async () => {
    const { phones, server, link, told, last, heard } = await startSwitch({ msml: { 'refer-enabled': 'true' } });
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
    const { media, phones, server, link, last, heard } = await startSwitch({ msml: { 'sip-hold-rfc3264': 'false' } });
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID } = last('EventEstablished').attributes;
    await link.request('RequestHoldCall', { ThisDN: '3556', ConnID: ConnID! });
    expect(media.reoffered[0]).toMatch(/c=IN IP4 0\.0\.0\.0.*a=sendrecv/s);
  });

  it('R-OPS-4: record-consult-calls: a DN with record=true is recorded in its consult call, too', async () => {
    const dns = [extension('3556', { record: 'true' }), extension('3557')];
    const { media, phones, server, link, last, heard } = await startSwitch({
      options: { 'record-consult-calls': 'true' },
      dns,
    });
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID } = last('EventEstablished').attributes;
    await link.request('RequestInitiateTransfer', { ThisDN: '3556', ConnID: ConnID!, OtherDN: '3557' });
    await until('both recordings', () => media.told.filter((body) => body.includes('state="start"')).length === 2);
  });

  it('R-OPS-4: the media server says that a recording has come to an end: GSIP_RECORD is OFF, and 3013 begins it anew', async () => {
    const { media, phones, server, last, heard, start3013 } = await startSwitch();
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
    const { media, phones, server, heard, start3013 } = await startSwitch();
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    await start3013('3558', recordingExtensions({ id: 'r', record: 'destination' }));
    expect(media.told[0]).toContain('target="conn:0412"');
    expect(media.told[0]).toContain('name="recordDN" value="3556"');
  });
});
