// Which tenant a recording session is of, when it carries no id or CallUUID that says so. Two tenants may have the same DNs: then the
// DN alone tells nothing, and no session of one may come to a call of the other. Pure.

import { dnsOf } from '#actors/call';
import type { SessionNews } from '#src/recording';
import type { TenantSite } from './sites.ts';

/** `guessed`: somebody must show the recording, but whose call it is of is not to be concluded from its DN. */
export interface Home {
  readonly tenant: string | undefined;
  readonly is: 'sure' | 'guessed';
}

/** `gvp.rm.tenant-id=1.102_PROFILE` in X-Genesys-GVP-Session-ID: 102 numbers the tenant in the configuration server. */
const tenantOfSession = /gvp\.rm\.tenant-id=[^;_]*?\.?(\d+)_/i;

export class Homes {
  readonly #sites: readonly TenantSite[];
  readonly #byDbid: ReadonlyMap<number | undefined, string>;
  readonly #tenantsOfDn = new Map<string, Set<string>>();

  constructor(sites: readonly TenantSite[]) {
    this.#sites = sites;
    this.#byDbid = new Map(sites.map(({ dbid, name }) => [dbid, name]));
    if (sites.length < 2) return;
    for (const { name, switches } of sites) {
      for (const dn of switches.flatMap(({ dns }) => dns))
        this.#tenantsOfDn.set(dn, (this.#tenantsOfDn.get(dn) ?? new Set()).add(name));
    }
  }

  of(news: SessionNews): Home {
    const [first] = this.#sites;
    if (this.#sites.length < 2) return { tenant: first?.name, is: 'sure' };
    if (this.#sites.some(({ name }) => name === news.tenant)) return { tenant: news.tenant, is: 'sure' };
    const told = news.dialogs
      .map(({ metadata }) => metadata['x-genesys-gvp-session-id'])
      .find((one) => one !== undefined);
    const dbid = told === undefined ? undefined : tenantOfSession.exec(told)?.[1];
    const named = dbid === undefined ? undefined : this.#byDbid.get(Number(dbid));
    if (named !== undefined) return { tenant: named, is: 'sure' };
    const watching = new Set(dnsOf(news).flatMap((dn) => [...(this.#tenantsOfDn.get(dn) ?? [])]));
    if (watching.size === 1) return { tenant: [...watching][0]!, is: 'sure' };
    return { tenant: [...watching][0] ?? first!.name, is: 'guessed' };
  }
}
