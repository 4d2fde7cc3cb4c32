// What an agent's desktop knows: its DN's calls in the order they came, how each is recorded, who is logged in. Pure: the fold of what
// the telephony server tells of the DN.

import {
  type Attributes,
  agentStatuses,
  callTypes,
  type DnState,
  type KeyValueList,
  lookUp,
  partyStates,
  type TLibEvent,
  textOf,
  workModes,
} from '#src/cti';

export type DeskCallPhase = 'ringing' | 'dialing' | 'talking' | 'held';

export interface DeskCall {
  /** As the agent names it: 1, 2 … */
  readonly number: number;
  readonly connId: string;
  readonly phase: DeskCallPhase;
  readonly otherDn: string;
  readonly callType: number;
  readonly userData: KeyValueList;
  /** The call it is a consultation about. */
  readonly about?: string;
}

export interface Desk {
  readonly dn: string;
  readonly agentId?: string;
  /** One of `agentStatuses`. */
  readonly agentStatus: number;
  readonly calls: readonly DeskCall[];
  readonly callsSeen: number;
}

export function newDesk(dn: string): Desk {
  return { dn, agentStatus: agentStatuses.unknown, calls: [], callsSeen: 0 };
}

/** The desk after an event of its DN. */
export function withEvent(desk: Desk, { message, attributes }: TLibEvent): Desk {
  const agent = agentAfter(message, attributes);
  if (agent !== undefined) return withAgent(desk, agent, attributes.AgentID);
  const { ConnID: connId, PreviousConnID: merged } = attributes;
  if (connId === undefined) return desk;
  switch (message) {
    case 'EventRinging':
      return withCall(desk, connId, 'ringing', attributes);
    case 'EventDialing':
      return withCall(desk, connId, 'dialing', attributes);
    case 'EventEstablished':
    case 'EventRetrieved':
      return withCall(desk, connId, 'talking', attributes);
    case 'EventHeld':
      return withCall(desk, connId, 'held', attributes);
    case 'EventReleased':
    case 'EventAbandoned':
      return without(desk, connId);
    case 'EventPartyChanged':
      return withCall(merged === undefined ? desk : without(desk, merged), connId, undefined, attributes);
    case 'EventPartyAdded':
    case 'EventPartyDeleted':
    case 'EventAttachedDataChanged':
      return withCall(desk, connId, undefined, attributes);
    default:
      return desk;
  }
}

/** The desk as the server describes it when it is asked: after a connect, and after every other one. */
export function withState(desk: Desk, state: DnState): Desk {
  if (state.phase === 'unknown') return desk;
  const { agentId: _, ...nobody } = desk;
  const named = new Set(state.parties.map(({ call }) => call.ConnID));
  let seen: Desk = { ...nobody, calls: desk.calls.filter(({ connId }) => named.has(connId)) };
  for (const { partyState, call } of state.parties) seen = withCall(seen, call.ConnID, phaseOf(partyState), call);
  return withAgent(seen, state.agent.status, state.agent.agentId);
}

/** What is said of the recording of a call; undefined when nothing is. */
export function recordingOf({ userData }: DeskCall): string | undefined {
  return textOf(lookUp(userData, 'GSIP_RECORD'));
}

function agentAfter(message: TLibEvent['message'], { AgentWorkMode: workMode }: Attributes): number | undefined {
  switch (message) {
    case 'EventAgentLogin':
      return agentStatuses.loggedIn;
    case 'EventAgentLogout':
      return agentStatuses.loggedOut;
    case 'EventAgentReady':
      return agentStatuses.ready;
    case 'EventAgentNotReady':
      return workMode === workModes.afterCallWork ? agentStatuses.afterCallWork : agentStatuses.notReady;
    case 'EventAgentAfterCallWork':
      return agentStatuses.afterCallWork;
    default:
      return undefined;
  }
}

function withAgent(desk: Desk, agentStatus: number, agentId: string | undefined): Desk {
  const { agentId: before, ...nobody } = desk;
  const named = agentId ?? before;
  const isThere = agentStatus !== agentStatuses.loggedOut && named !== undefined;
  return { ...nobody, agentStatus, ...(isThere && { agentId: named }) };
}

function withCall(desk: Desk, connId: string, phase: DeskCallPhase | undefined, said: Attributes): Desk {
  const known = desk.calls.find((call) => call.connId === connId);
  const base = known ?? {
    ...{ number: desk.callsSeen + 1, connId, phase: 'talking', otherDn: '', callType: 0, userData: [] },
    ...(said.PreviousConnID !== undefined && said.CallType === callTypes.consult && { about: said.PreviousConnID }),
  };
  const call: DeskCall = {
    ...base,
    phase: phase ?? base.phase,
    otherDn: said.OtherDN ?? base.otherDn,
    callType: said.CallType ?? base.callType,
    userData: said.UserData ?? base.userData,
  };
  const calls = known ? desk.calls.map((one) => (one === known ? call : one)) : [...desk.calls, call];
  return { ...desk, calls, callsSeen: Math.max(desk.callsSeen, call.number) };
}

function without(desk: Desk, connId: string): Desk {
  return { ...desk, calls: desk.calls.filter((call) => call.connId !== connId) };
}

function phaseOf(partyState: number): DeskCallPhase {
  if (partyState === partyStates.dialing) return 'dialing';
  const state = partyState & 0xffff;
  if (state === partyStates.held) return 'held';
  return state === partyStates.connected ? 'talking' : 'ringing';
}
