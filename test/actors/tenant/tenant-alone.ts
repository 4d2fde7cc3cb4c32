// A tenant of a core with one switch, on virtual time: what it is told, and what it asks for.

import { type SimulatedSystem, simulateActorSystem } from '#actors/kit';
import { type TenantMessage, type TenantReport, type TenantSettings, tenant } from '#actors/tenant';
import { tree } from '#actors/tree';
import { parseConfig } from '#src/config';
import { type Attributes, callTypes, type EventName } from '#src/cti';
import { DnRanges } from '#src/dn';
import { recordingIdOf } from '#src/ids';
import { metadataSchema } from '#src/metadata';
import type { SessionNews } from '#src/recording';
import { RuleBook, rulesOfDns } from '#src/rules';
import { WorldOfTenant } from './telephony.ts';

export const callUuid = '00RV9H7S6O8V3BSHAG7GK2LAES00002M';
export const connId = '0071022ec8ac8056';
export const recordingId = recordingIdOf({ tenant: 'acme', callUuid, dn: '3556', partyUuid: 'P1' }, 'sw');

const { notification } = parseConfig('', 'defaults').core.tenantDefaults;
const settings: TenantSettings = {
  metadata: metadataSchema.parse({}),
  afterCallWorkMsMax: 60_000,
  asking: {},
  notification: { ...notification, audio: false, video: false },
  name: 'acme',
  ...{ mediaMsMax: 10_000, lingerMs: 5_000 },
  packetsMin: 40,
  ...{ enquireMs: 10_000, graceMs: 10_000 },
  orphans: 'all',
  ...{ rules: new RuleBook(rulesOfDns(['3556', '3557'])), ranges: new DnRanges() },
  ...{ keepMs: 60_000, twinWaitMs: 300, restartsLost: true, lostLingerMs: 900_000 },
};

/** Attributes of an event that is about no call. */
export const nobody = { ConnID: undefined, CallUUID: undefined, PartyUUID: undefined };

export async function setUp(options: { settings?: Partial<TenantSettings>; world?: WorldOfTenant } = {}) {
  const { world = new WorldOfTenant() } = options;
  const system: SimulatedSystem = simulateActorSystem({ seed: 1, tree });
  const address = system.spawn(tenant, 'acme', {
    settings: () => ({ ...settings, ...options.settings }),
    ports: world.ports,
    switches: () => [{ name: 'sw', dns: ['3556', '3557', '4000'] }],
  });
  await system.advance(0);
  const tell = async (message: TenantMessage) => {
    system.send(address, message);
    await system.advance(0);
  };
  return {
    world,
    system,
    tell,
    async event(message: EventName, attributes: Attributes = {}) {
      world.switch.tell(message, {
        ThisDN: '3556',
        ConnID: connId,
        CallUUID: callUuid,
        PartyUUID: 'P1',
        CallType: callTypes.inbound,
        OtherDN: '0412',
        ...attributes,
      });
      await system.advance(0);
    },
    news: (news: Partial<SessionNews>, home: 'sure' | 'guessed' | 'no' = 'sure') =>
      tell({ type: 'news', news: session(news), home }),
    async report(): Promise<TenantReport> {
      const asked = system.ask<TenantMessage, TenantReport>(address, (reply) => ({ type: 'report', reply }), 100);
      await system.advance(1);
      return asked;
    },
    async command(recording: string, command: 'pause' | 'keep' = 'pause') {
      const asked = system.ask<TenantMessage, readonly string[]>(
        address,
        (reply) => ({ type: 'command', command, recording, by: 'agent', reply }),
        100,
      );
      await system.advance(1);
      return asked;
    },
  };
}

function session(more: Partial<SessionNews>): SessionNews {
  return {
    take: 't1',
    recordingId,
    tenant: 'acme',
    node: 'n1',
    form: 'msr',
    phase: 'recording',
    startedMs: 1,
    paused: false,
    pauses: [],
    dialogs: [],
    streams: [],
    ...more,
  };
}
