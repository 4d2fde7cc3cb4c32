import { describe, expect, it } from 'vitest';
import { simulateActorSystem } from '#actors/kit';
import { type TenantMessage, tenant } from '#actors/tenant';
import { tree } from '#actors/tree';
import { parseConfig } from '#src/config';
import type { Attributes, EventName } from '#src/cti';
import { DnRanges } from '#src/dn';
import { metadataSchema } from '#src/metadata';
import { RuleBook, rulesOfDns } from '#src/rules';
import { WorldOfTenant } from './telephony.ts';

/** A tenant that watches two DNs, at one of which a call stands. */
async function setUp() {
  const world = new WorldOfTenant();
  const system = simulateActorSystem({ seed: 1, tree });
  const settings = {
    ...parseConfig('', 'defaults').core.tenantDefaults,
    ...{ name: 'acme', asking: {}, metadata: metadataSchema.parse({}), afterCallWorkMsMax: 60_000 },
    ...{ mediaMsMax: 10_000, lingerMs: 5_000, enquireMs: 10_000, graceMs: 10_000, keepMs: 60_000, twinWaitMs: 300 },
    ...{ restartsLost: true, lostLingerMs: 900_000, packetsMin: 40, orphans: 'all' as const },
    ...{ rules: new RuleBook(rulesOfDns(['3556'])), ranges: new DnRanges() },
  };
  const switches = (...dns: string[]) => [{ name: 'sw', dns }];
  const address = system.spawn(tenant, 'acme', {
    settings: () => settings,
    ports: world.ports,
    switches: () => switches('3556', '3557'),
  });
  await system.advance(0);
  const event = async (message: EventName, attributes: Attributes = {}) => {
    world.switch.tell(message, { ThisDN: '3556', ConnID: '1', CallUUID: 'FIRST', PartyUUID: 'P1', ...attributes });
    await system.advance(0);
  };
  await event('EventEstablished');
  return {
    world,
    event,
    async watch(...dns: string[]) {
      const message: TenantMessage = { type: 'directory', switches: switches(...dns) };
      system.send(address, message);
      await system.advance(0);
    },
    pass: () => system.advance(20_000, 100),
    watched: () => [...world.switch.watched].sort(),
  };
}

describe('a DN that is to be watched no more', () => {
  it('R-SHD-2: is left when the call is over that it is in; one that begins meanwhile is not ours', async () => {
    const { world, event, watch, pass, watched } = await setUp();
    await watch('3557');
    expect(watched()).toEqual(['3556', '3557']);
    await event('EventEstablished', { CallUUID: 'LATER', ConnID: '2', PartyUUID: 'P2' });
    expect([...world.couples.values()].map(({ callUuid }) => callUuid)).toEqual(['FIRST']);
    await event('EventReleased');
    await pass();
    expect(watched()).toEqual(['3557']);
  });

  it('R-SHD-2: that is given another call has left its own, and that one is not ours', async () => {
    const { world, event, watch, pass, watched } = await setUp();
    await watch('3557');
    await event('EventPartyChanged', { CallUUID: 'LATER', ConnID: '2', PartyUUID: 'P2', PreviousConnID: '1' });
    await pass();
    expect([...world.couples.values()].map(({ callUuid, phase }) => [callUuid, phase])).toEqual([['FIRST', 'ended']]);
    expect(watched()).toEqual(['3557']);
  });

  it('R-SHD-2: stays when it is to be watched again before that', async () => {
    const { event, watch, pass, watched } = await setUp();
    await watch('3557');
    await watch('3556', '3557');
    await event('EventReleased');
    await pass();
    expect(watched()).toEqual(['3556', '3557']);
  });
});
