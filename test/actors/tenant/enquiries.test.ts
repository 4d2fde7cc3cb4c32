// A tenant of which events were lost: DNs are asked about.

import { describe, expect, it } from 'vitest';
import { simulateActorSystem } from '#actors/kit';
import { type TenantMessage, type TenantReport, tenant } from '#actors/tenant';
import { tree } from '#actors/tree';
import { parseConfig } from '#src/config';
import { agentStatuses, eventOf, partyStates } from '#src/cti';
import { DnRanges } from '#src/dn';
import { metadataSchema } from '#src/metadata';
import type { SessionNews } from '#src/recording';
import { RuleBook, rulesOfDns } from '#src/rules';
import { WorldOfTenant } from './telephony.ts';

const callUuid = '00RV9H7S6O8V3BSHAG7GK2LAES00002M';
const connId = '0071022ec8ac8056';
const { notification } = parseConfig('', 'defaults').core.tenantDefaults;
const settings = {
  ...{ name: 'acme', metadata: metadataSchema.parse({}), asking: {}, packetsMin: 40, orphans: 'all' as const },
  ...{ mediaMsMax: 10_000, lingerMs: 5_000, enquireMs: 10_000, graceMs: 10_000, keepMs: 60_000 },
  ...{ twinWaitMs: 300, restartsLost: true, lostLingerMs: 900_000 },
  ...{ afterCallWorkMsMax: 60_000, notification: { ...notification, audio: false, video: false } },
  rules: new RuleBook(rulesOfDns(['3556'])),
  ranges: new DnRanges({ exclude: ['9000-9999'] }),
};

async function setUp() {
  const world = new WorldOfTenant();
  const lines: unknown[] = [];
  const note = (fields: object) => void lines.push(fields);
  const log = { debug: note, info: note, warn: note, error: note };
  const system = simulateActorSystem({ seed: 1, tree, log });
  const switches = () => [{ name: 'sw', dns: ['3556', '3557'] }];
  const address = system.spawn(tenant, 'acme', { settings: () => settings, ports: world.ports, switches });
  await system.advance(0);
  return {
    world,
    system,
    lines,
    async event(message: 'EventRinging') {
      world.switch.tell(message, { ThisDN: '3556', ConnID: connId, CallUUID: callUuid, PartyUUID: 'P1' });
      await system.advance(0);
    },
    async news(of: Pick<SessionNews, 'callUuid' | 'recordDn'>) {
      const told = {
        take: 't1',
        recordingId: 'r',
        tenant: 'acme',
        node: 'n1',
        form: 'msr',
        phase: 'recording',
      } as const;
      const rest = { startedMs: 1, paused: false, pauses: [], dialogs: [], streams: [] };
      const message: TenantMessage = { type: 'news', news: { ...told, ...rest, ...of }, home: 'sure' };
      system.send(address, message);
      await system.advance(0);
    },
    async report(): Promise<TenantReport> {
      const asked = system.ask<TenantMessage, TenantReport>(address, (reply) => ({ type: 'report', reply }), 100);
      await system.advance(1);
      return asked;
    },
  };
}

describe('a tenant of which events were lost', () => {
  it('R-CTI-3: a DN in doubt is asked about, and what the server says of it settles the doubt', async () => {
    const { world, event, system, report } = await setUp();
    await event('EventRinging');
    await system.advance(10_001, 100);
    expect(world.switch.queried).toEqual(['3556']);
    const agent = { status: agentStatuses.loggedOut };
    world.switch.listener.dnState({ phase: 'known', dn: '3556', agent, parties: [] });
    await system.advance(5_001, 100);
    expect(await report()).toMatchObject({ calls: 0 });
    expect(world.written.size).toBe(0);
  });

  it('R-DN-2: a session at a DN that the ranges leave out is no couple, whoever had it recorded; the log says why', async () => {
    const { world, news, system, lines } = await setUp();
    await news({ callUuid, recordDn: '9001' });
    await system.advance(20_001, 100);
    expect(world.couples.size).toBe(0);
    expect(JSON.stringify(lines)).toContain('DN 9001 is in 9000-9999, which is excluded');
  });

  it('R-REC-7: a session that no event explains has its DN asked about', async () => {
    const { world, news, system } = await setUp();
    await news({ callUuid, recordDn: '3556' });
    await system.advance(20_001, 100);
    expect(world.switch.queried).toEqual(['3556']);
    const call = { ConnID: connId, CallUUID: callUuid, PartyUUID: 'P1', OtherDN: '0412', ThisDN: '3556', ANI: '0412' };
    world.switch.listener.dnState({
      phase: 'known',
      dn: '3556',
      agent: { status: agentStatuses.ready, agentId: '7001' },
      parties: [{ partyState: partyStates.connected, call: eventOf('EventPartyInfo', call).attributes }],
    });
    await system.advance(1);
    expect(world.couples.size).toBe(1);
    expect(world.couple).toMatchObject({ dn: '3556', agentId: '7001', externalData: { GEN_TEV_ANI: '0412' } });
    expect(world.switch.asked).toEqual([]);
  });
});
