// What differs between two configurations, by option. Pure.

import type { Config } from './config.schema.ts';
import { listOptions } from './options.ts';

/** Paths of the options that differ, such as `core.lingerMs`; lists and maps count as one. */
export function changedOptions(before: Config, after: Config): string[] {
  const valueAt = (config: Config, path: string) =>
    path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], config);
  return listOptions()
    .map(({ path }) => path)
    .filter((path) => JSON.stringify(valueAt(before, path)) !== JSON.stringify(valueAt(after, path)));
}
