// What a core watches: tenants, their switches with servers and DNs, from the configuration file and from the configuration server.
// Pure.

import { type Config, tenantConfigOf } from '#src/config';
import type { Discovery, DiscoveryRules } from '#src/directory';
import { type DnRangeSettings, DnRanges } from '#src/dn';
import { type Endpoint, endpointOfText } from '#src/wire';

/** One switch of a tenant. `dbid` as the configuration server numbers it; absent where a file names it. */
export interface SwitchSite {
  readonly name: string;
  readonly dbid?: number;
  /** Primary first, then backup. */
  readonly servers: readonly Endpoint[];
  /** Those that are watched. */
  readonly dns: readonly string[];
  /** DNs that the tenant's ranges leave out. */
  readonly leftOut: number;
}

export interface TenantSite {
  readonly name: string;
  readonly dbid?: number;
  /** How telephony servers know us. */
  readonly client: { readonly name: string; readonly password?: string };
  readonly switches: readonly SwitchSite[];
}

/** What the configuration file says. */
export function sitesOfConfig(config: Pick<Config, 'core'>): TenantSite[] {
  return config.core.tenants.map(({ name, switches }) => {
    const ranges = new DnRanges(rangesOf(config, name));
    return {
      name,
      client: clientOf(config, name),
      switches: switches.map((one) => {
        const dns = one.dns.filter((dn) => ranges.has(dn));
        const servers = one.servers.map(endpointOfText);
        return { name: one.name, servers, dns, leftOut: one.dns.length - dns.length };
      }),
    };
  });
}

/** How the configuration server is to be read. */
export function discoveryRulesOf(config: Pick<Config, 'core' | 'directory'>): DiscoveryRules {
  const { onlyTenants, acdPositions } = config.directory;
  const compiled = new Map<string, DnRanges>();
  const rangesAt = (tenant: string) => {
    const known = compiled.get(tenant) ?? new DnRanges(rangesOf(config, tenant));
    compiled.set(tenant, known);
    return known;
  };
  return {
    acdPositions,
    isInRange: (tenant, number) => rangesAt(tenant.name).has(number),
    ...(onlyTenants.length > 0 && { onlyTenants }),
  };
}

/** What the configuration server knows; what is set for a tenant of that name holds for it, too. */
export function sitesOfDiscovery({ monitored, unmonitoredDns }: Discovery, config: Pick<Config, 'core'>): TenantSite[] {
  const sites = new Map<string, TenantSite & { readonly switches: SwitchSite[] }>();
  const leftOut = new Map<number, number>();
  for (const { dn, why } of unmonitoredDns) {
    if (why === 'dn-out-of-range') leftOut.set(dn.switchDBID, (leftOut.get(dn.switchDBID) ?? 0) + 1);
  }
  for (const { tenant, switch: one, servers, dns } of monitored) {
    const client = clientOf(config, tenant.name);
    const site = sites.get(tenant.name) ?? { name: tenant.name, dbid: tenant.DBID, client, switches: [] };
    const numbers = dns.map(({ number }) => number);
    site.switches.push({ name: one.name, dbid: one.DBID, servers, dns: numbers, leftOut: leftOut.get(one.DBID) ?? 0 });
    sites.set(tenant.name, site);
  }
  return [...sites.values()];
}

/** Tenants that reuse default ranges which leave some of their DNs out: most likely somebody forgot them (guide ch. 4). */
export function leftOutByDefaults(sites: readonly TenantSite[], config: Pick<Config, 'core'>) {
  return sites.flatMap(({ name, switches }) => {
    const dns = switches.reduce((sum, { leftOut }) => sum + leftOut, 0);
    return dns > 0 && areReused(config, name) ? [{ tenant: name, dns }] : [];
  });
}

function areReused({ core }: Pick<Config, 'core'>, tenant: string): boolean {
  const { includeDns, excludeDns } = tenantConfigOf({ core }, tenant);
  const { tenantDefaults: defaults } = core;
  return String([includeDns, excludeDns]) === String([defaults.includeDns, defaults.excludeDns]);
}

function rangesOf(config: Pick<Config, 'core'>, tenant: string): DnRangeSettings {
  const { includeDns: include, excludeDns: exclude } = tenantConfigOf(config, tenant);
  return { include, exclude };
}

function clientOf(config: Pick<Config, 'core'>, tenant: string): TenantSite['client'] {
  const { clientIdentification: name, password } = tenantConfigOf(config, tenant);
  return { name, ...(password !== undefined && { password }) };
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
