// Tenants that reuse the defaults, and tenants that override them: what a tenant's part of the file leaves out stands in
// `core.tenantDefaults`, setting by setting, also within `notification` and `agentName`. Pure.

import type { Config } from './config.schema.ts';
import type { TenantConfig } from './tenant.schema.ts';

type Values = Readonly<Record<string, unknown>>;

/** The raw settings with every tenant of the file made whole. What is of the wrong kind is left to the schema. */
export function withTenantDefaults(raw: unknown): unknown {
  if (!isObject(raw) || !isObject(raw['core'])) return raw;
  const { tenants, tenantDefaults } = raw['core'];
  if (!Array.isArray(tenants) || !isObject(tenantDefaults)) return raw;
  const whole = tenants.map((tenant: unknown) => (isObject(tenant) ? merged(tenantDefaults, tenant) : tenant));
  return { ...raw, core: { ...raw['core'], tenants: whole } };
}

/** Issues without those that a tenant has only because its defaults have them. */
export function ownIssues<Issue extends { readonly path: readonly PropertyKey[]; readonly message: string }>(
  issues: readonly Issue[],
  raw: unknown,
): Issue[] {
  const nameOf = (path: readonly PropertyKey[], { message }: Issue) => JSON.stringify([path.map(String), message]);
  const ofDefaults = new Set(
    issues.filter(({ path }) => path[1] === 'tenantDefaults').map((issue) => nameOf(issue.path.slice(2), issue)),
  );
  return issues.filter((issue) => {
    const isTenants = issue.path[0] === 'core' && issue.path[1] === 'tenants';
    return !isTenants || isGiven(raw, issue.path) || !ofDefaults.has(nameOf(issue.path.slice(3), issue));
  });
}

/** The settings of a tenant, whether the file names it or not. */
export function tenantConfigOf({ core }: Pick<Config, 'core'>, tenant: string): TenantConfig {
  return core.tenants.find(({ name }) => name === tenant) ?? core.tenantDefaults;
}

function isGiven(raw: unknown, path: readonly PropertyKey[]): boolean {
  const value = path.reduce<unknown>((one, key) => Object(one)[key], raw);
  return value !== undefined;
}

function merged(defaults: Values, own: Values): Values {
  const keys = [...new Set([...Object.keys(defaults), ...Object.keys(own)])];
  return Object.fromEntries(
    keys.map((key) => {
      const [given, mine] = [defaults[key], own[key]];
      if (mine === undefined) return [key, given];
      return [key, isObject(given) && isObject(mine) ? merged(given, mine) : mine];
    }),
  );
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
