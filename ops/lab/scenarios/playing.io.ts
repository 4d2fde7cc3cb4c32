// Plays scenarios one after the other on clusters such as they need, and prints what came of each.

import { Baresip } from '#ops/lab/baresip';
import { codeOf, messageOf, TwinreelError } from '#src/errors';
import { scenarios } from './catalogue.ts';
import { Desktop } from './desktop.io.ts';
import type { HostileCheck } from './hostile-judgement.ts';
import { play } from './play.io.ts';
import type { PlayedCluster } from './played-cluster.ts';
import { askReplay } from './replay-asking.io.ts';
import type { PlayedScenario } from './replay-judgement.ts';
import type { Scenario } from './scenario.ts';
import { scenarioDns } from './site.ts';

export interface Playing {
  /** Brings up a cluster for scenarios of this site. */
  readonly start: (site: Scenario['site']) => Promise<PlayedCluster>;
  readonly json?: boolean | undefined;
  readonly signal: AbortSignal;
}

const inReplay = { name: 'replay', about: 'what was recorded is found and heard, each conversation once' };

const leftOut = { about: 'left out: baresip is not here; `apt-get install baresip-core` brings it', ok: true };

/** By name; `all` are all. Throws `scenario-unknown`. */
export function scenariosNamed(names: readonly string[]): readonly Scenario[] {
  if (names.length === 1 && names[0] === 'all') return scenarios;
  if (names.length === 0) throw new TwinreelError('scenario-unknown', "name a scenario, or 'all', or 'list'");
  return names.map((name) => {
    const scenario = scenarios.find((one) => one.name === name);
    if (scenario) return scenario;
    const known = scenarios.map((one) => one.name).join(', ');
    throw new TwinreelError('scenario-unknown', `no scenario is called '${name}'; there are ${known}`, { name });
  });
}

/** Those of one site on one cluster; what one could not do keeps nobody from the next. True when every check was good. */
export async function playAll(chosen: readonly Scenario[], playing: Playing): Promise<boolean> {
  let good = true;
  const hasBaresip = chosen.some(({ needs }) => needs === 'baresip') && (await Baresip.isInstalled());
  const isAble = ({ needs }: Scenario) => needs === undefined || hasBaresip;
  for (const scenario of chosen) if (!isAble(scenario)) show(scenario, [leftOut], playing.json);
  for (const site of [undefined, 'duplicated'] as const) {
    const here = chosen.filter((scenario) => scenario.site === site && isAble(scenario));
    if (here.length > 0) good = (await playAt(site, here, playing)) && good;
  }
  return good;
}

async function playAt(
  site: Scenario['site'],
  here: readonly Scenario[],
  { start, json, signal }: Playing,
): Promise<boolean> {
  const cluster = await start(site);
  let desktop: Desktop | undefined;
  try {
    const dns = scenarioDns.map(({ number }) => number);
    desktop = await Desktop.open(cluster.lab.sipServer, dns);
    let good = true;
    const tell = (what: Pick<Scenario, 'name' | 'about'>, checks: readonly HostileCheck[]) => {
      show(what, checks, json);
      good &&= checks.every(({ ok }) => ok);
    };
    const played: PlayedScenario[] = [];
    for (const scenario of here) {
      const { checks, couples } = await playOrTell(scenario, cluster, desktop, signal);
      tell(scenario, checks);
      played.push({ scenario, couples });
    }
    // Once for all of them: what replay makes of one is made while the next one is played.
    if (cluster.replay) tell(inReplay, await askReplay(cluster.replay, played, signal));
    return good;
  } finally {
    desktop?.close();
    await cluster.end();
  }
}

/** A step that cannot be done is a check that fails. Rejects only when it is interrupted. */
async function playOrTell(
  scenario: Scenario,
  cluster: PlayedCluster,
  desktop: Desktop,
  signal: AbortSignal,
): Promise<{ readonly checks: readonly HostileCheck[]; readonly couples: PlayedScenario['couples'] }> {
  try {
    return await play(scenario, cluster, desktop, signal);
  } catch (error) {
    signal.throwIfAborted();
    const seen = `${messageOf(error)} [${codeOf(error) ?? 'unexpected'}]`;
    return { checks: [{ about: 'every step could be done', ok: false, seen }], couples: [] };
  }
}

/** A line for each check, or one JSON line. */
export function show(
  { name, about }: Pick<Scenario, 'name' | 'about'>,
  checks: readonly HostileCheck[],
  json = false,
): void {
  const good = checks.every(({ ok }) => ok);
  const lines = checks.map(
    ({ ok, about: what, seen }) =>
      `  ${ok ? 'ok    ' : 'FAILED'}  ${what}${seen === undefined ? '' : `, but: ${seen}`}\n`,
  );
  const text = `${name}: ${about}\n${lines.join('')}`;
  process.stdout.write(`${json ? JSON.stringify({ scenario: name, good, checks }) : text}\n`);
}
