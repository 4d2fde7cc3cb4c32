// The address of a machine, where one file is for many: each listens on its own, and names it to others. Pure.

import type { Config } from './config.schema.ts';

type Values = Readonly<Record<string, unknown>>;

/** Settings that are the address of the machine. */
const settings = [
  ['sip', 'address'],
  ['capture', 'address'],
  ['core', 'linkAddress'],
  ['resourceManager', 'address'],
  ['recorder', 'offers', 'address'],
  ['replay', 'address'],
] as const;

/** The raw settings, with what `nodes` says of this machine's address wherever the file names no other. */
export function withNodeAddress(raw: unknown, nodeDefault: Config['node']): unknown {
  if (!isObject(raw) || !isObject(raw['nodes'])) return raw;
  const own = raw['nodes'][String(raw['node'] ?? nodeDefault)];
  if (!isObject(own) || own['address'] === undefined) return raw;
  return settings.reduce((values: Values, path) => withDefault(values, path, own['address']), raw);
}

/** `values` with a value at `path`, unless they have one there, or something that is no section on the way to it. */
function withDefault(values: Values, [first, ...rest]: readonly string[], value: unknown): Values {
  const given = values[first!];
  if (rest.length === 0) return given === undefined ? { ...values, [first!]: value } : values;
  if (given !== undefined && !isObject(given)) return values;
  return { ...values, [first!]: withDefault(given ?? {}, rest, value) };
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
