// What of an event of a party is new: a telephony server repeats with each event all that it knows of the call. What is known is
// not written down again. Pure.

import { callName, connName } from '#src/recording';
import type { PartyEvent } from './call.protocol.ts';
import { phaseAfter, roleAfter } from './party.ts';
import { isSame } from './same.ts';
import { begins, type CallState, type PartyState } from './state.ts';

/** The event without what is known of `party`, whom it is about; undefined when nothing is left. Leads to the same state. */
export function partyNews(state: CallState, party: PartyState, event: PartyEvent): PartyEvent | undefined {
  // Who comes back is another party, of which nothing is known.
  if (party.phase === 'gone' && begins(state, event, party)) return event;
  const { what, dn, connId, atMs, partyUuid, previousConnId, refCallUuid, callType, otherDn, agentId } = event;
  const { ani, dnis, queue, thirdPartyDn, userData, extensions, attributes, agent } = event;
  const { told } = party;
  const named = (name: string) => state.partOf.includes(name);
  const news: { -readonly [Key in keyof PartyEvent]: PartyEvent[Key] } = { what, dn, connId, atMs };
  let isNew =
    what === 'seen' ||
    connId !== party.connId ||
    !state.connIds.includes(connId) ||
    phaseAfter(party.phase, what) !== party.phase ||
    roleAfter(party, event) !== party.role;
  const tell = <Key extends keyof PartyEvent>(key: Key, value: PartyEvent[Key]) => {
    news[key] = value;
    isNew = true;
  };
  if (event.role !== undefined && party.role === undefined) tell('role', event.role);
  if (previousConnId !== undefined && !named(connName(previousConnId))) tell('previousConnId', previousConnId);
  if (refCallUuid !== undefined && !named(callName(refCallUuid))) tell('refCallUuid', refCallUuid);
  if (callType !== undefined && callType !== party.callType) tell('callType', callType);
  if (otherDn !== undefined && otherDn !== party.otherDn) tell('otherDn', otherDn);
  if (agentId !== undefined && agentId !== party.agentId) tell('agentId', agentId);
  if (ani !== undefined && ani !== told['ani']) tell('ani', ani);
  if (dnis !== undefined && dnis !== told['dnis']) tell('dnis', dnis);
  if (queue !== undefined && queue !== told['queue']) tell('queue', queue);
  if (thirdPartyDn !== undefined && thirdPartyDn !== told['thirdPartyDn']) tell('thirdPartyDn', thirdPartyDn);
  if (userData !== undefined && !isSame(userData, party.userData)) tell('userData', userData);
  if (extensions !== undefined && !isWithin(extensions, party.extensions)) tell('extensions', extensions);
  if (attributes !== undefined && !isWithin(attributes, party.attributes)) tell('attributes', attributes);
  if (agent !== undefined && !isSame(agent, party.agent)) tell('agent', agent);
  if (!isNew) return undefined;
  // By its name a party that has gone is told from one that comes back.
  if (partyUuid !== undefined && party.phase === 'gone') news.partyUuid = partyUuid;
  return news;
}

function isWithin(texts: Readonly<Record<string, string>>, known: Readonly<Record<string, string>>): boolean {
  for (const key in texts) if (texts[key] !== known[key]) return false;
  return true;
}
