// Looking things up in a list of T-Lib, and making one. A key that comes twice is answered with its first value.

import type { KeyValue, KeyValueList } from './key-value-list.schema.ts';

/** The value of `key`, or undefined. */
export function lookUp(list: KeyValueList | undefined, key: string): KeyValue | undefined {
  return list?.find(([one]) => one === key)?.[1];
}

/** As {@link lookUp}, upper and lower case alike: for keys that the vendor's own pages spell in two ways. */
export function lookUpAnyCase(list: KeyValueList | undefined, key: string): KeyValue | undefined {
  const wanted = key.toLowerCase();
  return list?.find(([one]) => one.toLowerCase() === wanted)?.[1];
}

/** A value as a text: numbers in decimal; undefined for bytes and lists. */
export function textOf(value: KeyValue | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : undefined;
}

/** A value as a whole number; texts of decimal digits count. */
export function numberOf(value: KeyValue | undefined): number | undefined {
  if (typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value);
  return typeof value === 'number' ? value : undefined;
}

/** A list of texts and numbers in the order of an object; `undefined` values are left out. */
export function listOf(pairs: Readonly<Record<string, KeyValue | undefined>>): KeyValueList {
  return Object.entries(pairs).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
}

/** `list` with the pairs of `changes`: a key that is there is replaced where it stands, another is added at the end. */
export function updated(list: KeyValueList, changes: KeyValueList): KeyValueList {
  const known = new Set(list.map(([key]) => key));
  const changed = new Map(changes);
  const kept = list.map(([key, value]) => [key, changed.has(key) ? changed.get(key)! : value] as const);
  return [...kept, ...changes.filter(([key]) => !known.has(key))];
}

/** `list` without every pair of `key`. */
export function without(list: KeyValueList, key: string): KeyValueList {
  return list.filter(([one]) => one !== key);
}
