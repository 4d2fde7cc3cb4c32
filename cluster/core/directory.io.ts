// The configuration server of a core: what it knows, now and whenever it changes. The last good copy on disk stands in while it is
// away.

import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config, Layout } from '#src/config';
import { type Directory, DirectoryClient } from '#src/directory';
import { endpointOfText } from '#src/wire';

export interface DirectoryWatch {
  readonly config: Config;
  readonly layout: Layout;
  readonly log: Logger;
}

/** Begins to watch; undefined when no configuration server is named. */
export async function watchDirectory(
  { config, layout, log }: DirectoryWatch,
  changed: (directory: Directory) => void,
): Promise<DirectoryClient | undefined> {
  const { reconnectMs } = config.core;
  const { servers, application, user, password, updateMs } = config.directory;
  if (servers.length === 0) return undefined;
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
      changed(directory, source) {
        log.info({ source, objects: directory.size }, 'directory');
        changed(directory);
      },
      link: (standing) => log.info({ phase: standing.phase }, 'configuration server'),
      fault: (error) => log.warn({ code: error.code, error: error.message }, 'configuration server'),
    },
  );
}
