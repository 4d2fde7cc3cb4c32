// One DN that is watched: who is logged in there. Events of a call pass through it on their way to the call, so that the agent is
// that of the moment.

import type { CallMessage, PartyEvent } from '#actors/call';
import { type Address, type Context, defineActor } from '#actors/kit';
import type { AgentState, TLibEvent } from '#src/cti';
import type { AgentMetadata } from '#src/metadata';
import { type DnState, newDn, withAgentElsewhere, withAnswer, withEvent } from './dn.core.ts';

export type DnMessage =
  /** An event; `party` is what it says of a call, and `call` that call. */
  | {
      readonly type: 'event';
      readonly event: TLibEvent;
      readonly party?: { readonly event: PartyEvent; readonly call: Address<CallMessage> };
    }
  /** Who logs in with this code has done so at another DN. */
  | { readonly type: 'agent-elsewhere'; readonly agentId: string }
  /** What the server said of it when asked. */
  | { readonly type: 'described'; readonly agent: AgentState }
  /** It is in a call, the server says when asked. */
  | { readonly type: 'seen'; readonly party: { readonly event: PartyEvent; readonly call: Address<CallMessage> } }
  | { readonly type: 'unwatched' };

export interface DnArgs {
  readonly dn: string;
  /** Who logs in with this code; undefined when nobody knows. */
  readonly agent: (agentId: string) => AgentMetadata | undefined;
}

interface Live {
  readonly args: DnArgs;
  readonly state: DnState;
  /** The call it was in last: after-call work is about that one. */
  readonly last?: Address<CallMessage>;
}

export const dn = defineActor<DnMessage, Live, DnArgs>({
  kind: 'dn',

  start: (args) => ({ args, state: newDn(args.dn) }),

  receive(live, message, context) {
    switch (message.type) {
      case 'described':
        return worked(live, withAnswer(live.state, message.agent), context);
      case 'agent-elsewhere':
        return worked(live, withAgentElsewhere(live.state, message.agentId), context);
      case 'unwatched':
        return { ...live, state: { ...live.state, phase: 'unwatched' } };
      case 'seen':
      case 'event': {
        const next = message.type === 'event' ? worked(live, withEvent(live.state, message.event), context) : live;
        if (!message.party) return next;
        const { call, event } = message.party;
        const party = withAgent(event, next);
        context.send(call, { type: 'party', event: party });
        return next.last === call ? next : { ...next, last: call };
      }
    }
  },

  describe: ({ state }) => ({
    phase: state.phase,
    summary: { dn: state.dn, agent: state.agentId ?? null, agentPhase: state.agentPhase },
  }),
});

/** The DN in a new state; its last call is told when after-call work begins or ends. */
function worked(live: Live, state: DnState, context: Context<DnMessage>): Live {
  if (state === live.state) return live;
  const isWorking = state.agentPhase === 'after-call-work';
  if (live.last && isWorking !== (live.state.agentPhase === 'after-call-work')) {
    context.send(live.last, { type: 'after-call-work', dn: state.dn, phase: isWorking ? 'began' : 'ended' });
  }
  return { ...live, state };
}

/** Who is there is told when somebody comes, not with every event. */
function withAgent(event: PartyEvent, { args, state }: Live): PartyEvent {
  const agentId = event.agentId ?? state.agentId;
  if (agentId === undefined) return event;
  const agent = comings.has(event.what) ? args.agent(agentId) : undefined;
  if (event.agentId !== undefined && !agent) return event;
  return { ...event, agentId, ...(agent && { agent }) };
}

const comings: ReadonlySet<PartyEvent['what']> = new Set(['established', 'seen', 'party-changed']);
