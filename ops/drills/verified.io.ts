// `twinreel verify` over what a drill left: a replay begins anew on the second node, fetches every recording, makes conversations of what
// cores tell it, and is asked whether each is there once.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { replayControl } from '#cluster/replay';
import { root } from '#ops/start';
import { systemClock } from '#src/ports';
import { listRecordings } from '#src/recording';
import type { Figures } from './drill.ts';
import { type DrilledNode, until } from './drilled-node.io.ts';

/** For each recording, and for the start of it. */
const fetchedMsMax = 200;
const upMsMax = 60_000;
const lookMs = 3_000;
const endMsMax = 10_000;

interface Verdict {
  readonly recordings: number;
  readonly findings: readonly string[];
  readonly skipped: readonly string[];
}

/** `tell` hears what is wrong. */
export async function verifyLeft(nodes: readonly DrilledNode[], tell: (text: string) => void): Promise<Figures> {
  const [first, second] = nodes as [DrilledNode, DrilledNode];
  const configFile = await configOfReplay(second, first);
  const kept = (await Promise.all(nodes.map(({ layout }) => countOf(layout.recordingsDir)))).reduce((a, b) => a + b, 0);
  const env = { ...process.env, TWINREEL_CONFIG: configFile, PM2_HOME: second.home };
  const program = join(root, 'dist', 'cluster', 'processes', 'replay.js');
  const log = join(second.layout.logDir, 'replay.log');
  const replay = spawn('/bin/sh', ['-c', 'exec "$0" "$1" >"$2" 2>&1', process.execPath, program, log], {
    env,
    stdio: 'ignore',
  });
  try {
    const account = () => replayControl.account(second.layout.replaySocket).catch(() => undefined);
    const isAllThere = async () => {
      // An account of all takes replay as long as settling some of them: asked without a pause it got nowhere.
      await new Promise<void>((resolve) => systemClock.after(lookMs, resolve));
      const found = await account();
      return found && found.recordings >= kept && found.findings.length === 0 && found.running.length === 0
        ? found
        : undefined;
    };
    await until('replay to have everything', isAllThere, upMsMax + kept * fetchedMsMax).catch(async (error: Error) => {
      const { recordings = 0, findings = [], running = [] } = (await account()) ?? {};
      tell(`${error.message}: ${recordings} of ${kept} recordings, ${running.length} running, ${findings.join(', ')}`);
    });
    const conversationsInReplay = (await account())?.conversations ?? 0;
    const verdicts = [await verify(configFile), await verify(first.configFile)];
    const findings = verdicts.flatMap((one) => one.findings);
    for (const finding of [...findings, ...verdicts[0]!.skipped].slice(0, 10)) tell(`verify: ${finding}`);
    return {
      conversationsInReplay,
      recordingsVerified: verdicts.reduce((sum, { recordings }) => sum + recordings, 0),
      verifyFindings: findings.length,
      verifySkipped: verdicts[0]!.skipped.length,
    };
  } finally {
    const end = once(replay, 'exit');
    replay.kill();
    const timer = systemClock.after(endMsMax, () => replay.kill('SIGKILL'));
    await end;
    timer.cancel();
  }
}

/** That of a node, with a replay that knows the keys of both. */
async function configOfReplay(node: DrilledNode, other: DrilledNode): Promise<string> {
  const config = parse(await readFile(node.configFile, 'utf8')) as Record<string, unknown>;
  const keyOf = (name: string) => [join(other.layout.keysDir, name)];
  const replay = {
    port: 0,
    privateKeyFiles: keyOf('journal-private.pem'),
    signerFiles: keyOf('signing-public.pem'),
  };
  const path = join(node.folder, 'replay.yaml');
  await writeFile(path, stringify({ ...config, replay }));
  return path;
}

function verify(configFile: string): Promise<Verdict> {
  const words = [join(root, 'dist', 'ops', 'cli', 'twinreel.js'), '--config', configFile, '--json', 'verify'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, { maxBuffer: 2 ** 26 }, (error, out) => {
      try {
        resolve(JSON.parse(out) as Verdict);
      } catch {
        reject(error ?? new Error(`twinreel verify said: ${out}`));
      }
    });
  });
}

async function countOf(folder: string): Promise<number> {
  let count = 0;
  for await (const _ of listRecordings(folder, () => {})) count += 1;
  return count;
}
