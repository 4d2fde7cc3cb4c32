// A real redis-server for one test: own free port, own folder, own appendonly file, nothing left afterwards.

import { freeTcpPort } from './ports.ts';
import { type RunningProcess, startProcess, temporaryFolder } from './processes.ts';

/** A running Redis. */
export interface TestRedis {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  /** Ends the server with SIGKILL and keeps port and data, as a crash would. */
  crash(): Promise<void>;
  /** Starts the server again after {@link crash} on the same port with the same data. */
  restart(): Promise<void>;
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
}

/** Starts redis-server and waits until it accepts connections. `settings` are further `--name value` options. */
export async function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<TestRedis> {
  const folder = temporaryFolder('redis');
  const port = await freeTcpPort();
  const options = { bind: '127.0.0.1', port, dir: folder.path, appendonly: 'yes', save: '', ...settings };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const start = () =>
    startProcess({ command: 'redis-server', args, ready: { line: /Ready to accept connections/ }, cwd: folder.path });
  let server: RunningProcess = await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    folder: folder.path,
    async crash() {
      await server.stop(0);
    },
    async restart() {
      server = await start();
    },
    async stop() {
      await server.stop();
      folder.remove();
    },
  };
}
