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
import type { TLibListener, TLibPort } from '#src/cti';
import { TwinreelError } from '#src/errors';
import type { SwitchSite, TenantSite } from './sites.ts';

export interface TenantsOptions {
  readonly system: ActorSystem;
  /** What is set for a tenant now. */
  readonly settings: (tenant: string) => Omit<TenantSettings, 'name' | 'configured'>;
  readonly ports: Omit<TenantPorts, 'telephony'>;
  /** Makes the link to the telephony servers of a switch. */
  readonly dial: (place: TelephonyPlace, listener: TLibListener) => TLibPort;
  /** Who wants to know which DNs are registered at the telephony servers. */
  readonly registrations?: Registrations;
}

export type TelephonyPlace = Pick<SwitchSite, 'servers'> & Pick<TenantSite, 'client'>;

/** What links tell of the DNs of a switch. */
export interface Registrations {
  /** A link came or went: nothing is registered. */
  lost(tenant: string, switchName: string): void;
  stands(tenant: string, switchName: string, dn: string): void;
  /** The server has answered for each of `count` DNs. */
  settled(tenant: string, switchName: string, count: number): void;
}

const askMsMax = 2_000;

export class Tenants {
  readonly #options: TenantsOptions;
  readonly #sites = new Map<string, TenantSite>();
  readonly #settings = new Map<string, TenantSettings>();
  /** What each was last told to watch. */
  readonly #told = new Map<string, string>();
  readonly #actors = new Map<string, Address<TenantMessage>>();

  constructor(options: TenantsOptions) {
    this.#options = options;
  }

  get names(): readonly string[] {
    return [...this.#actors.keys()];
  }

  /** Watches what is named from now on, and nothing else, by what is set now. A tenant that is gone keeps its calls to their end. */
  watch(sites: readonly TenantSite[]): void {
    const { system } = this.#options;
    this.#sites.clear();
    for (const site of sites) {
      this.#sites.set(site.name, site);
      this.#settings.set(site.name, this.#settingsOf(site));
    }
    for (const [name, address] of this.#actors) {
      if (this.#sites.has(name)) continue;
      system.send(address, { type: 'directory', switches: [] });
      this.#told.delete(name);
    }
    for (const site of sites) {
      const known = this.#actors.get(site.name);
      const switches = this.#watched(site.name);
      const told = JSON.stringify(switches);
      if (!known) this.#actors.set(site.name, this.#begin(site));
      else if (this.#told.get(site.name) !== told) system.send(known, { type: 'directory', switches });
      this.#told.set(site.name, told);
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
  async command(
    command: 'pause' | 'resume' | 'stop' | 'keep',
    recording: string,
    by: string,
  ): Promise<readonly string[]> {
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
    const { system, ports } = this.#options;
    const { name } = site;
    const telephony = {
      connect: (_tenant: string, on: string, listener: TLibListener) => this.#dial(name, on, listener),
    };
    return system.spawn(tenant, `tenant:${encodeURIComponent(name)}`, {
      settings: () => this.#settings.get(name)!,
      ports: { ...ports, telephony },
      switches: () => this.#watched(name),
    });
  }

  #settingsOf({ name, dbid }: TenantSite): TenantSettings {
    return { ...this.#options.settings(name), name, configured: dbid === undefined ? {} : { TENANT: String(dbid) } };
  }

  /** A switch whose servers move, or know us by another name, is another switch: its link is made anew. */
  #watched(tenant: string): WatchedSwitch[] {
    const { client, switches = [] } = this.#sites.get(tenant) ?? {};
    return switches.map(({ name, dbid, dns, servers }) => ({
      name,
      dns,
      servers: JSON.stringify([servers, client]),
      configured: dbid === undefined ? {} : { SWITCH: String(dbid) },
    }));
  }

  #dial(name: string, on: string, listener: TLibListener): TLibPort {
    const site = this.#sites.get(name);
    const found = site?.switches.find((one) => one.name === on);
    if (!site || !found) throw new TwinreelError('config-invalid', `no switch '${on}' of a tenant '${name}'`);
    const { servers } = found;
    return this.#options.dial({ servers, client: site.client }, this.#registering(name, on, listener));
  }

  /** What the link tells, told also to who wants to know what is registered. */
  #registering(tenant: string, on: string, listener: TLibListener): TLibListener {
    const { registrations } = this.#options;
    if (!registrations) return listener;
    return {
      event: (event) => listener.event(event),
      fault: (error) => listener.fault(error),
      link(state) {
        registrations.lost(tenant, on);
        listener.link(state);
      },
      dnState(state) {
        listener.dnState(state);
        registrations.stands(tenant, on, state.dn);
      },
      settled(progress) {
        listener.settled(progress);
        registrations.settled(tenant, on, progress.wanted);
      },
    };
  }
}
