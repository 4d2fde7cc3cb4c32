// Which attached data is kept on a couple, and under which names people see it (guide ch. 4, User data configuration). Pure.

import { prefixes } from './keys.ts';
import type { MetadataSettings } from './metadata.schema.ts';

type Values = Readonly<Record<string, string>>;

/** Attached data that is kept: what is listed, or all of it. */
export function keptUserData(userData: Values, settings: Pick<MetadataSettings, 'userData' | 'otherUserData'>): Values {
  if (settings.otherUserData) return userData;
  const listed = new Set(settings.userData.map(({ key }) => key));
  return Object.fromEntries(Object.entries(userData).filter(([key]) => listed.has(key)));
}

/** Names for people, by key of external data; only of what is there. */
export function displayNames(data: Values, { userData }: Pick<MetadataSettings, 'userData'>): Record<string, string> {
  const named = userData.map(({ key, name }) => [`${prefixes.user}${key}`, name] as const);
  return Object.fromEntries(named.filter(([key, name]) => name !== '' && Object.hasOwn(data, key)));
}
