// What a core watches: tenants, their switches with servers and DNs, from the configuration file and from the configuration server.
// Pure.

import type { Config } from '#src/config';
import type { Discovery } from '#src/directory';
import { type Endpoint, endpointOfText } from '#src/wire';

/** One switch of a tenant. `dbid` as the configuration server numbers it; absent where a file names it. */
export interface SwitchSite {
  readonly name: string;
  readonly dbid?: number;
  /** Primary first, then backup. */
  readonly servers: readonly Endpoint[];
  readonly dns: readonly string[];
}

export interface TenantSite {
  readonly name: string;
  readonly dbid?: number;
  /** How telephony servers know us. */
  readonly client: { readonly name: string; readonly password?: string };
  readonly switches: readonly SwitchSite[];
}

/** What the configuration file says. */
export function sitesOfConfig({ core }: Pick<Config, 'core'>): TenantSite[] {
  return core.tenants.map(({ name, clientIdentification, password, switches }) => ({
    name,
    client: { name: clientIdentification, ...(password !== undefined && { password }) },
    switches: switches.map((one) => ({ name: one.name, servers: one.servers.map(endpointOfText), dns: one.dns })),
  }));
}

/** What the configuration server knows; a tenant that the file names, too, is known by the name and password of the file. */
export function sitesOfDiscovery({ monitored }: Discovery, { core }: Pick<Config, 'core'>): TenantSite[] {
  const sites = new Map<string, TenantSite & { readonly switches: SwitchSite[] }>();
  const byFile = new Map(sitesOfConfig({ core }).map((site) => [site.name, site.client]));
  for (const { tenant, switch: one, servers, dns } of monitored) {
    const client = byFile.get(tenant.name) ?? { name: core.clientIdentification };
    const site = sites.get(tenant.name) ?? { name: tenant.name, dbid: tenant.DBID, client, switches: [] };
    site.switches.push({ name: one.name, dbid: one.DBID, servers, dns: dns.map(({ number }) => number) });
    sites.set(tenant.name, site);
  }
  return [...sites.values()];
}

/** Both together: what the file says of a switch stands, what the configuration server knows besides is added. */
export function joined(byFile: readonly TenantSite[], discovered: readonly TenantSite[]): TenantSite[] {
  const sites = new Map(byFile.map((site) => [site.name, site]));
  for (const found of discovered) {
    const known = sites.get(found.name);
    const dbids = new Map(found.switches.map(({ name, dbid }) => [name, dbid]));
    const named = (known?.switches ?? []).map((one) => ({ ...one, ...dbidOf(dbids.get(one.name)) }));
    const further = found.switches.filter(({ name }) => !named.some((one) => one.name === name));
    const switches = [...named, ...further];
    sites.set(found.name, { ...found, ...known, ...dbidOf(found.dbid), switches });
  }
  return [...sites.values()];
}

function dbidOf(dbid: number | undefined) {
  return dbid === undefined ? {} : { dbid };
}
