// Who has logged in where, by what a telephony server told last. Only an index, as large as there are DNs; what follows is decided
// elsewhere.

import type { TLibEvent } from '#src/cti';

export class Logins {
  /** By switch: by DN, who has logged in there. */
  readonly #switches = new Map<string, Map<string, string>>();

  /** Gives the DNs that an agent has left by logging in at another one, whether the server says so or not. */
  told(switchName: string, { message, attributes }: TLibEvent): readonly string[] {
    const { ThisDN: dn = '', AgentID: agentId = '' } = attributes;
    const agents = this.#switches.get(switchName) ?? new Map<string, string>();
    if (message === 'EventAgentLogout') agents.delete(dn);
    if (message !== 'EventAgentLogin' || agentId === '') return [];
    const left = [...agents].flatMap(([other, agent]) => (agent === agentId && other !== dn ? [other] : []));
    for (const other of left) agents.delete(other);
    this.#switches.set(switchName, agents.set(dn, agentId));
    return left;
  }
}
