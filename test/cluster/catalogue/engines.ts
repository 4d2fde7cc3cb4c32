// The engines the catalogue is tried on, each with a database of its own.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Database, openEmbedded, openPostgres } from '#cluster/catalogue';
import { startPostgres, whyNoPostgres } from '#ops/bench';

export const compiledThread = pathToFileURL(resolve('dist/cluster/processes/catalogue-engine.js'));

export interface TriedEngine {
  readonly name: string;
  /** Why it is not tried here. */
  readonly missing: string | undefined;
  start(): Promise<{ readonly database: Database; stop(): Promise<void> }>;
}

export const engines: readonly TriedEngine[] = [
  {
    name: 'embedded',
    missing: undefined,
    async start() {
      const { database } = await openEmbedded({ folder: undefined, nowMs: 0, thread: compiledThread });
      return { database, stop: () => database.close() };
    },
  },
  {
    name: 'postgres',
    missing: whyNoPostgres(),
    async start() {
      const server = await startPostgres();
      const options = { url: server.url, connectionsMax: 4, connectMsMax: 10_000, statementMsMax: 10_000 };
      const database = await openPostgres(options);
      const stop = async () => {
        await database.close();
        await server.stop();
      };
      return { database, stop };
    },
  },
];
