// What is known of a DN that is watched: whether the telephony server tells of it, who is logged in there, and in what state.
// Pure.

import { type AgentState, agentStatuses, type TLibEvent, workModes } from '#src/cti';

/** Where the agent at a DN stands. */
export type AgentPhase = 'unknown' | 'logged-out' | 'logged-in' | 'ready' | 'not-ready' | 'after-call-work';

export interface DnState {
  readonly dn: string;
  /** `watched`: events come; `out-of-service`: it cannot be called now. */
  readonly phase: 'unwatched' | 'watched' | 'out-of-service';
  readonly agentPhase: AgentPhase;
  readonly agentId?: string;
}

/** Nothing is known yet. */
export function newDn(dn: string): DnState {
  return { dn, phase: 'unwatched', agentPhase: 'unknown' };
}

/** The DN after an event of it. */
export function withEvent(state: DnState, { message, attributes }: TLibEvent): DnState {
  const { AgentID: agentId, AgentWorkMode: workMode } = attributes;
  const named = agentId === undefined || agentId === '' ? {} : { agentId };
  switch (message) {
    case 'EventAgentLogin':
      return { ...state, ...named, agentPhase: 'logged-in' };
    case 'EventAgentLogout':
      return withoutAgent(state);
    case 'EventAgentReady':
      return { ...state, ...named, agentPhase: 'ready' };
    case 'EventAgentNotReady':
      return { ...state, ...named, agentPhase: workMode === workModes.afterCallWork ? 'after-call-work' : 'not-ready' };
    case 'EventAgentAfterCallWork':
      return { ...state, ...named, agentPhase: 'after-call-work' };
    case 'EventDNOutOfService':
      return { ...state, phase: 'out-of-service' };
    case 'EventDNBackInService':
      return { ...state, phase: 'watched' };
    default:
      // A new call ends the work after the last one.
      return startsCall(message) && state.agentPhase === 'after-call-work'
        ? { ...state, agentPhase: 'not-ready' }
        : state;
  }
}

/** The DN after an agent has logged in at another one: nobody can be at two. */
export function withAgentElsewhere(state: DnState, agentId: string): DnState {
  return state.agentId === agentId ? withoutAgent(state) : state;
}

/** The DN as the server describes it when it is asked, after a connect. */
export function withAnswer(state: DnState, { status, agentId }: AgentState): DnState {
  const watched = { ...withoutAgent(state), phase: 'watched' } as const;
  const agentPhase = phases.get(status) ?? 'unknown';
  if (agentPhase === 'logged-out') return { ...watched, agentPhase };
  return { ...watched, agentPhase, ...(agentId === undefined ? {} : { agentId }) };
}

const phases: ReadonlyMap<number, AgentPhase> = new Map([
  [agentStatuses.loggedOut, 'logged-out'],
  [agentStatuses.loggedIn, 'logged-in'],
  [agentStatuses.ready, 'ready'],
  [agentStatuses.notReady, 'not-ready'],
  [agentStatuses.afterCallWork, 'after-call-work'],
]);

function withoutAgent(state: DnState): DnState {
  const { agentId: _, ...rest } = state;
  return { ...rest, agentPhase: 'logged-out' };
}

function startsCall(message: string): boolean {
  return message === 'EventRinging' || message === 'EventDialing';
}
