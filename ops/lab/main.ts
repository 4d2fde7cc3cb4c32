// `npm run lab -- SCENARIO`: plays a scenario of the telephony lab on a cluster of its own and prints a line for each check; `all`
// plays every one on the same cluster, `list` names them. Exits 1 when a check fails or a scenario cannot be played to its end, 2
// when it could not be begun.

import { Command } from 'commander';
import {
  askAfterwards,
  Desktop,
  type HostilePlay,
  LabCluster,
  playAll,
  playHostile,
  SeedTotal,
  scenarios,
  scenariosNamed,
  show,
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
    else {
      const { signal } = interrupted;
      const start = (site?: 'duplicated') => LabCluster.start(signal, { duplicated: site === 'duplicated' });
      process.exitCode = (await playAll(scenariosNamed(names), { start, signal, json: options.json })) ? 0 : 1;
    }
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
    const { checks, answers } = await askAfterwards(cluster, total, interrupted.signal);
    show({ name: 'afterwards', about: 'what is said of the calls that they left' }, checks, options.json);
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
  show({ name: `hostile ${seed}`, about }, played.checks, options.json);
  return { seed, ...played };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
