// Who logs in at which switch, as the configuration server knew last. Asked for every call, made once for a directory.

import { AgentIndex, type Directory } from '#src/directory';
import { type AgentMetadata, type AgentNameStyle, agentMetadata } from '#src/metadata';
import type { TenantSite } from './sites.ts';

export class Agents {
  #index: AgentIndex | undefined;
  /** DBIDs of switches, by tenant and name. */
  #switches: ReadonlyMap<string, number> = new Map();

  know(directory: Directory, sites: readonly TenantSite[]): void {
    this.#index = new AgentIndex(directory);
    const switches = sites.flatMap((site) =>
      site.switches.flatMap(({ name, dbid }) => (dbid === undefined ? [] : [[keyOf(site.name, name), dbid] as const])),
    );
    this.#switches = new Map(switches);
  }

  /** Undefined when the configuration server knows nobody of that login code there. */
  find(tenant: string, switchName: string, agentId: string, style: AgentNameStyle): AgentMetadata | undefined {
    const dbid = this.#switches.get(keyOf(tenant, switchName));
    const agent = dbid === undefined ? undefined : this.#index?.byLogin(dbid, agentId);
    return agent && agentMetadata(agent, style);
  }
}

function keyOf(tenant: string, switchName: string): string {
  return JSON.stringify([tenant, switchName]);
}
