// The address of a machine, where one file is for many: each listens on its own, and names it to others. Pure.

import type { Config } from './config.schema.ts';

type Values = Readonly<Record<string, unknown>>;

/** Settings that are the address of the machine, by section. */
const settings = { sip: 'address', capture: 'address', core: 'linkAddress', resourceManager: 'address' } as const;

/** The raw settings, with what `nodes` says of this machine's address wherever the file names no other. */
export function withNodeAddress(raw: unknown, nodeDefault: Config['node']): unknown {
  if (!isObject(raw) || !isObject(raw['nodes'])) return raw;
  const own = raw['nodes'][String(raw['node'] ?? nodeDefault)];
  if (!isObject(own) || own['address'] === undefined) return raw;
  const sections = Object.entries(settings).map(([section, setting]) => {
    const given = raw[section] ?? {};
    return [section, isObject(given) ? { [setting]: own['address'], ...given } : given];
  });
  return { ...raw, ...Object.fromEntries(sections) };
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
