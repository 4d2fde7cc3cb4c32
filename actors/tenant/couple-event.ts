// How cores that watch the same DN tell each other of a couple: by an event of T-Lib that any client may send, and which every client
// hears that has registered the DN. So a desktop may ask to keep one in the same way. Pure.

import type { CallMessage } from '#actors/call';
import { listOf, lookUp, type RequestAttributes, type TLibEvent, textOf } from '#src/cti';

const [keyOfKept, keyOfWho, keyOfAsked] = ['TWINREEL_KEEP', 'TWINREEL_BY', 'TWINREEL_ASKED'];

type UserEvent = RequestAttributes<'RequestDistributeUserEvent'>;

/** The couple is wanted. */
export function keptEvent(dn: string, sid: string, by: string): UserEvent {
  return { ThisDN: dn, UserData: listOf({ [keyOfKept]: sid, [keyOfWho]: by }) };
}

/** Its recording is asked for again. */
export function askedEvent(dn: string, sid: string): UserEvent {
  return { ThisDN: dn, UserData: listOf({ [keyOfAsked]: sid }) };
}

/** What the call of a couple is to hear; undefined when the event tells of none. */
export function toldOfCouple({
  message,
  attributes,
}: TLibEvent): Extract<CallMessage, { type: 'keep-told' | 'asked-told' }> | undefined {
  if (message !== 'EventUserEvent') return undefined;
  const text = (key: string) => textOf(lookUp(attributes.UserData, key));
  const [kept, asked] = [text(keyOfKept), text(keyOfAsked)];
  if (kept !== undefined) return { type: 'keep-told', sid: kept, by: text(keyOfWho) ?? 'nobody named' };
  return asked === undefined ? undefined : { type: 'asked-told', sid: asked };
}
