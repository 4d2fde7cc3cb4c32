// `npm run lab -- SCENARIO`: plays a scenario of the telephony lab on a cluster of its own and prints a line for each check; `all`
// plays every one on the same cluster, `list` names them. Exits 1 when a check fails or a scenario cannot be played to its end, 2
// when it could not be begun.

import { Command } from 'commander';
import { type Check, Desktop, LabCluster, play, type Scenario, scenarioDns, scenarios } from '#ops/lab/scenarios';
import { codeOf, messageOf, TwinreelError } from '#src/errors';

interface Options {
  readonly json?: boolean;
}

const program = new Command('lab')
  .description('plays calls of a telephony side on a real cluster, and judges couples and audio')
  .argument('<scenario...>', "scenarios by name, 'all', or 'list'")
  .option('--json', 'one JSON line for each scenario instead of text')
  .action(async (names: string[], options: Options) => {
    if (names.length === 1 && names[0] === 'list') list(options);
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
  return names.map((name) => {
    const scenario = scenarios.find((one) => one.name === name);
    if (scenario) return scenario;
    const known = scenarios.map((one) => one.name).join(', ');
    throw new TwinreelError('scenario-unknown', `no scenario is called '${name}'; there are ${known}`, { name });
  });
}

/** One after the other; what one could not do keeps nobody from the next. True when every check was good. */
async function playAll(chosen: readonly Scenario[], options: Options): Promise<boolean> {
  const cluster = await LabCluster.start(interrupted.signal);
  let desktop: Desktop | undefined;
  let good = true;
  try {
    desktop = await Desktop.open(
      cluster.lab.sipServer,
      scenarioDns.map(({ number }) => number),
    );
    for (const scenario of chosen) {
      const checks = await checksOf(scenario, cluster, desktop);
      show(scenario, checks, options);
      good &&= checks.every(({ ok }) => ok);
    }
    return good;
  } finally {
    desktop?.close();
    await cluster.end();
  }
}

/** A step that cannot be done is a check that fails. Rejects only when it is interrupted. */
async function checksOf(scenario: Scenario, cluster: LabCluster, desktop: Desktop): Promise<readonly Check[]> {
  try {
    return await play(scenario, cluster, desktop, interrupted.signal);
  } catch (error) {
    interrupted.signal.throwIfAborted();
    const seen = `${messageOf(error)} [${codeOf(error) ?? 'unexpected'}]`;
    return [{ about: 'every step could be done', ok: false, seen }];
  }
}

function show({ name, about }: Scenario, checks: readonly Check[], { json }: Options): void {
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
