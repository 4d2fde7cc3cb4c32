// The node of a bench: keeper with edge and capture, and a recorder if it is wanted, each started from its compiled entry
// point as pm2 would, in a temporary folder. Nothing of it is left when it is stopped.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { keeperSwitches, type NodeCard, readNodeCard } from '#cluster/keeper';
import { keeperOptionsOf } from '#cluster/keeper/settings';
import { type RecorderReport, recorderControl } from '#cluster/recorder';
import { root } from '#ops/start';
import { type Layout, layoutOf, loadConfig } from '#src/config';
import { TwinreelError } from '#src/errors';
import { systemClock } from '#src/ports';

export interface NodeOptions {
  readonly recorder: 'with' | 'without';
  /** RTP ports, four to a call. */
  readonly calls: number;
  /** A drachtio-server in the place of our edge. */
  readonly against?: { readonly host: string; readonly port: number; readonly secret: string } | undefined;
  /** Settings of capture, as in the configuration. */
  readonly capture?: Readonly<Record<string, unknown>>;
  /** Added to the environment of its processes. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface BenchNode {
  readonly card: NodeCard;
  readonly layout: Layout;
  readonly rtp: { readonly portMin: number; readonly portMax: number };
  readonly secret: string;
  readonly recorderPid: number | undefined;
  report(): Promise<RecorderReport>;
  stop(): Promise<void>;
}

const upMsMax = 30_000;
const stopMsMax = 10_000;
/** Above the ports that systems give to whoever asks for any. */
const portMin = 20_000;

/** Starts a node and waits until it takes calls. Rejects with `bench-impossible` and the end of its output. */
export async function startNode({
  recorder,
  calls,
  against,
  capture = {},
  env: added = {},
}: NodeOptions): Promise<BenchNode> {
  const folder = mkdtempSync(join(tmpdir(), 'twinreel-bench-'));
  const configFile = join(folder, 'twinreel.yaml');
  const edge = against ? { ...against, embedded: false } : { port: 0 };
  const rtp = { portMin, portMax: portMin + 4 * calls - 1 };
  const settings = {
    dataDir: folder,
    sip: { port: 0 },
    edge,
    capture: { ...capture, ...rtp },
    recorder: { streamsMax: 2 * calls, lingerMs: 100 },
    logging: { level: 'warn' },
  };
  writeFileSync(configFile, stringify(settings));
  const config = loadConfig(configFile);
  const layout = layoutOf(config);
  const output = join(folder, 'output');
  const children: ChildProcess[] = [];
  const start = (name: string, env: Record<string, string>, switches: readonly string[] = []) => {
    const script = `output=$1; shift; exec "$0" "$@" >>"$output" 2>&1`;
    const program = join(root, 'dist/cluster/processes', `${name}.js`);
    const args = ['-c', script, process.execPath, output, ...switches, program];
    const child = spawn('/bin/sh', args, {
      env: { ...process.env, ...added, ...env, TWINREEL_CONFIG: configFile },
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    children.push(child);
    return child.pid;
  };
  const stop = async () => {
    for (const child of children.toReversed()) await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const report = () => recorderControl.report(layout.recorderSocket);
  try {
    start('keeper', { TWINREEL_OPTIONS: JSON.stringify(keeperOptionsOf(config, layout)) }, keeperSwitches);
    const recorderPid = recorder === 'with' ? start('recorder', {}) : undefined;
    const untilMs = systemClock.monotonicMs() + upMsMax;
    for (;;) {
      const card = await readNodeCard(layout.runDir);
      const isUp = card?.controlSocket && (against || card.application);
      const records =
        recorder === 'without' || (isUp && (await report().catch(() => undefined))?.['packets'] !== undefined);
      if (card && isUp && records) {
        const { secret } = config.edge;
        return { card, layout, rtp, secret, recorderPid, report, stop };
      }
      if (systemClock.monotonicMs() > untilMs || children.some(({ exitCode }) => exitCode !== null)) break;
      await new Promise((wake) => systemClock.after(50, () => wake(undefined)));
    }
    throw new TwinreelError(
      'bench-impossible',
      `the node did not come up:\n${readFileSync(output, 'utf8').slice(-2_000)}`,
    );
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Ends a process that was started here; one that does not end when told to is killed. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((left) => void child.once('exit', () => left()));
  child.kill('SIGTERM');
  const patience = systemClock.after(stopMsMax, () => child.kill('SIGKILL'));
  await exited;
  patience.cancel();
}
