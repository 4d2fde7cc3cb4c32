// How cores that watch the same DN tell each other that a couple is wanted: by an event of T-Lib that any client may send, and which
// every client hears that has registered the DN. So a desktop may ask in the same way. Pure.

import { listOf, lookUp, type RequestAttributes, type TLibEvent, textOf } from '#src/cti';

const [keyOfSid, keyOfWho] = ['TWINREEL_KEEP', 'TWINREEL_BY'];

export function keptEvent(dn: string, sid: string, by: string): RequestAttributes<'RequestDistributeUserEvent'> {
  return { ThisDN: dn, UserData: listOf({ [keyOfSid]: sid, [keyOfWho]: by }) };
}

/** Which couple an event says is wanted, and by whom; undefined when it says nothing of the kind. */
export function keptTold({
  message,
  attributes,
}: TLibEvent): { readonly sid: string; readonly by: string } | undefined {
  if (message !== 'EventUserEvent') return undefined;
  const sid = textOf(lookUp(attributes.UserData, keyOfSid));
  return sid === undefined ? undefined : { sid, by: textOf(lookUp(attributes.UserData, keyOfWho)) ?? 'nobody named' };
}
