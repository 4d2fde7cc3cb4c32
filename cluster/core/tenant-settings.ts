// From the configuration to what an actor of a tenant is told. Pure.

import type { TenantSettings } from '#actors/tenant';
import { type Config, tenantConfigOf } from '#src/config';
import { DnRanges } from '#src/dn';

/** What is set for a tenant; what the rules say of it comes from elsewhere. */
export function tenantSettingsOf(
  config: Config,
  tenant: string,
): Omit<TenantSettings, 'name' | 'configured' | 'rules'> {
  const {
    mediaMsMax,
    lingerMs,
    lostLingerMs,
    graceMs,
    enquireMs,
    orphans,
    afterCallWorkMsMax,
    keepMs,
    twinWaitMs,
    detectRecorderPing,
  } = config.core;
  const {
    includeDns,
    excludeDns,
    userData,
    otherUserData,
    attributes,
    agentName,
    geoLocation,
    dest,
    dest2,
    notification,
  } = tenantConfigOf(config, tenant);
  return {
    mediaMsMax,
    lingerMs,
    lostLingerMs,
    graceMs,
    enquireMs,
    orphans,
    afterCallWorkMsMax,
    keepMs,
    twinWaitMs,
    // With two recorders of each call one is enough (guide ch. 4 and 10).
    restartsLost: detectRecorderPing === 'on' || (detectRecorderPing === 'unless-duplicated' && dest2 === ''),
    ranges: new DnRanges({ include: includeDns, exclude: excludeDns }),
    packetsMin: config.recorder.packetsMin,
    metadata: { userData, otherUserData, attributes, agentName },
    notification,
    asking: {
      ...(geoLocation !== 'do-not-send' && { record: geoLocation }),
      ...(dest !== '' && { dest }),
      ...(dest2 !== '' && { dest2 }),
    },
  };
}
