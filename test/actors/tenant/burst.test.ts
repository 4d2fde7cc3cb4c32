import { describe, expect, it } from 'vitest';
import { type ActorView, simulateActorSystem } from '#actors/kit';
import { type TenantMessage, type TenantReport, tenant } from '#actors/tenant';
import { tree } from '#actors/tree';
import { parseConfig } from '#src/config';
import { DnRanges } from '#src/dn';
import { metadataSchema } from '#src/metadata';
import { RuleBook, rulesOfDns } from '#src/rules';
import { WorldOfTenant } from './telephony.ts';

const calls = 60;
/** Of each call; of all together several times what a mailbox takes. */
const events = ['EventRinging', 'EventEstablished', ...Array(24).fill('EventAttachedDataChanged')] as const;

describe('a burst of events', () => {
  it('R-CTI-1: far beyond what a mailbox takes waits in the link, and every call of it is recorded', async () => {
    const world = new WorldOfTenant();
    const system = simulateActorSystem({ seed: 1, tree });
    const { core } = parseConfig('', 'defaults');
    const settings = {
      ...core.tenantDefaults,
      ...{ name: 'acme', asking: {}, metadata: metadataSchema.parse({}), afterCallWorkMsMax: 60_000 },
      ...{
        mediaMsMax: 10_000,
        lingerMs: 5_000,
        enquireMs: 10_000,
        graceMs: 10_000,
        keepMs: 60_000,
        twinWaitMs: 300,
        restartsLost: true,
        lostLingerMs: 900_000,
        packetsMin: 40,
      },
      ...{ orphans: 'all' as const, rules: new RuleBook(rulesOfDns(['3556'])), ranges: new DnRanges() },
    };
    const switches = [{ name: 'sw', dns: ['3556'] }];
    const args = { settings: () => settings, ports: world.ports, switches: () => switches };
    const address = system.spawn(tenant, 'acme', args);
    await system.advance(0);

    for (const message of events)
      for (let call = 0; call < calls; call += 1)
        world.switch.tell(message, { ThisDN: '3556', ConnID: connIdOf(call), CallUUID: `call-${call}` });
    expect(world.switch.isPaused).toBe(true);
    await system.advance(100);

    expect(world.switch.isPaused).toBe(false);
    expect(new Set(world.switch.asked.map(({ attributes }) => attributes.ConnID)).size).toBe(calls);
    expect(refusedBy(system.inspect().roots)).toBe(0);
    const asked = system.ask<TenantMessage, TenantReport>(address, (reply) => ({ type: 'report', reply }), 100);
    await system.advance(1);
    expect(await asked).toMatchObject({ calls });
  });
});

function connIdOf(call: number): string {
  return `0071${call.toString(16).padStart(12, '0')}`;
}

/** Messages for which a mailbox had no room. */
function refusedBy(actors: readonly ActorView[]): number {
  return actors.reduce((sum, { refused, children }) => sum + refused + refusedBy(children), 0);
}
