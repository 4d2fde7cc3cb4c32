// Who is logged in at which DN, for which queue, and in what state: what T-Lib tells of agents.

import { type Attributes, agentStatuses, type EventName, workModes } from '#src/cti';

export interface AgentAtDn {
  readonly agentId: string;
  readonly status: number;
  /** The queue whose calls come here. */
  readonly queue?: string | undefined;
}

export class AgentStates {
  readonly #tell: (message: EventName, attributes: Attributes) => void;
  /** In the order in which they came into their state. */
  readonly #byDn = new Map<string, AgentAtDn>();

  constructor(tell: (message: EventName, attributes: Attributes) => void) {
    this.#tell = tell;
  }

  at(dn: string): AgentAtDn | undefined {
    return this.#byDn.get(dn);
  }

  /** DNs whose agents are ready for the calls of a queue, who waits longest first. */
  readyAt(queue: string): readonly string[] {
    const isReady = (agent: AgentAtDn) => agent.queue === queue && agent.status === agentStatuses.ready;
    return [...this.#byDn].flatMap(([dn, agent]) => (isReady(agent) ? [dn] : []));
  }

  login(dn: string, agentId: string, queue?: string): void {
    this.#become(dn, { agentId, queue, status: agentStatuses.notReady }, 'EventAgentLogin');
  }

  logout(dn: string): void {
    const agent = this.#byDn.get(dn);
    if (!agent) return;
    this.#byDn.delete(dn);
    this.#say('EventAgentLogout', dn, agent);
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
    this.#byDn.delete(dn);
    this.#byDn.set(dn, agent);
    this.#say(message, dn, agent, workMode);
  }

  #say(message: EventName, dn: string, { agentId, queue }: AgentAtDn, workMode?: number): void {
    this.#tell(message, {
      ThisDN: dn,
      AgentID: agentId,
      ...(queue !== undefined && { ThisQueue: queue }),
      ...(workMode !== undefined && { AgentWorkMode: workMode }),
    });
  }
}
