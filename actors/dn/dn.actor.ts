// One DN that is watched: who is logged in there, and what the rules say of its calls. Events of a call pass through it on their
// way to the call, so that agent and verdict are those of that moment.

import type { CallMessage, PartyEvent, Verdict } from '#actors/call';
import { type Address, defineActor } from '#actors/kit';
import type { AgentState, TLibEvent } from '#src/cti';
import { type DnState, newDn, withAnswer, withEvent } from './dn.core.ts';

export type DnMessage =
  /** An event; `party` is what it says of a call, and `call` that call. */
  | {
      readonly type: 'event';
      readonly event: TLibEvent;
      readonly party?: { readonly event: PartyEvent; readonly call: Address<CallMessage> };
    }
  /** What the server said of it when asked. */
  | { readonly type: 'described'; readonly agent: AgentState }
  /** It is in a call, the server says when asked. */
  | { readonly type: 'seen'; readonly party: { readonly event: PartyEvent; readonly call: Address<CallMessage> } }
  | { readonly type: 'unwatched' };

export interface DnArgs {
  readonly dn: string;
  /** What the rules say of a party now. */
  readonly verdict: (event: PartyEvent) => Verdict;
}

interface Live {
  readonly args: DnArgs;
  readonly state: DnState;
}

export const dn = defineActor<DnMessage, Live, DnArgs>({
  kind: 'dn',

  start: (args) => ({ args, state: newDn(args.dn) }),

  receive(live, message, context) {
    switch (message.type) {
      case 'described':
        return { ...live, state: withAnswer(live.state, message.agent) };
      case 'unwatched':
        return { ...live, state: { ...live.state, phase: 'unwatched' } };
      case 'seen':
      case 'event': {
        const state = message.type === 'event' ? withEvent(live.state, message.event) : live.state;
        if (message.party) {
          const { call, event } = message.party;
          const named = event.agentId ?? state.agentId;
          const party = named === undefined ? event : { ...event, agentId: named };
          context.send(call, { type: 'party', event: party, verdict: live.args.verdict(party) });
        }
        return state === live.state ? live : { ...live, state };
      }
    }
  },

  describe: ({ state }) => ({
    phase: state.phase,
    summary: { dn: state.dn, agent: state.agentId ?? null, agentPhase: state.agentPhase },
  }),
});
