import { describe, expect, it } from 'vitest';
import { type Attributes, agentStatuses, type EventName, eventOf, partyStates, workModes } from '#src/cti';
import { TwinreelError } from '#src/errors';
import { metadataSchema } from '#src/metadata';
import type { SessionNews } from '#src/recording';
import { WorldOfTenant } from './telephony.ts';
import { callUuid, connId, nobody, recordingId, setUp } from './tenant-alone.ts';

const dialog = (dn: string): SessionNews['dialogs'][number] => ({
  dialog: dn,
  callId: dn,
  fromTag: 't',
  phase: 'answered',
  dn,
  source: 's',
  invitedMs: 1,
  metadata: {},
});

describe('the tenant of a core', () => {
  it('R-CTI-1: watches its DNs, and asks for the recording of an established one by 3013 with its id', async () => {
    const { world, event, system } = await setUp();
    expect([...world.switch.watched]).toEqual(['3556', '3557', '4000']);
    await event('EventRinging');
    expect(world.switch.asked).toEqual([]);
    await event('EventEstablished');
    expect(world.switch.asked).toEqual([
      {
        message: 'RequestPrivateService',
        attributes: {
          PrivateMsgID: 3013,
          ThisDN: '3556',
          ConnID: connId,
          Extensions: [['id', recordingId]],
        },
      },
    ]);
    await system.advance(1);
    expect(world.couple).toMatchObject({ dn: '3556', switch: 'sw', request: { phase: 'accepted' } });
  });

  it('R-CFG-4: geo-location, dest and dest2 go with a request only where they are set, and stand on the couple', async () => {
    const asking = { record: 'destination', dest2: 'sip:lrg-2' } as const;
    const { world, event } = await setUp({ settings: { asking } });
    await event('EventEstablished');
    expect(world.switch.asked[0]!.attributes.Extensions).toEqual([
      ['record', 'destination'],
      ['id', recordingId],
      ['dest2', 'sip:lrg-2'],
    ]);
    expect(world.couple.request).toMatchObject(asking);
  });

  it('R-DN-2: what happens at a DN that is not watched is nothing here', async () => {
    const { world, event, report } = await setUp();
    await event('EventEstablished', { ThisDN: '3599' });
    expect(await report()).toEqual({ calls: 0, dns: 3, waiting: 0 });
    expect(world.couples.size).toBe(0);
  });

  it('R-MD-1: the agent who is logged in at a DN is on its couples', async () => {
    const { world, event } = await setUp();
    world.switch.tell('EventAgentLogin', { ThisDN: '3556', AgentID: '7001' });
    await event('EventEstablished');
    world.switch.tell('EventAgentLogin', { ThisDN: '3557', AgentID: '7002' });
    await event('EventEstablished', { ThisDN: '3557', PartyUUID: 'P2' });
    expect([...world.couples.values()].map(({ agentId }) => agentId)).toEqual(['7001', '7002']);
  });

  it('R-MD-1: what its events, their extensions and the configuration server say is on a couple', async () => {
    const metadata = metadataSchema.parse({ attributes: ['Place'], userData: [{ key: 'Lang', name: 'Language' }] });
    const world = new WorldOfTenant();
    world.agents.set('sw/7001', { name: 'John Smith', configured: { EmployeeID: 'E1' } });
    const { event } = await setUp({ world, settings: { metadata, configured: { TENANT: '101' } } });
    await event('EventRinging', { CallID: 17, NetworkCallID: 18, NodeID: 0, Place: 'desk', Location: 'unasked' });
    await event('EventEstablished', { AgentID: '7001', Extensions: [['geo', 'Brno']], UserData: [['Lang', 'cs']] });
    expect(world.couple).toMatchObject({ name: 'John Smith', displayNames: { GEN_USR_Lang: 'Language' } });
    expect(world.couple.externalData).toEqual({
      GEN_TEV_CallUuid: callUuid,
      GEN_TEV_ConnID: connId,
      GEN_TEV_CallType: 'Inbound',
      GEN_TEV_ThisDN: '3556',
      GEN_TEV_OtherDN: '0412',
      GEN_TEV_AgentID: '7001',
      GEN_TEV_CallID: '17',
      GEN_TEV_NetworkCallID: '18',
      GEN_TEV_NodeID: '0',
      GEN_TEV_Place: 'desk',
      GEN_CFG_TENANT: '101',
      GEN_CFG_EmployeeID: 'E1',
      GEN_USR_Lang: 'cs',
      GEN_EXT_geo: 'Brno',
    });
  });

  it.each<[string, EventName, Attributes]>([
    ['ready', 'EventAgentReady', {}],
    ['not ready for another reason', 'EventAgentNotReady', { AgentWorkMode: workModes.auxWork }],
    ['logout', 'EventAgentLogout', {}],
    ['a new call', 'EventRinging', { ConnID: '0071022ec8ac8057', CallUUID: 'another', PartyUUID: 'P2' }],
  ])('R-MD-2: after-call work is marked on the couple, and ended by %s', async (_, message, attributes) => {
    const { world, event, system, report } = await setUp();
    await event('EventEstablished');
    await event('EventReleased');
    await system.advance(1_000);
    await event('EventAgentNotReady', { AgentWorkMode: workModes.afterCallWork, ...nobody });
    const began = system.clock.nowMs();
    expect(world.couple.afterCallWork).toEqual({ fromMs: began });
    await system.advance(20_000, 1_000);
    await event(message, { ...nobody, ...attributes });
    expect(world.couple.afterCallWork).toEqual({ fromMs: began, toMs: began + 20_000 });
    expect(await report()).toMatchObject({ calls: message === 'EventRinging' ? 2 : 1 });
  });

  it('R-MD-2: after-call work that nobody ends is over in the end, and the call forgotten', async () => {
    const { world, event, system, report } = await setUp();
    await event('EventEstablished');
    await event('EventAgentAfterCallWork', nobody);
    await event('EventReleased');
    const { endedMs } = world.couple;
    await system.advance(70_000, 1_000);
    expect(world.couple.afterCallWork).toEqual({ fromMs: endedMs, toMs: endedMs! + 60_000 });
    expect(await report()).toMatchObject({ calls: 0 });
  });

  it('R-CTI-3: after a reconnect the server is believed: who talks is recorded, who is logged in is known', async () => {
    const { world, system } = await setUp();
    await system.advance(0);
    const call = { ConnID: connId, CallUUID: callUuid, PartyUUID: 'P1', OtherDN: '0412', ThisDN: '3556' };
    const agent = { status: agentStatuses.ready, agentId: '7001' };
    world.switch.listener.dnState({
      phase: 'known',
      dn: '3556',
      agent,
      parties: [{ partyState: partyStates.connected, call: eventOf('EventPartyInfo', call).attributes }],
    });
    await system.advance(1);
    expect(world.switch.asked).toHaveLength(1);
    expect(world.couple).toMatchObject({ dn: '3556', agentId: '7001', recordingId });
  });

  it('R-CTI-3: who left while the link was away has left, as soon as the server says where the DN is', async () => {
    const { world, event, system } = await setUp();
    await event('EventEstablished');
    await event('EventEstablished', { ThisDN: '3557', PartyUUID: 'P2' });
    const { listener } = world.switch;
    const describe = (dn: string, parties: { readonly PartyUUID: string }[]) =>
      listener.dnState({
        phase: 'known',
        dn,
        agent: { status: agentStatuses.loggedOut },
        parties: parties.map((call) => ({
          partyState: partyStates.connected,
          call: eventOf('EventPartyInfo', { ConnID: connId, CallUUID: callUuid, ThisDN: dn, ...call }).attributes,
        })),
      });
    describe('3556', []);
    await system.advance(0);
    expect(world.couple.phase).toBe('talking'); // it was told by an event of this very link
    listener.link({ phase: 'down', standing: { phase: 'closed' } });
    describe('3556', []);
    describe('3557', [{ PartyUUID: 'P2' }]);
    await system.advance(0);
    expect([...world.couples.values()].map(({ dn, phase }) => [dn, phase])).toEqual([
      ['3556', 'ended'],
      ['3557', 'talking'],
    ]);
  });

  it('R-CTI-3, R-SUP-1: a core that comes back hears that a call has ended without it', async () => {
    const before = await setUp();
    await before.event('EventEstablished');
    const { world } = before;
    const after = await setUp({ world });
    const agent = { status: agentStatuses.loggedOut };
    world.switch.listener.dnState({ phase: 'known', dn: '3556', agent, parties: [] });
    await after.system.advance(0);
    expect(world.couple.phase).toBe('ended');
  });

  it.each<[string, Partial<SessionNews>]>([
    ['the id that was asked for', {}],
    ['the CallUUID', { recordingId: 'theirs', callUuid, dialogs: [dialog('0412')] }],
    ['the DN that asked', { recordingId: 'theirs', recordDn: '3556', dialogs: [dialog('0412')] }],
    ['the DN whose audio it is', { recordingId: 'theirs', dialogs: [dialog('3556')] }],
  ])('R-REC-7: a session finds its call by %s', async (_, told) => {
    const { world, event, news } = await setUp();
    await event('EventEstablished');
    await news(told);
    expect(world.couples.size).toBe(1);
    expect(world.couple.takes).toMatchObject([{ take: 't1', phase: 'running' }]);
  });

  it('R-REC-7: a session that comes before its events waits for them', async () => {
    const { world, event, news, report, system } = await setUp();
    await news({ callUuid, recordDn: '3556', dialogs: [dialog('3556')] });
    expect(await report()).toMatchObject({ calls: 0, waiting: 1 });
    await system.advance(9_000, 100);
    await event('EventRinging');
    expect(world.couple).toMatchObject({ dn: '3556', takes: [{ take: 't1' }] });
    expect(await report()).toMatchObject({ calls: 1, waiting: 0 });
    await event('EventEstablished');
    expect(world.switch.asked).toEqual([]);
    expect(world.couples.size).toBe(1);
  });

  it('R-REC-7: a session of which no event tells is a couple when the time of grace is over', async () => {
    const { world, news, system } = await setUp();
    await news({ dialogs: [dialog('9999')], recordingId: 'alone' });
    await system.advance(9_999, 100);
    expect(world.couples.size).toBe(0);
    await system.advance(100);
    expect(world.couple).toMatchObject({ dn: '9999', recordingId: 'alone', request: { by: 'other' } });
  });

  it('R-REC-7: a core that keeps its own only leaves what names none of its DNs to others', async () => {
    const { world, news, system } = await setUp({ settings: { orphans: 'own' } });
    await news({ take: 't1', dialogs: [dialog('9999')], recordingId: 'alone' });
    await news({ take: 't2', dialogs: [dialog('4000')], recordingId: 'own' });
    await system.advance(11_000, 100);
    expect([...world.couples.values()].map((couple) => couple.recordingId)).toEqual(['own']);
  });

  it('R-CFG-4, R-HA-2: a session of another tenant never finds a call by its DN', async () => {
    const { world, event, news, report } = await setUp();
    await event('EventEstablished');
    await news({ recordingId: 'other', tenant: 'other', dialogs: [dialog('3556')] }, 'no');
    expect(world.couple.takes).toEqual([]);
    expect(await report()).toMatchObject({ waiting: 0 });
    await news({ recordingId: 'other', tenant: 'unknown', dialogs: [dialog('3556')] }, 'guessed');
    expect(world.couple.takes).toEqual([]);
    expect(await report()).toMatchObject({ waiting: 1 });
  });

  it('R-CTI-1: a refusal of the server is on the couple, with its code', async () => {
    const { world, event, system } = await setUp();
    await system.advance(0);
    world.switch.refusal = new TwinreelError('link-refused', '56 invalid ConnID');
    await event('EventEstablished');
    await system.advance(1);
    expect(world.couple).toMatchObject({
      problem: 'NO_STREAMS',
      request: { phase: 'refused', why: 'link-refused: 56 invalid ConnID' },
    });
  });

  it('R-REC-6: a command finds its couple by sid or recording id, and says when there is none', async () => {
    const { world, event, news, command } = await setUp();
    await event('EventEstablished');
    await news({ recordingId: 'theirs', recordDn: '3556' });
    const { sid } = world.couple;
    expect(await command('theirs')).toEqual([sid]);
    expect(await command(sid)).toEqual([sid]);
    expect(await command('unknown')).toEqual([]);
    expect(world.ordered).toEqual(['pause theirs by agent', 'pause theirs by agent']);
    expect(world.switch.asked.map(({ attributes }) => attributes.PrivateMsgID)).toEqual([3013, 3015, 3015]);
  });

  it('R-REC-7: takes of a recorder that is lost are lost for their couples', async () => {
    const { world, event, news, tell } = await setUp();
    await event('EventEstablished');
    await news({});
    await tell({ type: 'takes-lost', takes: ['t1', 'of-nobody'] });
    expect(world.couple.takes).toMatchObject([{ phase: 'lost' }]);
  });

  it('R-CFG-1: DNs that come are watched, DNs that go are left, a switch that goes is let go of', async () => {
    const { world, tell, report } = await setUp();
    await tell({ type: 'directory', switches: [{ name: 'sw', dns: ['3557', '3558'] }] });
    expect([...world.switch.watched]).toEqual(['3557', '3558']);
    expect(await report()).toMatchObject({ dns: 2 });
    await tell({ type: 'directory', switches: [] });
    expect(world.switch.isClosed).toBe(true);
    expect(await report()).toMatchObject({ dns: 0 });
  });

  it('R-SUP-1: a call that is over is forgotten, here and in the journal', async () => {
    const { world, event, news, system, report } = await setUp();
    await event('EventEstablished');
    await news({});
    await event('EventReleased');
    await news({ phase: 'finished', endedMs: 5 });
    await system.advance(5_001, 100);
    expect(await report()).toMatchObject({ calls: 0 });
    expect(world.written.size).toBe(0);
  });

  it('R-SUP-1: a core that comes back knows its calls, and asks again for what may not have been asked', async () => {
    const before = await setUp();
    await before.event('EventRinging');
    await before.event('EventEstablished');
    const { world } = before;
    // Killed before the answer was written down.
    const [call] = [...world.written.values()];
    call!.facts.splice(
      call!.facts.findIndex(({ type }) => type === 'accepted'),
      1,
    );
    const after = await setUp({ world });
    await after.system.advance(1);
    expect(await after.report()).toMatchObject({ calls: 1 });
    expect(world.switches).toHaveLength(2);
    expect(world.switch.asked).toMatchObject([{ attributes: { PrivateMsgID: 3013, ThisDN: '3556' } }]);
    await after.news({});
    expect(world.couple).toMatchObject({ request: { phase: 'accepted' }, takes: [{ take: 't1' }] });
  });
});
