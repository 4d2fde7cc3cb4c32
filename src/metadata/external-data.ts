// External data of a couple: what each source says of it, under the guide's prefixes. Pure.

import { prefixes } from './keys.ts';

type Values = Readonly<Record<string, string | undefined>>;

/** What is known, by source; names without prefix. */
export type ExternalSources = { readonly [Source in keyof typeof prefixes]: Values };

/** The keys and values of a couple. What is empty is not stored (guide ch. 4, the notes under tables 4 and 5). */
export function externalData(sources: ExternalSources): Record<string, string> {
  const data: Record<string, string> = {};
  for (const source of allSources) {
    const [keys, values] = [keysOf[source], sources[source]];
    for (const name in values) {
      const value = values[name];
      if (value !== undefined && value !== '') data[keyOf(keys, prefixes[source], name)] = value;
    }
  }
  return data;
}

const allSources = Object.keys(prefixes) as (keyof typeof prefixes)[];

/** By source: names with their prefix. Nearly all couples have the same, and to put them together costs more than all else here. */
const keysOf = { call: new Map(), configured: new Map(), user: new Map(), extension: new Map() } as const;
const keysMax = 1_000;

function keyOf(keys: Map<string, string>, prefix: string, name: string): string {
  const known = keys.get(name);
  if (known !== undefined) return known;
  if (keys.size === keysMax) keys.clear();
  keys.set(name, `${prefix}${name}`);
  return `${prefix}${name}`;
}
