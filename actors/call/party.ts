// A party of a call as its events make it. Pure.

import type { PartyEvent } from './call.protocol.ts';
import type { PartyPhase, PartyState } from './state.ts';

export function newParty({ dn, connId, atMs, partyUuid }: PartyEvent, times: number): PartyState {
  return {
    dn,
    partyUuid: partyUuid ?? (times === 1 ? '' : `#${times}`),
    times,
    phase: 'alerting',
    connId,
    callType: 'unknown',
    userData: {},
    told: {},
    extensions: {},
    attributes: {},
    startedMs: atMs,
    holds: [],
  };
}

export function partyAfter(base: PartyState, event: PartyEvent): PartyState {
  const { what, connId, atMs, callType, otherDn, agentId, userData, agent, extensions, attributes } = event;
  const phase = phaseAfter(base.phase, what);
  const role = roleAfter(base, event);
  const party: { -readonly [Key in keyof PartyState]: PartyState[Key] } = { ...base, connId, phase };
  if (role !== undefined) party.role = role;
  if (callType !== undefined) party.callType = callType;
  if (otherDn !== undefined) party.otherDn = otherDn;
  if (agentId !== undefined) party.agentId = agentId;
  if (userData !== undefined) party.userData = userData;
  if (agent !== undefined) party.agent = agent;
  party.told = toldAfter(base.told, event);
  if (extensions !== undefined) party.extensions = { ...base.extensions, ...extensions };
  if (attributes !== undefined) party.attributes = { ...base.attributes, ...attributes };
  if (phase === 'talking') party.establishedMs ??= atMs;
  if (phase === 'gone') party.endedMs ??= atMs;
  party.holds = holdsAfter(base, phase, atMs);
  return party;
}

/** What it was at first. */
export function roleAfter(base: PartyState, event: PartyEvent): PartyState['role'] {
  return base.role ?? event.role ?? roles.get(event.what);
}

const roles: ReadonlyMap<PartyEvent['what'], 'origin' | 'destination'> = new Map([
  ['dialing', 'origin'],
  ['ringing', 'destination'],
]);

export function phaseAfter(before: PartyPhase, what: PartyEvent['what']): PartyPhase {
  // What is told of a party after it has gone came late, or twice.
  if (before === 'gone') return 'gone';
  switch (what) {
    case 'established':
    case 'retrieved':
      return 'talking';
    case 'held':
      return 'held';
    case 'released':
    case 'abandoned':
      return 'gone';
    case 'party-changed':
    case 'party-added':
    case 'party-deleted':
    case 'seen':
      return before === 'alerting' ? 'talking' : before;
    default:
      return before;
  }
}

function holdsAfter({ holds, phase: before }: PartyState, phase: PartyPhase, atMs: number): PartyState['holds'] {
  if (phase === before) return holds;
  if (phase === 'held') return [...holds, { fromMs: atMs }];
  return holds.map((hold) => (hold.toMs === undefined ? { ...hold, toMs: atMs } : hold));
}

function toldAfter(before: PartyState['told'], { ani, dnis, queue, thirdPartyDn }: PartyEvent): PartyState['told'] {
  if (!ani && !dnis && !queue && !thirdPartyDn) return before;
  return {
    ...before,
    ...(ani && { ani }),
    ...(dnis && { dnis }),
    ...(queue && { queue }),
    ...(thirdPartyDn && { thirdPartyDn }),
  };
}
