import { afterEach, describe, expect, it } from 'vitest';
import type { SwitchDn } from '#ops/lab/sip-server';
import { errorCodes, listOf, workModes } from '#src/cti';
import type { SipRequest, SipResponse } from '../../../../ops/lab/sip-server/agent.ts';
import { until } from '../../../harness/processes.ts';
import { type Configured, closeSwitches, extension, startSwitch } from './switch.ts';

afterEach(closeSwitches);

describe('queues, route points and conferences', () => {
  const queue: SwitchDn = { number: '8000', type: 'queue', options: {} };
  const routePoint = (options = {}): SwitchDn => ({ number: '9000', type: 'route-point', options });
  const agents = [extension('3556'), extension('3557', { record: 'true' }), extension('3558')];

  it('R-LAB-1: a call waits in a queue until an agent of it is ready', async () => {
    const { phones, server, link, told, last, heard } = await startSwitch({ dns: [...agents, queue] });
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

  it('R-LAB-1: who declines a call of a queue, lets it ring or is released from it is not ready; it waits on for the next one', async () => {
    const hasty: SwitchDn = { ...queue, options: { 'no-answer-timeout': '0.2' } };
    const four = [...agents, extension('3559')];
    const { media, phones, server, link, told, last, heard } = await startSwitch({ dns: [...four, hasty] });
    for (const { number: ThisDN } of four) {
      await link.request('RequestAgentLogin', { ThisDN, AgentID: `agent ${ThisDN}`, ThisQueue: '8000' });
      await link.request('RequestAgentReady', { ThisDN });
    }
    phones.refusing.add('3556');
    phones.ringing.set('3557', undefined as never).set('3558', undefined as never);
    const call = phones.call(server.sip, '0412', '8000');
    await heard('3558 Ringing');
    const { ConnID } = last('EventRinging').attributes;
    await until('it to ring', () => phones.ringing.get('3558'));
    await link.request('RequestReleaseCall', { ThisDN: '3558', ConnID: ConnID! });
    await call;
    await heard('3559 Established');
    const again = (dn: string) => [
      `${dn} Ringing`,
      `${dn} Abandoned`,
      `${dn} AgentNotReady`,
      '8000 Queued',
      '8000 Diverted',
    ];
    expect(told().filter((line) => !/AgentLogin|AgentReady/.test(line))).toEqual([
      '8000 Queued',
      '8000 Diverted',
      ...['3556', '3557', '3558'].flatMap(again),
      '3559 Ringing',
      '3559 Established',
    ]);
    await until('both phones to know', () => phones.cancelled.join() === '3557,3558');
    await until('two legs', () => media.up.length === 2);
  });

  it('R-CTI-4: a call that is transferred to a queue waits there, and comes to its agent under the same ConnID', async () => {
    const { phones, server, link, told, last, heard } = await startSwitch({ dns: [...agents, queue] });
    await phones.call(server.sip, '0412', '3556');
    await heard('3556 Established');
    const { ConnID } = last('EventEstablished').attributes;
    const transferred = link.request('RequestSingleStepTransfer', { ThisDN: '3556', ConnID: ConnID!, OtherDN: '8000' });
    await heard('8000 Queued');
    await link.request('RequestAgentLogin', { ThisDN: '3558', AgentID: 'jones', ThisQueue: '8000' });
    await link.request('RequestAgentReady', { ThisDN: '3558' });
    await transferred;
    await heard('3558 Established');
    expect(told().filter((line) => !line.includes('Agent'))).toEqual([
      '3556 Ringing',
      '3556 Established',
      '3556 Released',
      '8000 Queued',
      '8000 Diverted',
      '3558 Ringing',
      '3558 Established',
    ]);
    expect(last('EventEstablished').attributes).toMatchObject({ ConnID, ThisQueue: '8000', ThirdPartyDN: '3556' });
  });

  it('R-RUL-5: a strategy routes a call, and says that it is recorded, or that it is not', async () => {
    let extensions: [string, string][] = [];
    const react: Configured['react'] = ({ message, attributes }, link) => {
      if (message !== 'EventRouteRequest') return;
      const { ConnID } = attributes;
      void link.request('RequestRouteCall', {
        ThisDN: '9000',
        ConnID: ConnID!,
        OtherDN: '3557',
        Extensions: extensions,
      });
    };
    const { media, phones, server, link, told, last, heard } = await startSwitch({
      dns: [...agents, routePoint()],
      react,
    });
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
    const { phones, server, link, heard } = await startSwitch({
      dns: [extension('3556'), routePoint({ 'default-dn': '3556' }), { ...routePoint(), number: '9001' }],
    });
    link.unwatch(['9000', '9001']);
    await until('nobody to listen', () => !server.telephony.clients.some(({ dns }) => dns.has('9001')));
    await phones.call(server.sip, '0412', '9000');
    await heard('3556 Established');
    await expect(phones.call(server.sip, '0412', '9001')).rejects.toMatchObject({ status: 480 });
  });

  it('R-LAB-1: what cannot be routed is refused with the code that says why', async () => {
    const { phones, server, link, last, heard } = await startSwitch({ dns: [...agents, routePoint()] });
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
    const { media, phones, server, link, told, last, heard } = await startSwitch({ dns: agents });
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
    // Who is consulted hangs up: that ends the consult call alone.
    await link.request('RequestInitiateConference', { ...asked, OtherDN: '3557' });
    await phones.dialogOf('3557').destroy();
    await until('the agent back once more', () => media.up.sort().join() === '0412,3556');
    await until('it to be told', () => told().filter((line) => line === '3556 Retrieved').length === 3);
    await link.request('RequestClearCall', { ThisDN: '3556', ConnID: ConnID! });
    await until('nothing left', () => server.calls.size === 0 && media.up.length === 0);
  });

  it('R-CTI-4: a phone that transfers by REFER is told what comes of it, and is back when nobody takes the call', async () => {
    const { media, phones, server, told, heard } = await startSwitch({ dns: agents });
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

  it('R-LAB-1: a user event reaches who registered its DN', async () => {
    const { server, link, told, last } = await startSwitch({ dns: agents });
    await link.request('RequestDistributeUserEvent', { ThisDN: '3556', UserData: listOf({ screen: 'start' }) });
    link.unwatch(['3557']);
    await until('3557 not to be watched', () => !server.telephony.clients.some(({ dns }) => dns.has('3557')));
    await link.request('RequestDistributeUserEvent', { ThisDN: '3557', UserData: listOf({ screen: 'start' }) });
    await link.request('RequestDistributeUserEvent', { ThisDN: '3558', UserData: listOf({ screen: 'stop' }) });
    expect(told()).toEqual(['3556 UserEvent', '3558 UserEvent']);
    expect(last('EventUserEvent').attributes.UserData).toEqual([['screen', 'stop']]);
  });

  it('R-LAB-1: agents log in, are ready, not ready, at after-call work, and log out', async () => {
    const { link, events } = await startSwitch({ dns: agents });
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
