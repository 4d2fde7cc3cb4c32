// How the full name of an agent is put together (guide ch. 4, Full Agent Name Assembly, table 3). Pure.

import type { MetadataSettings } from './metadata.schema.ts';

export type AgentNameStyle = MetadataSettings['agentName'];

/** `John Smith`, `Smith, John`, `Smith - John`. A part that is empty goes with its delimiter; undefined when nothing is left. */
export function fullName(
  { firstName, lastName }: { readonly firstName: string; readonly lastName: string },
  { enabled, order, delimiter, custom }: AgentNameStyle,
): string | undefined {
  if (!enabled) return undefined;
  const parts = order === 'first-last' ? [firstName, lastName] : [lastName, firstName];
  const between = { space: ' ', 'comma-space': ', ', custom }[delimiter];
  return parts.filter((part) => part !== '').join(between) || undefined;
}
