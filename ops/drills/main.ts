// `npm run drill -- NAME`: performs a drill and prints its timeline, then the figures beside the goals; with --json one line.
// Exits 1 when a goal is missed, 2 when the drill could not be performed or does not exist. `all` performs every drill and
// exits 0 when each reached its goals, or, with --plant, when each missed one.

import { Command } from 'commander';
import { codeOf, messageOf, TwinreelError } from '#src/errors';
import { systemClock } from '#src/ports';
import { catalogue } from './catalogue.ts';
import { type Drill, goalsOf } from './drill.ts';
import { perform } from './perform.io.ts';
import { exitCodeOf, isAsItShouldBe, type Outcome, summaryText } from './summary.ts';
import { Timeline, type TimelineEvent } from './timeline.ts';
import { judgeFigures, verdictText } from './verdict.ts';

interface Options {
  readonly seed: number;
  readonly calls?: number;
  readonly seconds?: number;
  readonly kills?: number;
  readonly duplicate?: boolean;
  readonly plant?: boolean;
  readonly json?: boolean;
}

const wholeNumber = (text: string) => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new TwinreelError('drill-impossible', `'${text}' is no whole number between 0 and 999999999`);
};

const program = new Command('drill')
  .description('performs a named fault on a real node under running calls and judges what was recorded')
  .argument('<name>', "a drill, 'all', or 'list'")
  .option('--seed <number>', 'decides ids and moments: the same seed gives the same ones', wholeNumber, 1)
  .option('--calls <number>', "calls that are up, instead of the drill's own number", wholeNumber)
  .option(
    '--seconds <number>',
    "how long calls arrive in drills of Redis, instead of the drill's own time",
    wholeNumber,
  )
  .option('--kills <number>', "how many processes a storm kills, instead of the drill's own number", wholeNumber)
  .option('--duplicate', 'node-kill: each call is recorded by two nodes')
  .option('--plant', 'with a known fault built in: the drill has to fail')
  .option('--json', 'one JSON line instead of text')
  .action(async (name: string, options: Options) => {
    if (name === 'list') process.exitCode = list(options);
    else process.exitCode = name === 'all' ? await runAll(options) : await run(drillNamed(name, options), options);
  });

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort(new Error(signal)));

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`drill: ${messageOf(error)} [${codeOf(error) ?? 'unexpected'}]\n`);
  process.exitCode = 2;
}
// Steps that were interrupted wait for nothing that still comes.
process.exit();

function list({ json }: Options): number {
  if (json)
    say(JSON.stringify(catalogue.map(({ name, about, calls, plant }) => ({ name, about, calls, plant: plant.about }))));
  else
    for (const { name, about, plant } of catalogue)
      say(`${name.padEnd(16)}${about}\n${''.padEnd(16)}--plant: ${plant.about}`);
  return 0;
}

function drillNamed(given: string, { duplicate = false }: Options): Drill {
  const name = duplicate ? `${given} --duplicate` : given;
  const drill = catalogue.find((one) => one.name === name);
  if (drill) return drill;
  const names = catalogue.map((one) => one.name).join(', ');
  throw new TwinreelError('drill-unknown', `no drill is called '${name}'; there are ${names}`);
}

async function run(drill: Drill, options: Options): Promise<number> {
  const outcome = await outcomeOf(drill, options);
  if (options.json && outcome.phase === 'performed') {
    const { seed, planted, figures, missed } = outcome;
    say(JSON.stringify({ drill: drill.name, seed, planted, figures, missed }));
  }
  if (outcome.phase === 'impossible') process.stderr.write(`drill: ${outcome.why}\n`);
  return exitCodeOf(outcome);
}

/** One after the other; what one could not do keeps nobody from the next. */
async function runAll(options: Options): Promise<number> {
  const outcomes: Outcome[] = [];
  for (const drill of catalogue) outcomes.push(await outcomeOf(drill, options));
  const good = outcomes.every(isAsItShouldBe);
  if (options.json) say(JSON.stringify({ good, drills: outcomes }));
  else say(`\n${summaryText(outcomes)}`);
  return good ? 0 : 1;
}

/** Performs a drill, and shows it unless JSON is wanted. Rejects only when it is interrupted. */
async function outcomeOf(
  drill: Drill,
  { seed, calls, seconds, kills, plant = false, json = false }: Options,
): Promise<Outcome> {
  const startedMs = systemClock.monotonicMs();
  const show = (text: string) => void (json || say(text));
  const timeline = new Timeline();
  show(`${drill.name}: ${drill.about}${plant ? `\nplanted: ${drill.plant.about}` : ''}\n\n${timeline.title}`);
  const onEvent = (event: TimelineEvent) => show(timeline.line(event));
  const common = () => ({
    ...{ drill: drill.name, seed, planted: plant },
    seconds: Math.round((systemClock.monotonicMs() - startedMs) / 1_000),
  });
  try {
    const asked = { seed, calls, seconds, kills, planted: plant };
    const figures = await perform(drill, { ...asked, onEvent, signal: interrupted.signal });
    const verdicts = judgeFigures(goalsOf(drill), figures);
    const missed = verdicts.filter(({ met }) => !met).map(({ figure }) => figure);
    const end = missed.length === 0 ? 'every goal is reached' : `missed: ${missed.join(', ')}`;
    show(`\n${verdictText(verdicts)}\n\n${end}\n`);
    return { ...common(), phase: 'performed', figures, missed };
  } catch (error) {
    if (interrupted.signal.aborted) throw error;
    return { ...common(), phase: 'impossible', why: `${messageOf(error)} [${codeOf(error) ?? 'unexpected'}]` };
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
