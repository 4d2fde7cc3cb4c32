// Who is logged in at which DN, and in what state: what T-Lib tells of agents.

import { type Attributes, agentStatuses, type EventName, workModes } from '#src/cti';

export interface AgentAtDn {
  readonly agentId: string;
  readonly status: number;
}

export class AgentStates {
  readonly #tell: (message: EventName, attributes: Attributes) => void;
  readonly #byDn = new Map<string, AgentAtDn>();

  constructor(tell: (message: EventName, attributes: Attributes) => void) {
    this.#tell = tell;
  }

  at(dn: string): AgentAtDn | undefined {
    return this.#byDn.get(dn);
  }

  login(dn: string, agentId: string): void {
    this.#become(dn, { agentId, status: agentStatuses.notReady }, 'EventAgentLogin');
  }

  logout(dn: string): void {
    const agent = this.#byDn.get(dn);
    if (!agent) return;
    this.#byDn.delete(dn);
    this.#tell('EventAgentLogout', { ThisDN: dn, AgentID: agent.agentId });
  }

  ready(dn: string): void {
    const agent = this.#byDn.get(dn);
    if (agent) this.#become(dn, { ...agent, status: agentStatuses.ready }, 'EventAgentReady');
  }

  notReady(dn: string, workMode: number | undefined): void {
    const agent = this.#byDn.get(dn);
    if (!agent) return;
    const isWrapUp = workMode === workModes.afterCallWork;
    const status = isWrapUp ? agentStatuses.afterCallWork : agentStatuses.notReady;
    this.#become(dn, { ...agent, status }, 'EventAgentNotReady', workMode);
  }

  #become(dn: string, agent: AgentAtDn, message: EventName, workMode?: number): void {
    this.#byDn.set(dn, agent);
    const mode = workMode === undefined ? {} : { AgentWorkMode: workMode };
    this.#tell(message, { ThisDN: dn, AgentID: agent.agentId, ...mode });
  }
}
