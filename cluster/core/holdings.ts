// Of all that is watched, what is this core's to watch. Pure.

import { dnsOf } from '#actors/call';
import type { TenantMessage } from '#actors/tenant';
import type { ShareOptions } from '#cluster/shards';
import type { Config } from '#src/config';
import { DnRanges } from '#src/dn';
import type { SessionNews } from '#src/recording';
import type { Site } from '#src/shards';
import type { Home } from './homes.ts';
import type { TenantSite } from './sites.ts';

/** Who shares DNs out among cores; undefined where there is only one. */
export type Holder =
  | {
      isWatched(tenant: string, switchName: string, dn: string): boolean;
      isElsewhere(tenant: string, dn: string): boolean;
    }
  | undefined;

/** How DNs are shared out, as the configuration says it. */
export function shareSettingsOf({ shards, redis, node }: Config) {
  const ranges = shards.ranges.map(({ dns, ...range }) => ({ ...range, dns: new DnRanges({ include: dns }) }));
  return { ...shards, ranges, node, beatMs: redis.beatMs } satisfies Partial<ShareOptions>;
}

/** What is to be shared out. */
export function sharedSites(sites: readonly TenantSite[]): Site[] {
  return sites.flatMap(({ name: tenant, switches }) =>
    switches.map(({ name, dns }) => ({ tenant, switch: name, dns })),
  );
}

/** Every switch, with those of its DNs that are for this core to watch. */
export function heldSites(sites: readonly TenantSite[], holder: Holder): readonly TenantSite[] {
  if (!holder) return sites;
  return sites.map((site) => ({
    ...site,
    switches: site.switches.map((one) => ({
      ...one,
      dns: one.dns.filter((dn) => holder.isWatched(site.name, one.name, dn)),
    })),
  }));
}

/** What a tenant hears of a session, if any call of its knows it; `again`: it was told before. */
export function newsFor(
  tenant: string,
  { news, home, again }: { readonly news: SessionNews; readonly home: Home; readonly again: boolean },
  holder: Holder,
): Extract<TenantMessage, { type: 'news' }> {
  const { recordDn } = news;
  const isElsewhere = recordDn !== undefined && holder?.isElsewhere(tenant, recordDn) === true;
  return {
    type: 'news',
    news,
    home: tenant !== home.tenant ? 'no' : again ? 'again' : homeHere(home, news, holder),
    isElsewhere,
  };
}

/** A session of a DN that others watch is for them to show; here it comes only to a call that knows it. */
function homeHere({ tenant, is }: Home, news: SessionNews, holder: Holder): Home['is'] | 'no' {
  const isElsewhere = tenant !== undefined && dnsOf(news).some((dn) => holder?.isElsewhere(tenant, dn));
  return isElsewhere ? 'no' : is;
}
