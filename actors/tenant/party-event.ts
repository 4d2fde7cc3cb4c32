// From an event of T-Lib to what it says of a party of a call. Pure.

import type { CallType, PartyEvent, PartyHappening } from '#actors/call';
import {
  callTypes as callTypeNumbers,
  eventTimeMs,
  type KeyValue,
  type KeyValueList,
  type PartyOfDn,
  partyStates,
  type TLibEvent,
  textOf,
} from '#src/cti';

const callTypes: ReadonlyMap<number | undefined, CallType> = new Map(
  Object.entries(callTypeNumbers).map(([name, number]) => [number, name as CallType]),
);

const happenings: ReadonlyMap<string, PartyHappening> = new Map<TLibEvent['message'], PartyHappening>([
  ['EventRinging', 'ringing'],
  ['EventDialing', 'dialing'],
  ['EventEstablished', 'established'],
  ['EventHeld', 'held'],
  ['EventRetrieved', 'retrieved'],
  ['EventPartyChanged', 'party-changed'],
  ['EventPartyAdded', 'party-added'],
  ['EventPartyDeleted', 'party-deleted'],
  ['EventAttachedDataChanged', 'data-changed'],
  ['EventReleased', 'released'],
  ['EventAbandoned', 'abandoned'],
]);

/** What names a call that an event belongs to. Servers that give no CallUUID know it by its ConnID. */
export interface CallOfEvent {
  readonly callUuid: string;
  readonly connId: string;
}

/** The call that attributes are about, or undefined. */
export function callOf({ ConnID: connId, CallUUID: callUuid }: TLibEvent['attributes']): CallOfEvent | undefined {
  if (connId === undefined) return undefined;
  return { connId, callUuid: callUuid === undefined || callUuid === '' ? `conn-${connId}` : callUuid };
}

/** What an event says of ThisDN as a party; undefined when it says nothing of the kind. `nowMs`: when it came; `kept`: attributes. */
export function partyEventOf(event: TLibEvent, nowMs: number, kept: readonly string[]): PartyEvent | undefined {
  const what = happenings.get(event.message);
  const { ThisDN: dn } = event.attributes;
  if (what === undefined || dn === undefined) return undefined;
  return partyEvent(what, dn, event.attributes, eventTimeMs(event) ?? nowMs, kept);
}

/** What the server says of a DN's call when it is asked: the party is there, or it rings there. */
export function partySeen(
  dn: string,
  { partyState, call }: PartyOfDn,
  nowMs: number,
  kept: readonly string[],
): PartyEvent | undefined {
  const state = partyState & 0xffff;
  const what = state === partyStates.connected ? 'seen' : state === partyStates.held ? 'held' : 'ringing';
  return partyEvent(what, dn, call, nowMs, kept);
}

function partyEvent(
  what: PartyHappening,
  dn: string,
  attributes: TLibEvent['attributes'],
  atMs: number,
  kept: readonly string[],
): PartyEvent | undefined {
  const { ConnID: connId, UserData: userData, Extensions: extensions = [] } = attributes;
  if (connId === undefined) return undefined;
  const { PartyUUID, PreviousConnID, RefCallUUID, OtherDN, ANI, DNIS, ThisQueue, AgentID } = attributes;
  // Of attached data it is only who attached it.
  const thirdPartyDn = what.startsWith('party-') ? attributes.ThirdPartyDN : undefined;
  const callType = callTypes.get(attributes.CallType);
  const event: { -readonly [Key in keyof PartyEvent]: PartyEvent[Key] } = { what, dn, connId, atMs };
  if (PartyUUID) event.partyUuid = PartyUUID;
  if (PreviousConnID) event.previousConnId = PreviousConnID;
  if (RefCallUUID) event.refCallUuid = RefCallUUID;
  if (OtherDN) event.otherDn = OtherDN;
  if (thirdPartyDn) event.thirdPartyDn = thirdPartyDn;
  if (ANI) event.ani = ANI;
  if (DNIS) event.dnis = DNIS;
  if (ThisQueue) event.queue = ThisQueue;
  if (AgentID) event.agentId = AgentID;
  if (callType) event.callType = callType;
  if (userData) event.userData = flat(userData);
  if (extensions.length > 0) event.extensions = flat(extensions);
  const texts = keptOf(attributes, kept);
  if (texts) event.attributes = texts;
  return event;
}

function keptOf(attributes: TLibEvent['attributes'], kept: readonly string[]): PartyEvent['attributes'] {
  let texts: Record<string, string> | undefined;
  for (const name of kept) {
    const text = textOf((attributes as Readonly<Record<string, KeyValue | undefined>>)[name]);
    if (text === undefined || text === '') continue;
    texts ??= {};
    texts[name] = text;
  }
  return texts;
}

/** Texts and numbers by key; the first of a key that comes twice. */
function flat(list: KeyValueList): Record<string, string> {
  const texts = new Map<string, string>();
  for (const [key, value] of list) {
    const text = textOf(value);
    if (text !== undefined && !texts.has(key)) texts.set(key, text);
  }
  return Object.fromEntries(texts);
}
