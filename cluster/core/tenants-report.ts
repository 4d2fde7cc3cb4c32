// What a core tells of its tenants: what is set for each, what is watched of it, and how the last change of settings ended. Pure.

import { type Config, redacted, type TenantConfig, tenantConfigOf } from '#src/config';
import type { SettingsStanding } from './settings.ts';
import type { TenantSite } from './sites.ts';

export interface TenantStanding {
  readonly name: string;
  readonly dbid?: number;
  /** `own`: the file names it; `defaults`: it has what every tenant has. */
  readonly settings: 'own' | 'defaults';
  readonly switches: readonly { readonly name: string; readonly dns: number; readonly leftOut: number }[];
  /** Secrets are hidden. */
  readonly config: TenantConfig;
}

export interface TenantsReport {
  /** Where the live feed is, if there is one. */
  readonly feed?: string;
  readonly settings: SettingsStanding;
  readonly tenants: readonly TenantStanding[];
}

export function tenantsReport(
  { config, standing }: { readonly config: Config; readonly standing: SettingsStanding },
  sites: readonly TenantSite[],
  feed: string | undefined,
): TenantsReport {
  const named = new Set(config.core.tenants.map(({ name }) => name));
  return {
    ...(feed !== undefined && { feed }),
    settings: standing,
    tenants: sites.map(({ name, dbid, switches }) => ({
      name,
      ...(dbid !== undefined && { dbid }),
      settings: named.has(name) ? 'own' : 'defaults',
      switches: switches.map((one) => ({ name: one.name, dns: one.dns.length, leftOut: one.leftOut })),
      config: redacted(tenantConfigOf(config, name)),
    })),
  };
}
