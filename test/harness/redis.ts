// Real redis-servers for one test, alone, with a sentinel, or as a cluster: own free ports, own folders, nothing left afterwards.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freeTcpPort } from './ports.ts';
import { type RunningProcess, startProcess, temporaryFolder, until } from './processes.ts';

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

/** A master with a replica and one sentinel, whose word is enough. */
export interface TestSentinel {
  readonly sentinel: string;
  readonly masterName: string;
  readonly master: TestRedis;
  readonly replica: TestRedis;
  stop(): Promise<void>;
}

/** Resolves when the replica has everything and the sentinel knows it: from now on the master may die. */
export async function startSentinel(): Promise<TestSentinel> {
  const masterName = 'twinreel';
  const folder = temporaryFolder('sentinel');
  const started: { stop(): Promise<unknown> }[] = [];
  const stop = async () => {
    await Promise.all(started.map((one) => one.stop()));
    folder.remove();
  };
  try {
    const master = await startRedis({
      appendonly: 'no',
      'enable-debug-command': 'yes',
      'repl-diskless-sync-delay': '0',
    });
    started.push(master);
    const replica = await startRedis({ appendonly: 'no', replicaof: `127.0.0.1 ${master.port}` });
    started.push(replica);
    const client = new Redis(replica.url);
    await until('the replica to have everything', async () =>
      (await client.info('replication')).includes('master_link_status:up'),
    ).finally(() => client.disconnect());
    const port = await freeTcpPort();
    const file = join(folder.path, 'sentinel.conf');
    const settings = [
      ...[`port ${port}`, 'bind 127.0.0.1', `dir ${folder.path}`],
      `sentinel monitor ${masterName} 127.0.0.1 ${master.port} 1`,
      `sentinel down-after-milliseconds ${masterName} 500`,
      `sentinel failover-timeout ${masterName} 5000`,
    ];
    writeFileSync(file, settings.join('\n'));
    const ready = { line: /\+slave slave/ };
    started.push(await startProcess({ command: 'redis-server', args: [file, '--sentinel'], ready, cwd: folder.path }));
    return { sentinel: `127.0.0.1:${port}`, masterName, master, replica, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Three masters that have all slots between them. */
export interface TestRedisCluster {
  /** Each `host:port`. */
  readonly servers: readonly string[];
  readonly masters: readonly TestRedis[];
  stop(): Promise<void>;
}

const slots = 16_384;

/** Resolves when each master knows that the cluster is complete. */
export async function startRedisCluster(): Promise<TestRedisCluster> {
  const settings = { appendonly: 'no', 'cluster-enabled': 'yes', 'cluster-node-timeout': '1000' };
  const masters: TestRedis[] = [];
  const clients: Redis[] = [];
  const stop = async () => {
    await Promise.all(masters.map((one) => one.stop()));
  };
  try {
    for (let at = 0; at < 3; at += 1)
      masters.push(await startRedis({ ...settings, 'cluster-port': String(await freeTcpPort()) }));
    for (const { url } of masters) clients.push(new Redis(url));
    const busPort = async (at: number) => String(((await clients[at]!.config('GET', 'cluster-port')) as string[])[1]);
    for (const [at, client] of clients.entries()) {
      const [first, end] = [at, at + 1].map((nth) => Math.floor((nth * slots) / clients.length));
      await client.call('CLUSTER', 'ADDSLOTSRANGE', String(first), String(end! - 1));
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(at + 1));
      if (at > 0) await client.call('CLUSTER', 'MEET', '127.0.0.1', String(masters[0]!.port), await busPort(0));
    }
    await until('the cluster to be complete', async () => {
      const states = await Promise.all(clients.map((client) => client.call('CLUSTER', 'INFO')));
      return states.every((one) => /cluster_state:ok.*cluster_known_nodes:3/s.test(String(one)));
    });
    return { servers: masters.map(({ port }) => `127.0.0.1:${port}`), masters, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    for (const client of clients) client.disconnect();
  }
}
