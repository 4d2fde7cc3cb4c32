// What a core watches now: what the configuration server knows, and what is set for it, put together anew whenever either changes.

import type { Config } from '#src/config';
import { type Directory, type Discovery, discover, notMonitoredTexts } from '#src/directory';
import type { Agents } from './agents.ts';
import {
  discoveryRulesOf,
  joined,
  leftOutByDefaults,
  sitesOfConfig,
  sitesOfDiscovery,
  type TenantSite,
} from './sites.ts';

export interface WatchedOptions {
  readonly agents: Agents;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  readonly changed: (sites: readonly TenantSite[]) => void;
}

export class Watched {
  readonly #options: WatchedOptions;
  #config: Config;
  #directory: Directory | undefined;
  #sites: readonly TenantSite[] = [];
  /** What was said last: nothing is said twice. */
  #said = '';

  constructor(config: Config, options: WatchedOptions) {
    this.#options = options;
    this.#config = config;
    this.#watch();
  }

  get sites(): readonly TenantSite[] {
    return this.#sites;
  }

  configure(config: Config): void {
    this.#config = config;
    this.#watch();
  }

  know(directory: Directory): void {
    this.#directory = directory;
    this.#watch();
  }

  #watch(): void {
    const { agents, changed } = this.#options;
    const byFile = sitesOfConfig(this.#config);
    if (this.#directory) {
      const discovery = discover(this.#directory, discoveryRulesOf(this.#config));
      this.#sites = joined(byFile, sitesOfDiscovery(discovery, this.#config));
      agents.know(this.#directory, this.#sites);
      this.#say(discovery);
    } else {
      this.#sites = byFile;
      this.#say(undefined);
    }
    changed(this.#sites);
  }

  #say(discovery: Discovery | undefined): void {
    const { log } = this.#options;
    const { monitored = [], unmonitoredSwitches = [], unmonitoredDns = [] } = discovery ?? {};
    const dns = this.#sites.flatMap(({ switches }) => switches).reduce((sum, one) => sum + one.dns.length, 0);
    const figures = { switches: monitored.length, dns, unmonitoredDns: unmonitoredDns.length };
    const switches = unmonitoredSwitches.map(({ switch: one, why }) => ({ switch: one.name, why }));
    const leftOut = leftOutByDefaults(this.#sites, this.#config);
    const said = JSON.stringify([figures, switches, leftOut]);
    if (said === this.#said) return;
    this.#said = said;
    log.info(figures, 'watched');
    for (const one of switches) log.warn({ ...one, text: notMonitoredTexts[one.why] }, 'a switch is not monitored');
    for (const one of leftOut)
      log.warn(one, 'the default DN ranges leave DNs of a tenant out that reuses them: they are not recorded');
  }
}
