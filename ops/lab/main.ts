// `npm run lab -- SCENARIO`: plays a scenario of the telephony lab on a cluster of its own and prints a line for each check; `all`
// plays every one on the same cluster, `list` names them. Exits 1 when a check fails or a scenario cannot be played to its end, 2
// when it could not be begun.

import { Command } from 'commander';
import {
  askAfterwards,
  type ClusterOptions,
  Desktop,
  type HostileCheck,
  type HostilePlay,
  LabCluster,
  play,
  playHostile,
  type Scenario,
  SeedTotal,
  scenarioDns,
  scenarios,
} from '#ops/lab/scenarios';
import { fates, Hostility } from '#ops/lab/sip-server';
import { codeOf, messageOf, TwinreelError } from '#src/errors';
import type { LabTenant } from './lab.io.ts';

interface Options {
  readonly json?: boolean;
  readonly hostile?: readonly number[];
  readonly atOnce: number;
}

const seedsMax = 1_000;

/** `7`, or `1..50`. */
const seedsOf = (text: string): readonly number[] => {
  const [, from, to = from] = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text) ?? [];
  const count = Number(to) - Number(from) + 1;
  if (count >= 1 && count <= seedsMax) return Array.from({ length: count }, (_, index) => Number(from) + index);
  throw new TwinreelError(
    'scenario-impossible',
    `'${text}' is neither a whole number between 0 and 999999999 nor two such as 1..50, ${seedsMax} seeds at most`,
  );
};

const atOnceOf = (text: string): number => {
  if (/^[1-9]$/.test(text)) return Number(text);
  throw new TwinreelError('scenario-impossible', `'${text}' is no number from 1 to 9`);
};

const program = new Command('lab')
  .description('plays calls of a telephony side on a real cluster, and judges couples and audio')
  .argument('[scenario...]', "scenarios by name, 'all', or 'list'")
  .option('--hostile <seed>', 'ten calls while the telephony side is hostile; 1..50 plays fifty seeds', seedsOf)
  .option('--at-once <seeds>', 'how many seeds are played side by side, each at a tenant of its own', atOnceOf, 3)
  .option('--json', 'one JSON line for each scenario instead of text')
  .action(async (names: string[], options: Options) => {
    if (options.hostile !== undefined) process.exitCode = (await playSeeds(options.hostile, names, options)) ? 0 : 1;
    else if (names.length === 1 && names[0] === 'list') list(options);
    else process.exitCode = (await playAll(scenariosNamed(names), options)) ? 0 : 1;
  });

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort(new Error(signal)));

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`lab: ${messageOf(error)} [${codeOf(error) ?? 'unexpected'}]\n`);
  process.exitCode = 2;
}
// Phones that were interrupted wait for nothing that still comes.
process.exit();

function list({ json }: Options): void {
  if (json) say(JSON.stringify(scenarios.map(({ name, about }) => ({ name, about }))));
  else for (const { name, about } of scenarios) say(`${name.padEnd(20)}${about}`);
}

function scenariosNamed(names: readonly string[]): readonly Scenario[] {
  if (names.length === 1 && names[0] === 'all') return scenarios;
  if (names.length === 0) throw new TwinreelError('scenario-unknown', "name a scenario, or 'all', or 'list'");
  return names.map((name) => {
    const scenario = scenarios.find((one) => one.name === name);
    if (scenario) return scenario;
    const known = scenarios.map((one) => one.name).join(', ');
    throw new TwinreelError('scenario-unknown', `no scenario is called '${name}'; there are ${known}`, { name });
  });
}

/** One after the other, those of one site on one cluster; what one could not do keeps nobody from the next. True when every check was good. */
async function playAll(chosen: readonly Scenario[], options: Options): Promise<boolean> {
  let good = true;
  for (const site of [undefined, 'duplicated'] as const) {
    const here = chosen.filter((scenario) => scenario.site === site);
    if (here.length === 0) continue;
    good =
      (await withCluster({ duplicated: site === 'duplicated' }, async (cluster, desktop) => {
        let isGood = true;
        for (const scenario of here) {
          const checks = await checksOf(() => play(scenario, cluster, desktop, interrupted.signal));
          show(scenario, checks, options);
          isGood &&= checks.every(({ ok }) => ok);
        }
        return isGood;
      })) && good;
  }
  return good;
}

