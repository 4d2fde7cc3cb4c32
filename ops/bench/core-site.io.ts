// What stands around a core that is measured: a redis-server, the lab's configuration server, and a telephony server that costs
// little; and the core itself, from its compiled entry point as pm2 starts it. Nothing of it is left when it is stopped.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import { type CoreReport, coreControl } from '#cluster/core';
import { connectRedis, coupleKeyPattern } from '#cluster/redis';
import { labSite, labUser } from '#ops/lab';
import { freePort, root } from '#ops/start';
import { layoutOf, loadConfig } from '#src/config';
import { DirectoryServer } from '#src/directory';
import { TwinreelError } from '#src/errors';
import { systemClock } from '#src/ports';
import type { Couple } from '#src/recording';
import type { SwitchNews, SwitchOrder } from './busy-switch.protocol.ts';
import { end } from './node.io.ts';

export interface CoreSite {
  readonly pids: { readonly core: number; readonly redis: number; readonly switch: number };
  order(order: SwitchOrder): void;
  /** The next news of this type. Rejects with `bench-impossible` when it does not come within `withinMs`, or a process ends before. */
  news<Type extends SwitchNews['type']>(type: Type, withinMs: number): Promise<Extract<SwitchNews, { type: Type }>>;
  report(): Promise<CoreReport>;
  /** What the core's heap holds, garbage not counted. */
  heapBytes(): Promise<number>;
  /** Every couple in Redis. */
  couples(): Promise<Couple[]>;
  stop(): Promise<void>;
}

const upMsMax = 60_000;
const lookMs = 20;

/** Starts it; resolves when the core's link has come. `record`: which of the DNs are recorded. */
export async function startCoreSite(dns: readonly string[], record: readonly string[]): Promise<CoreSite> {
  const folder = mkdtempSync(join(tmpdir(), 'twinreel-bench-'));
  const output = join(folder, 'output');
  const heapFile = join(folder, 'heap.json');
  const children: ChildProcess[] = [];
  const closing: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const child of children.toReversed()) await end(child);
    for (const close of closing.toReversed()) await close();
    rmSync(folder, { recursive: true, force: true });
  };
  const begin = (command: string, args: readonly string[], env: Readonly<Record<string, string>>) => {
    const file = openSync(output, 'a');
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', file, file] });
    children.push(child);
    return child;
  };
  const isDown = () => children.find(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null);
  try {
    const redisPort = await freePort();
    const redisUrl = `redis://127.0.0.1:${redisPort}`;
    const redisFolder = join(folder, 'redis');
    mkdirSync(redisFolder);
    const redisArgs = ['--port', String(redisPort), '--bind', '127.0.0.1', '--dir', redisFolder, '--appendonly', 'no'];
    const redis = begin('redis-server', [...redisArgs, '--save', ''], {});

    const telephony = fork(join(root, 'dist/ops/bench/busy-switch.js'), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    children.push(telephony);
    const order = (one: SwitchOrder) => void telephony.send(one);
    const heard: SwitchNews[] = [];
    telephony.on('message', (news: SwitchNews) => void heard.push(news));
    const news: CoreSite['news'] = <Type extends SwitchNews['type']>(type: Type, withinMs: number) =>
      until(`the telephony server to say ${type}`, withinMs, isDown, output, () => {
        const at = heard.findIndex((one) => one.type === type);
        return at < 0 ? undefined : (heard.splice(at, 1)[0] as Extract<SwitchNews, { type: Type }>);
      });
    order({ type: 'listen', dns: dns.length });
    const { port } = await news('listening', upMsMax);

    const site = labSite(
      port,
      dns.map((number) => ({ number, type: 'extension', options: {} })),
    );
    const directory = await DirectoryServer.listen({ host: '127.0.0.1', port: 0, site });
    closing.push(() => directory.close());
    const configFile = join(folder, 'twinreel.yaml');
    const { name: user, password } = labUser;
    const settings = {
      dataDir: folder,
      directory: { servers: [`127.0.0.1:${directory.endpoint.port}`], user, password },
      core: { linkPort: 0, record: [...record] },
      logging: { level: 'warn' },
    };
    writeFileSync(configFile, stringify(settings));
    const layout = layoutOf(loadConfig(configFile));
    const preload = pathToFileURL(join(root, 'dist/ops/bench/heap-report.io.js')).href;
    const core = begin(process.execPath, [join(root, 'dist/cluster/processes/core.js')], {
      NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${preload}`,
      TWINREEL_BENCH_HEAP: heapFile,
      TWINREEL_CONFIG: configFile,
      REDIS_URL: redisUrl,
    });
    const heapBytes = async () => {
      rmSync(heapFile, { force: true });
      core.kill('SIGUSR2');
      return until('the heap of the core', upMsMax, isDown, output, () => readJson<{ bytes: number }>(heapFile)?.bytes);
    };
    const report = () => coreControl.report(layout.coreSocket);
    await until('the core to answer', upMsMax, isDown, output, () => report().catch(() => undefined));
    return {
      pids: { core: core.pid!, redis: redis.pid!, switch: telephony.pid! },
      order,
      news,
      report,
      heapBytes,
      couples: () => couplesOf(redisUrl),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function couplesOf(url: string): Promise<Couple[]> {
  const redis = connectRedis({ url, commandTimeoutMs: 10_000, log: { warn() {} } });
  await once(redis, 'ready');
  const couples: Couple[] = [];
  for (let cursor = '0'; ; ) {
    const [next, keys] = await redis.scan(cursor, 'MATCH', coupleKeyPattern, 'COUNT', 1_000);
    const texts = keys.length === 0 ? [] : await redis.mget(keys);
    couples.push(...texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as Couple])));
    cursor = next;
    if (cursor === '0') break;
  }
  redis.disconnect();
  return couples;
}

async function until<Found>(
  what: string,
  withinMs: number,
  isDown: () => ChildProcess | undefined,
  output: string,
  look: () => Promise<Found | undefined> | Found | undefined,
): Promise<Found> {
  const untilMs = systemClock.monotonicMs() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    const down = isDown();
    if (!down && systemClock.monotonicMs() < untilMs) {
      await new Promise<void>((wake) => void systemClock.after(lookMs, wake));
      continue;
    }
    const why = down ? `${down.spawnargs.join(' ')} has ended` : `not within ${withinMs / 1_000} s`;
    const said = readFileSync(output, 'utf8').slice(-2_000);
    throw new TwinreelError('bench-impossible', `waited for ${what}: ${why}\n${said}`);
  }
}

function readJson<Value>(file: string): Value | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Value;
  } catch {
    return undefined;
  }
}
