// `npm run drill -- NAME`: performs a drill and prints its timeline, then the figures beside the goals; with --json one line.
// Exits 1 when a goal is missed, 2 when the drill could not be performed or does not exist.

import { Command } from 'commander';
import { codeOf, messageOf, TwinreelError } from '#src/errors';
import { catalogue } from './catalogue.ts';
import { type Drill, goalsOf } from './drill.ts';
import { perform } from './perform.io.ts';
import { Timeline } from './timeline.ts';
import { judgeFigures, verdictText } from './verdict.ts';

interface Options {
  readonly seed: number;
  readonly calls?: number;
  readonly plant?: boolean;
  readonly json?: boolean;
}

const wholeNumber = (text: string) => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new TwinreelError('drill-impossible', `'${text}' is no whole number between 0 and 999999999`);
};

const program = new Command('drill')
  .description('performs a named fault on a real node under running calls and judges what was recorded')
  .argument('<name>', "a drill, or 'list'")
  .option('--seed <number>', 'decides ids and moments: the same seed gives the same ones', wholeNumber, 1)
  .option('--calls <number>', "calls that are up, instead of the drill's own number", wholeNumber)
  .option('--plant', 'with a known fault built in: the drill has to fail')
  .option('--json', 'one JSON line instead of text')
  .action(async (name: string, options: Options) => {
    process.exitCode = name === 'list' ? list(options) : await run(drillNamed(name), options);
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

function drillNamed(name: string): Drill {
  const drill = catalogue.find((one) => one.name === name);
  if (drill) return drill;
  const names = catalogue.map((one) => one.name).join(', ');
  throw new TwinreelError('drill-unknown', `no drill is called '${name}'; there are ${names}`);
}

async function run(drill: Drill, { seed, calls, plant = false, json = false }: Options): Promise<number> {
  const timeline = new Timeline();
  if (!json) say(`${drill.name}: ${drill.about}${plant ? `\nplanted: ${drill.plant.about}` : ''}\n\n${timeline.title}`);
  const figures = await perform(drill, {
    seed,
    calls,
    planted: plant,
    onEvent: (event) => {
      if (!json) say(timeline.line(event));
    },
    signal: interrupted.signal,
  });
  const verdicts = judgeFigures(goalsOf(drill), figures);
  const missed = verdicts.filter(({ met }) => !met).map(({ figure }) => figure);
  if (json) say(JSON.stringify({ drill: drill.name, seed, planted: plant, figures, missed }));
  else
    say(
      `\n${verdictText(verdicts)}\n\n${missed.length === 0 ? 'every goal is reached' : `missed: ${missed.join(', ')}`}`,
    );
  return missed.length === 0 ? 0 : 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
