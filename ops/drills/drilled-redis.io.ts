// The Redis of a drill that kills it: one server, or a master with a replica and a sentinel whose word is enough. Nothing is written to
// disk: who comes back after a kill is empty.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectRedis, type RedisConnection } from '#cluster/redis';
import { freePort } from '#ops/start';
import type { ClusterDrill } from './drill.ts';
import { until } from './drilled-node.io.ts';

/** As settings say where it is. */
export type DrilledPlace =
  | { readonly url: string }
  | { readonly sentinels: readonly string[]; readonly masterName: string };

const upMsMax = 20_000;
const commandTimeoutMs = 1_000;
const loopback = '127.0.0.1';
const masterName = 'drilled';
/** After so long a master that is silent counts as dead. */
const silentMsMax = 500;

export class DrilledRedis {
  readonly place: DrilledPlace;
  /** Of the server that is the master at the beginning. */
  readonly url: string;
  readonly port: number;
  readonly #folder: string;
  readonly #running: ChildProcess[];
  #master: ChildProcess;

  private constructor(folder: string, port: number, running: ChildProcess[], place: DrilledPlace) {
    this.#folder = folder;
    this.port = port;
    this.#running = running;
    this.#master = running[0]!;
    this.url = urlOf(port);
    this.place = place;
  }

  /** One server is reached at `address`, too. Resolves when it takes commands, and when a replica has everything. */
  static async start(kind: NonNullable<ClusterDrill['redis']>, address = loopback): Promise<DrilledRedis> {
    const folder = await mkdtemp(join(tmpdir(), 'twinreel-drilled-redis-'));
    const running: ChildProcess[] = [];
    try {
      const port = await freePort();
      const bound = ['--bind', ...new Set([loopback, address]), '--protected-mode', 'no'];
      running.push(await serverOn(port, folder, bound));
      if (kind === 'server') return new DrilledRedis(folder, port, running, { url: urlOf(port, address) });
      const replicaPort = await freePort();
      running.push(await serverOn(replicaPort, folder, ['--replicaof', `127.0.0.1 ${port}`]));
      await asked(replicaPort, async (replica) => {
        const hasAll = async () => (await replica.info('replication')).includes('master_link_status:up') || undefined;
        await until('the replica to have everything', hasAll, upMsMax);
      });
      const sentinelPort = await freePort();
      running.push(await sentinelOn(sentinelPort, port, folder));
      const place = { sentinels: [`127.0.0.1:${sentinelPort}`], masterName };
      return new DrilledRedis(folder, port, running, place);
    } catch (error) {
      await endAll(running, folder);
      throw error;
    }
  }

  /** kill -9 of the server, of the master where there are several. */
  async kill(): Promise<void> {
    await ended(this.#master);
  }

  /** A server of before comes back, with nothing. */
  async comeBack(): Promise<void> {
    this.#master = await serverOn(this.port, this.#folder);
    this.#running.push(this.#master);
  }

  async flush(): Promise<void> {
    await asked(this.port, (master) => master.flushall());
  }

  /** The replica gets nothing from its master any more, which goes on serving those that are connected. */
  async cutReplica(): Promise<void> {
    await asked(this.port, async (master) => {
      await master.config('SET', 'requirepass', 'of nobody');
      await master.client('KILL', 'TYPE', 'REPLICA');
    });
  }

  async end(): Promise<void> {
    await endAll(this.#running, this.#folder);
  }
}

function urlOf(port: number, address = loopback): string {
  return `redis://${address}:${port}`;
}

async function serverOn(port: number, folder: string, more: readonly string[] = []): Promise<ChildProcess> {
  const settings = ['--port', String(port), '--bind', loopback, '--dir', folder, '--appendonly', 'no', '--save', ''];
  const server = spawn('redis-server', [...settings, '--repl-diskless-sync-delay', '0', ...more], { stdio: 'ignore' });
  await asked(port, (redis) => redis.ping());
  return server;
}

async function sentinelOn(port: number, masterPort: number, folder: string): Promise<ChildProcess> {
  const file = join(folder, 'sentinel.conf');
  const settings = [
    ...[`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`],
    `sentinel monitor ${masterName} 127.0.0.1 ${masterPort} 1`,
    `sentinel down-after-milliseconds ${masterName} ${silentMsMax}`,
    `sentinel failover-timeout ${masterName} 5000`,
  ];
  await writeFile(file, settings.join('\n'));
  const sentinel = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  await asked(port, async (redis) => {
    const knowsReplica = async () =>
      ((await redis.call('SENTINEL', 'REPLICAS', masterName)) as unknown[]).length > 0 || undefined;
    await until('the sentinel to know the replica', knowsReplica, upMsMax);
  });
  return sentinel;
}

/** Asks one server over a connection of its own, once it answers. */
async function asked<Answer>(port: number, ask: (redis: RedisConnection) => Promise<Answer>): Promise<Answer> {
  const redis = connectRedis({ url: urlOf(port), commandTimeoutMs, log: { warn() {} } });
  try {
    await until('redis-server', async () => redis.status === 'ready' || undefined, upMsMax);
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const end = once(server, 'exit');
  server.kill('SIGKILL');
  await end;
}

async function endAll(running: readonly ChildProcess[], folder: string): Promise<void> {
  await Promise.all(running.map(ended));
  await rm(folder, { recursive: true, force: true });
}
