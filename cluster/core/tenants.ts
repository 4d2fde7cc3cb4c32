// The tenants of a core as actors: begun when the directory names them, told when it changes.

import type { ActorSystem, Address } from '#actors/kit';
import {
  type TenantMessage,
  type TenantPorts,
  type TenantReport,
  type TenantSettings,
  tenant,
  type WatchedSwitch,
} from '#actors/tenant';
import { TLibLink, type TLibListener } from '#src/cti';
import { TwinreelError } from '#src/errors';
import type { TenantSite } from './sites.ts';

export interface TenantsOptions {
  readonly system: ActorSystem;
  readonly settings: Omit<TenantSettings, 'name' | 'configured'>;
  readonly ports: Omit<TenantPorts, 'telephony'>;
  readonly reconnectMs: number;
}

const askMsMax = 2_000;

export class Tenants {
  readonly #options: TenantsOptions;
  readonly #sites = new Map<string, TenantSite>();
  readonly #actors = new Map<string, Address<TenantMessage>>();

  constructor(options: TenantsOptions) {
    this.#options = options;
  }

  get names(): readonly string[] {
    return [...this.#actors.keys()];
  }

  /** Watches what is named from now on, and nothing else. A tenant that is gone keeps its calls to their end. */
  watch(sites: readonly TenantSite[]): void {
    const { system } = this.#options;
    const before = new Map(this.#sites);
    this.#sites.clear();
    for (const site of sites) this.#sites.set(site.name, site);
    for (const [name, address] of this.#actors) {
      if (!this.#sites.has(name)) system.send(address, { type: 'directory', switches: [] });
    }
    for (const site of sites) {
      const known = this.#actors.get(site.name);
      if (!known) this.#actors.set(site.name, this.#begin(site));
      else if (JSON.stringify(before.get(site.name)) !== JSON.stringify(site)) {
        system.send(known, { type: 'directory', switches: watched(site) });
      }
    }
  }

  tell(messageTo: (name: string) => TenantMessage): void {
    for (const [name, address] of this.#actors) this.#options.system.send(address, messageTo(name));
  }

  async report(): Promise<TenantReport> {
    const reports = await Promise.all(
      [...this.#actors.values()].map((address) =>
        this.#options.system.ask<TenantMessage, TenantReport>(
          address,
          (reply) => ({ type: 'report', reply }),
          askMsMax,
        ),
      ),
    );
    const sum = (figure: keyof TenantReport) => reports.reduce((total, one) => total + one[figure], 0);
    return { calls: sum('calls'), dns: sum('dns'), waiting: sum('waiting') };
  }

  /** The couples that the command was passed to. */
  async command(command: 'pause' | 'resume' | 'stop', recording: string, by: string): Promise<readonly string[]> {
    const asked = [...this.#actors.values()].map((address) =>
      this.#options.system.ask<TenantMessage, readonly string[]>(
        address,
        (reply) => ({ type: 'command', command, recording, by, reply }),
        askMsMax,
      ),
    );
    return (await Promise.all(asked)).flat();
  }

  #begin(site: TenantSite): Address<TenantMessage> {
    const { system, settings, ports } = this.#options;
    const { name, dbid } = site;
    const telephony = {
      connect: (_tenant: string, on: string, listener: TLibListener) => this.#dial(name, on, listener),
    };
    return system.spawn(tenant, `tenant:${encodeURIComponent(name)}`, {
      settings: { ...settings, name, configured: dbid === undefined ? {} : { TENANT: String(dbid) } },
      ports: { ...ports, telephony },
      switches: watched(site),
    });
  }

  #dial(name: string, on: string, listener: TLibListener): TLibLink {
    const site = this.#sites.get(name);
    const found = site?.switches.find((one) => one.name === on);
    if (!site || !found) throw new TwinreelError('config-invalid', `no switch '${on}' of a tenant '${name}'`);
    const link = new TLibLink(
      { servers: found.servers, client: site.client, reconnectMs: this.#options.reconnectMs },
      listener,
    );
    link.open();
    return link;
  }
}

/** A switch whose servers move is another switch: its link is made anew. */
function watched({ switches }: TenantSite): WatchedSwitch[] {
  return switches.map(({ name, dbid, dns, servers }) => ({
    name,
    dns,
    servers: JSON.stringify(servers),
    configured: dbid === undefined ? {} : { SWITCH: String(dbid) },
  }));
}
