// Which group a recording goes to, by where its INVITE was addressed: the value of `recdest` stands as host and port in the Request-URI
// (guide ch. 7 and 10).
//
//   sip:record=…@FIRST             the group of that name
//   sip:record=…@rec-1:5060        the group that this recorder is in: which of its members takes it is not said by that
//   sip:record=…@rm:5070           the resource manager itself: the first group
//   anything else                  the group, if there is only one

import { parseSipUri } from '#src/sip';
import type { Group } from './group.ts';
import { placeKey } from './member.ts';

/** `own` are the places the resource manager listens at, as `host:port`. Undefined: no group is meant. */
export function groupOf(requestUri: string, groups: readonly Group[], own: ReadonlySet<string>): Group | undefined {
  const uri = parseSipUri(requestUri);
  if (!uri || groups.length === 1) return groups.length === 1 ? groups[0] : undefined;
  const [host, place] = [uri.host.toLowerCase(), placeKey(requestUri)];
  const named = groups.find(({ config, members }) => {
    const names = [config.name, ...config.recdest].map((one) => one.toLowerCase());
    return names.includes(host) || names.includes(place) || members.some(({ key }) => key === place);
  });
  return named ?? (own.has(place) ? groups[0] : undefined);
}
