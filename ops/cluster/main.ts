// `npm run cluster -- --nodes 2`: several nodes on this machine, each with keeper, recorder, core and resource manager, and calls
// of the lab that flow through them until Ctrl-C. With --once it plays a few, shows their couples and ends: 0 when every call is one
// couple and recorded whole, 1 when not. With --lab it plays scenarios of the lab instead, as `npm run lab` does on one node.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { playAll, scenariosNamed } from '#ops/lab/scenarios';
import { isRunning } from '#ops/start';
import { layoutOf, loadConfig } from '#src/config';
import { codeOf, messageOf, TwinreelError } from '#src/errors';
import { systemClock } from '#src/ports';
import { type CallEnd, placeCall } from './calls.io.ts';
import { Nodes, stopNodes } from './nodes.io.ts';
import { PlayedNodes } from './played-nodes.io.ts';

interface Options {
  readonly nodes: number;
  readonly once: boolean;
  readonly calls: number;
  readonly stop: boolean;
  readonly lab?: readonly string[];
  readonly json?: boolean;
}

const nodesMax = 8;
const betweenMs = 1_000;
const spokenMs = 4_000;

const number = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new TwinreelError('config-invalid', `'${text}' is not allowed; a whole number from ${least} to ${most}`);
};

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort(new Error(signal)));

const program = new Command('cluster')
  .description('several nodes on this machine, and calls that flow through them')
  .option('--nodes <count>', 'how many nodes', number(1, nodesMax), 2)
  .option('--once', 'a few calls, then the end', false)
  .option('--calls <count>', 'how many calls with --once', number(1, 100), 4)
  .option('--lab <scenario...>', "plays these scenarios of the lab, or 'all'")
  .option('--json', 'one JSON line for each scenario instead of text')
  .option('--stop', 'stops what a run that was ended the hard way has left', false)
  .action(async (options: Options) => {
    process.exitCode = await run(options);
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`cluster: ${messageOf(error)} [${codeOf(error) ?? 'unexpected'}]\n`);
  process.exitCode = 2;
}
process.exit();

async function run({ nodes: count, once, calls, stop, lab, json }: Options): Promise<number> {
  const folder = join(layoutOf(loadConfig()).runDir, '..', 'cluster');
  if (stop) {
    await stopNodes(folder, nodesMax);
    return 0;
  }
  if (lab) return (await playScenarios(lab, count, json)) ? 0 : 1;
  say(`starting ${count} nodes in ${folder}`);
  const nodes = await Nodes.start({ count, folder, signal: interrupted.signal });
  try {
    await whereToLook(nodes);
    const ends = await flow(nodes, once ? calls : Number.POSITIVE_INFINITY);
    const wrong = ends.filter((end) => end.wrong.length > 0).length;
    say(`${ends.length} calls, ${ends.length - wrong} of them one couple and recorded whole`);
    return wrong === 0 ? 0 : 1;
  } finally {
    say('stopping');
    await nodes.close();
  }
}

/** On nodes in a folder of their own, of which nothing is left. */
async function playScenarios(names: readonly string[], count: number, json: boolean | undefined): Promise<boolean> {
  const { signal } = interrupted;
  const chosen = scenariosNamed(names);
  const folder = await mkdtemp(join(tmpdir(), 'twinreel-cluster-'));
  const start = (site?: 'duplicated') =>
    PlayedNodes.start({ count, folder: join(folder, site ?? 'usual'), duplicated: site === 'duplicated', signal });
  try {
    return await playAll(chosen, { start, json, signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Begins a call each second, on the next DN; gives what became of all that came to their end. */
async function flow(nodes: Nodes, most: number): Promise<CallEnd[]> {
  const ends: CallEnd[] = [];
  const running: Promise<void>[] = [];
  for (let index = 0; index < most && !interrupted.signal.aborted; index += 1) {
    running.push(
      placeCall(nodes, index, spokenMs).then((end) => {
        ends.push(end);
        say(callText(end));
      }),
    );
    await pause(betweenMs);
  }
  await Promise.all(running);
  return ends;
}

function callText({ dn, otherDn, callUuid, couple, knownBy, wrong }: CallEnd): string {
  const known = knownBy.length > 0 ? `known on ${knownBy.join(', ')}` : 'known nowhere';
  const takes = couple?.takes.map(({ node }) => node).join(', ');
  const standing = wrong.length === 0 ? `recorded on ${takes}` : `INCOMPLETE: ${wrong.join('; ')}`;
  return `${otherDn} → ${dn}  ${couple?.sid ?? callUuid}  ${known}  ${standing}`;
}

async function whereToLook(nodes: Nodes): Promise<void> {
  for (const { name, sip, layout, configFile, manager } of nodes.all) {
    const running = await manager.list();
    const pids = [];
    for (const { name: process, pid } of running) if (await isRunning(pid)) pids.push(`${process} ${pid}`);
    say(`${name}     SIP ${sip.address}:${sip.port}; ${pids.join(', ')}`);
    say(`           logs ${layout.logDir}; ask with: npx twinreel --config ${configFile} shards`);
  }
  say(`redis      ${nodes.redisUrl}`);
  say('calls flow; kill -9 what you like. Ctrl-C stops everything');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = systemClock.after(ms, end);
    interrupted.signal.addEventListener('abort', end);
    function end() {
      timer.cancel();
      interrupted.signal.removeEventListener('abort', end);
      resolve();
    }
  });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
