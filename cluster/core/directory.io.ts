// The configuration server of a core: what it knows, now and whenever it changes, as tenants to watch. The last good copy on disk
// stands in while it is away.

import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config, Layout } from '#src/config';
import { type Directory, DirectoryClient, discover, notMonitoredTexts } from '#src/directory';
import { endpointOfText } from '#src/wire';
import { sitesOfDiscovery, type TenantSite } from './sites.ts';

export interface DirectoryWatch {
  readonly config: Config;
  readonly layout: Layout;
  readonly log: Logger;
}

/** Begins to watch; undefined when no configuration server is named. */
export async function watchDirectory(
  { config, layout, log }: DirectoryWatch,
  changed: (sites: readonly TenantSite[], directory: Directory) => void,
): Promise<DirectoryClient | undefined> {
  const { reconnectMs } = config.core;
  const { servers, application, user, password, updateMs, onlyTenants } = config.directory;
  if (servers.length === 0) return undefined;
  const rules = onlyTenants.length > 0 ? { onlyTenants } : {};
  return DirectoryClient.open(
    {
      servers: servers.map(endpointOfText),
      application,
      user,
      password,
      updateMs,
      reconnectMs,
      cacheFile: join(layout.coreJournalDir, 'directory.jsonl'),
    },
    {
      changed(directory: Directory, source) {
        const discovery = discover(directory, rules);
        const { monitored, unmonitoredSwitches, unmonitoredDns } = discovery;
        const dns = monitored.reduce((sum, one) => sum + one.dns.length, 0);
        log.info({ source, switches: monitored.length, dns, unmonitoredDns: unmonitoredDns.length }, 'directory');
        for (const { switch: one, why } of unmonitoredSwitches) {
          log.warn({ switch: one.name, why, text: notMonitoredTexts[why] }, 'a switch is not monitored');
        }
        changed(sitesOfDiscovery(discovery, config), directory);
      },
      link: (standing) => log.info({ phase: standing.phase }, 'configuration server'),
      fault: (error) => log.warn({ code: error.code, error: error.message }, 'configuration server'),
    },
  );
}
