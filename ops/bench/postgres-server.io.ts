// A PostgreSQL of our own for measurements and tests: in a temporary folder, on a Unix socket, gone afterwards. It takes no care of
// what it holds, and must not be used for anything that is to last.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { TwinreelError } from '#src/errors';

export interface PostgresServer {
  readonly url: string;
  stop(): Promise<void>;
}

const debian = '/usr/lib/postgresql';
const startMsMax = 30_000;

/** Why no server can be started here; undefined when one can. */
export function whyNoPostgres(): string | undefined {
  if (!programs()) return 'there is no PostgreSQL; on Debian: apt-get install postgresql';
  if (process.getuid?.() === 0 && !account()) return 'PostgreSQL does not run as root, and there is no user postgres';
  return undefined;
}

/** `settings`: further lines of postgresql.conf. Throws `bench-impossible` where {@link whyNoPostgres} says so. */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const why = whyNoPostgres();
  if (why !== undefined) throw new TwinreelError('bench-impossible', why);
  const bin = programs()!;
  const folder = mkdtempSync(join(tmpdir(), 'twinreel-postgres-'));
  const asUser = process.getuid?.() === 0 ? account() : undefined;
  if (asUser) chownSync(folder, asUser.uid, asUser.gid);
  const data = join(folder, 'data');
  const who = asUser ? [`--reuid=${asUser.uid}`, `--regid=${asUser.gid}`, '--clear-groups'] : [];
  const remove = () => rmSync(folder, { recursive: true, force: true });

  const options = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'];
  const made = spawnSync('setpriv', [...who, '--', join(bin, 'initdb'), ...options], { cwd: folder, encoding: 'utf8' });
  if (made.status !== 0) {
    remove();
    throw new TwinreelError('bench-impossible', `initdb: ${made.stderr || String(made.error)}`);
  }
  const all = { listen_addresses: '', unix_socket_directories: folder, fsync: 'off', ...settings };
  const given = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // It goes with whoever started it, also when that is killed.
  const command = [...who, '--pdeathsig', 'INT', '--', join(bin, 'postgres'), '-D', data, ...given];
  const server = spawn('setpriv', command, { cwd: folder, stdio: 'ignore' });
  const stop = async () => {
    await ended(server);
    remove();
  };
  const url = `postgres://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`;
  try {
    await answering(url, server);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

/** The folder of the newest PostgreSQL that Debian has installed. */
function programs(): string | undefined {
  if (!existsSync(debian)) return undefined;
  const versions = readdirSync(debian).sort((one, other) => Number(other) - Number(one));
  return versions.map((version) => join(debian, version, 'bin')).find((bin) => existsSync(join(bin, 'postgres')));
}

function account(): { uid: number; gid: number } | undefined {
  const of = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout || Number.NaN);
  const [uid, gid] = [of('-u'), of('-g')];
  return Number.isNaN(uid) || Number.isNaN(gid) ? undefined : { uid, gid };
}

async function answering(url: string, server: ChildProcess): Promise<void> {
  for (const untilMs = performance.now() + startMsMax; ; ) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (server.exitCode !== null || performance.now() > untilMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** SIGINT: connections are ended, and it goes. */
async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGINT');
  await gone;
}