/** Seeds on the same cluster, as many side by side as there are tenants. True when each call was recorded once or explained. */
async function playSeeds(seeds: readonly number[], names: readonly string[], options: Options): Promise<boolean> {
  if (names.length > 0)
    throw new TwinreelError('scenario-impossible', '--hostile has calls of its own: name no scenario');
  const hostilities = seeds.slice(0, options.atOnce).map((seed) => new Hostility(seed));
  const cluster = await LabCluster.start(interrupted.signal, { hostility: hostilities });
  try {
    const total = new SeedTotal();
    const left = [...seeds];
    await Promise.all(
      cluster.lab.tenants.map(async (tenant, nth) => {
        const desktop = await Desktop.open(tenant.sipServer, []);
        const seat = { tenant, desktop, hostility: hostilities[nth]! };
        try {
          for (let seed = left.shift(); seed !== undefined; seed = left.shift())
            total.add(await playSeed(seed, cluster, seat, options));
        } finally {
          desktop.close();
        }
      }),
    );
    const { checks, answers } = await askAfterwards(cluster, total.calls);
    show({ name: 'afterwards', about: 'what is said of the calls that they left' }, checks, options);
    if (!options.json) for (const [kind, answer] of answers) say(`${kind}\n${answer.replaceAll(/^/gm, '  ')}\n`);
    say(options.json ? JSON.stringify(total) : total.text);
    return total.failed.length === 0 && checks.every(({ ok }) => ok);
  } finally {
    await cluster.end();
  }
}

/** Where a seed is played. */
interface Seat {
  readonly tenant: LabTenant;
  readonly desktop: Desktop;
  readonly hostility: Hostility;
}

async function playSeed(
  seed: number,
  cluster: LabCluster,
  { tenant, desktop, hostility }: Seat,
  options: Options,
): Promise<HostilePlay & { readonly seed: number }> {
  hostility.begin(seed);
  const played = await playHostile(cluster, tenant, hostility, desktop, interrupted.signal);
  const { counts } = hostility;
  const about = `events ${fates.map((fate) => `${fate} ${counts[fate]}`).join(', ')}`;
  show({ name: `hostile ${seed}`, about }, played.checks, options);
  return { seed, ...played };
}

async function withCluster(
  options: ClusterOptions,
  work: (cluster: LabCluster, desktop: Desktop) => Promise<boolean>,
): Promise<boolean> {
  const cluster = await LabCluster.start(interrupted.signal, options);
  let desktop: Desktop | undefined;
  try {
    const dns = scenarioDns.map(({ number }) => number);
    desktop = await Desktop.open(cluster.lab.sipServer, dns);
    return await work(cluster, desktop);
  } finally {
    desktop?.close();
    await cluster.end();
  }
}

/** A step that cannot be done is a check that fails. Rejects only when it is interrupted. */
async function checksOf(played: () => Promise<readonly HostileCheck[]>): Promise<readonly HostileCheck[]> {
  try {
    return await played();
  } catch (error) {
    interrupted.signal.throwIfAborted();
    const seen = `${messageOf(error)} [${codeOf(error) ?? 'unexpected'}]`;
    return [{ about: 'every step could be done', ok: false, seen }];
  }
}

function show(
  { name, about }: Pick<Scenario, 'name' | 'about'>,
  checks: readonly HostileCheck[],
  { json }: Options,
): void {
  const good = checks.every(({ ok }) => ok);
  if (json) say(JSON.stringify({ scenario: name, good, checks }));
  else {
    say(`${name}: ${about}`);
    for (const { ok, about: what, seen } of checks)
      say(`  ${ok ? 'ok    ' : 'FAILED'}  ${what}${seen === undefined ? '' : `, but: ${seen}`}`);
    say('');
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
