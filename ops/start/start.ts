// `npm start`: brings the cluster up from ecosystem.config.js, places one demonstration call and shows what became of it.
// Stays with a status line until Ctrl-C and then stops everything it started; with --once it ends after the call,
// 0 when the recording is complete, 1 when it is not.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NodeCard, readNodeCard } from '#cluster/keeper';
import { recorderControl } from '#cluster/recorder';
import { readFirstAdmin } from '#cluster/replay-api';
import { type Lab, labDns, startLab } from '#ops/lab';
import { codeOf, messageOf, TwinreelError } from '#src/errors';
import { systemClock } from '#src/ports';
import { demonstrate } from './demonstrate.ts';
import { ProcessManager } from './process-manager.io.ts';
import { prepareSettings, type StartSettings } from './settings.io.ts';

const once = process.argv.includes('--once');
const upMsMax = 90_000;
const statusMs = 1_000;
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());

process.exitCode = await run();

async function run(): Promise<number> {
  try {
    const settings = await prepareSettings(process.env['TWINREEL_CONFIG'], 'lab');
    const manager = new ProcessManager(join(settings.layout.runDir, 'pm2'), settings.env);
    await refuseSecond(manager, settings);
    let lab: Lab | undefined;
    try {
      const card = await bringUp(manager, settings);
      // It stays as long as the cluster does, which would look for it for ever.
      lab = settings.lab && card.sip ? await startLab({ recorder: card.sip, ...settings.lab }) : undefined;
      const complete = await demonstrate(card, lab, settings, say, interrupted.signal);
      await tellPages(settings);
      if (!once && !interrupted.signal.aborted) {
        if (lab) offerDesktops(lab);
        await stay(manager, settings);
      }
      return complete || (!once && interrupted.signal.aborted) ? 0 : 1;
    } finally {
      say('stopping');
      await manager.stop();
      await lab?.close();
      say('stopped');
    }
  } catch (error) {
    process.stderr.write(`twinreel: ${messageOf(error)} [${codeOf(error) ?? 'unexpected'}]\n`);
    return 1;
  }
}

async function refuseSecond(manager: ProcessManager, { layout }: StartSettings): Promise<void> {
  const running = await manager.list();
  if (running.length === 0) return;
  const names = running.map(({ name, pid }) => `${name} (${pid})`).join(', ');
  throw new TwinreelError(
    'already-running',
    `${names} run already from ${layout.runDir}; stop them with: npm run stop`,
  );
}

async function bringUp(manager: ProcessManager, { config, layout, remarks }: StartSettings): Promise<NodeCard> {
  say(
    `starting node ${config.node}: redis, keeper with edge and capture, recorder, core${config.replay.port === undefined ? '' : ', replay'}`,
  );
  for (const remark of remarks) say(remark);
  await manager.start();
  const untilMs = systemClock.monotonicMs() + upMsMax;
  for (;;) {
    const card = await readNodeCard(layout.runDir);
    const up =
      card !== undefined && (await recorderControl.report(layout.recorderSocket).catch(() => undefined)) !== undefined;
    if (up) {
      const sip = card.sip ? `${card.sip.transport}/${card.sip.address}:${card.sip.port}` : 'a drachtio-server';
      say(
        `up: SIP on ${sip}, RTP on ${card.rtp.address} ports ${card.rtp.portMin}-${card.rtp.portMax}, logs in ${layout.logDir}`,
      );
      return card;
    }
    if (systemClock.monotonicMs() > untilMs || interrupted.signal.aborted) {
      const states = (await manager.list()).map(({ name, status }) => `${name} ${status}`).join(', ');
      throw new TwinreelError(
        'start-failed',
        `not up after ${upMsMax / 1000} s (${states}); see the logs in ${layout.logDir}`,
      );
    }
    await pause(100);
  }
}

/** Where what was recorded is found and heard, if a replay runs here. */
async function tellPages({ config, layout }: StartSettings): Promise<void> {
  if (config.replay.port === undefined) return;
  const untilMs = systemClock.monotonicMs() + upMsMax;
  const told = () => readFile(layout.replayUrlFile, 'utf8').catch(() => undefined);
  let url = await told();
  for (; url === undefined && systemClock.monotonicMs() < untilMs && !interrupted.signal.aborted; url = await told())
    await pause(100);
  if (url === undefined) {
    say(`replay is not up; see ${join(layout.logDir, 'replay.log')}`);
    return;
  }
  const first = await readFirstAdmin(join(layout.replayDir, 'people'));
  say(`conversations: ${url}${first ? ` (sign in as ${first.user}, password ${first.password})` : ''}`);
}

/** Whoever likes to may be an agent of the lab: each DN has a phone that does what its desktop says. */
function offerDesktops({ phones }: Lab): void {
  const numbers = labDns.map(({ number }) => number);
  for (const number of numbers) phones.phone(number);
  say(`agents' desktops, in another terminal: npx twinreel desktop ${numbers[1]} (or ${numbers.slice(2).join(', ')})`);
}

/** One line, written over and over on a terminal; elsewhere only when it changes. */
async function stay(manager: ProcessManager, { layout }: StartSettings): Promise<void> {
  say('the cluster stays up; Ctrl-C stops everything');
  void manager.keepUp(interrupted.signal, say);
  let before = '';
  while (!interrupted.signal.aborted) {
    const report = await recorderControl.report(layout.recorderSocket).catch(() => undefined);
    const line = report
      ? `sessions ${report['sessions']}  streams ${report['streams']} of ${report['streamsMax']}  backlog ${report['backlog']}  finished ${report['finished']}`
      : 'the recorder is away';
    if (process.stdout.isTTY) process.stdout.write(`\r${line}\u001b[K`);
    else if (line !== before) say(line);
    before = line;
    await pause(statusMs);
  }
  if (process.stdout.isTTY) process.stdout.write('\n');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Ends early when interrupted. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      timer.cancel();
      interrupted.signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = systemClock.after(ms, end);
    interrupted.signal.addEventListener('abort', end);
  });
}
