// What a DN is doing, as a server tells it on request: in the Extensions of EventAddressInfo (AddressInfoType 17), and for each
// of its calls in an EventPartyInfo. After a reconnect this is how one learns what happened meanwhile.
//
//     AgentStatus   see agentStatuses          conn-N   ConnID of the N-th call of the DN, from 1
//     AgentID       who is logged in there     ps-N     state of the DN in it, see partyStates

import type { KeyValueList } from './key-value-list.schema.ts';
import { listOf, lookUp, numberOf, textOf } from './key-value-list.ts';
import type { AttributesOf } from './message.schema.ts';
import { agentStatuses } from './numbers.protocol.ts';

/** Who is logged in at a DN; `status` as in `agentStatuses`. */
export interface AgentState {
  readonly status: number;
  readonly agentId?: string | undefined;
}

/** One call of a DN: the DN's state in it, and all that the server says of it (ConnID, CallUUID, OtherDN, UserData …). */
export interface PartyOfDn {
  readonly partyState: number;
  readonly call: AttributesOf<'EventPartyInfo'>;
}

/** What a DN is doing; `unknown` when the server would not say. */
export type DnState =
  | { readonly phase: 'known'; readonly dn: string; readonly agent: AgentState; readonly parties: readonly PartyOfDn[] }
  | { readonly phase: 'unknown'; readonly dn: string; readonly why: string };

/** A call that EventAddressInfo names. */
export interface NamedParty {
  readonly connId: string;
  readonly partyState: number;
}

/** A DN cannot be in more calls than this; what is beyond is not asked for. */
export const partiesMax = 64;

/** The Extensions of an EventAddressInfo. */
export function addressInfoExtensions(agent: AgentState, parties: readonly NamedParty[]): KeyValueList {
  const calls = parties.map(({ connId, partyState }, index) => [
    [`conn-${index + 1}`, connId],
    [`ps-${index + 1}`, partyState],
  ]);
  return [
    ...listOf({ AgentStatus: agent.status, AgentID: agent.agentId }),
    ...listOf(Object.fromEntries(calls.flat()) as Record<string, string | number>),
  ];
}

/** Reads the Extensions of an EventAddressInfo; calls whose ConnID is none are left out. */
export function readAddressInfo(list: KeyValueList | undefined): {
  readonly agent: AgentState;
  readonly parties: readonly NamedParty[];
} {
  const parties = (list ?? []).flatMap(([key, value]): NamedParty[] => {
    const ordinal = /^conn-(\d{1,4})$/.exec(key)?.[1];
    const connId = textOf(value)?.toLowerCase();
    if (ordinal === undefined || connId === undefined || !/^[0-9a-f]{16}$/.test(connId)) return [];
    return [{ connId, partyState: numberOf(lookUp(list, `ps-${ordinal}`)) ?? 0 }];
  });
  const status = numberOf(lookUp(list, 'AgentStatus')) ?? agentStatuses.unknown;
  const agentId = textOf(lookUp(list, 'AgentID'));
  return { agent: { status, ...(agentId && { agentId }) }, parties: parties.slice(0, partiesMax) };
}
