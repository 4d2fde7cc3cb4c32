// `npm run sim -- SEED`, or `-- --seeds N`: plays days of calls and faults on virtual time, one for each seed, and judges them. Exits 1
// when an invariant did not hold: the run's trace is printed, and the command that repeats it. With --plant the fault of that name
// is built in, and the exit code is 0 when it was found.

import { Command } from 'commander';
import { type FaultName, faultNames } from './faults.ts';
import { type Plant, plantNames, plants } from './plants.ts';
import { playOnAll } from './players.io.ts';
import { type RunOptions, type RunResult, run } from './run.io.ts';

interface Options {
  readonly seeds?: number;
  readonly from: number;
  readonly plant?: string;
  readonly faults?: string;
  readonly cores?: 2 | 3;
  readonly trace?: boolean;
  readonly json?: boolean;
}

const linesShown = 160;

const program = new Command('sim')
  .description('plays calls and faults on virtual time with the real actors, and judges what was recorded')
  .argument('[seed]', 'plays this one and prints its hash', wholeNumber)
  .option('--seeds <number>', 'plays so many, on all processors', wholeNumber)
  .option('--from <number>', 'the first of them', wholeNumber, 1)
  .option('--plant <name>', "builds a fault in that has to be found, or 'all' of them one by one, or 'list'")
  .option('--faults <names>', `only these, by commas, or none: ${faultNames.join(', ')}`)
  .option('--cores <number>', 'how many there are, 2 or 3; 2 unless set', coresOf)
  .option('--trace', 'prints what happened in the one that is played, also when all is well')
  .option('--json', 'one JSON line instead of text')
  .action(async (seed: number | undefined, options: Options) => {
    if (options.plant === 'list') for (const name of plantNames) say(`${name.padEnd(28)}${plants[name]}`);
    else if (options.plant === 'all') process.exitCode = await playPlants(options);
    else if (options.plant !== undefined)
      process.exitCode = (await findPlant(plantNamed(options.plant), options)) ? 0 : 1;
    else process.exitCode = await play(seed === undefined ? seedsOf(options) : [seed], options);
  });

await program.parseAsync();

/** 1 when an invariant did not hold. */
async function play(seeds: readonly number[], options: Options): Promise<0 | 1> {
  const faults = faultsOf(options);
  const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
  const asked = seeds.map((seed) => ({ seed, faults, cores: options.cores }));
  const [alone] = asked;
  const elsewhere = asked.length === 1 ? [] : await playOnAll(asked, ({ breaches }) => breaches.length > 0);
  const played = asked.length === 1 ? [await playHere(alone!, options)] : elsewhere;
  const broken = played.filter(({ breaches }) => breaches.length > 0).sort((one, other) => one.seed - other.seed);
  if (broken[0]) {
    // Played again: what happened stays with the process it happened in.
    show(await run({ seed: broken[0].seed, faults, cores: options.cores }), options);
    return 1;
  }
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = elsewhere.reduce((total, one) => total + one.cpuMs, (user + system) / 1_000);
  const sum = (figure: 'needs' | 'steps' | 'virtualMs') => played.reduce((total, one) => total + one[figure], 0);
  const figures = {
    sim: 'ok',
    seeds: played.length,
    needs: sum('needs'),
    steps: sum('steps'),
    virtualMs: Math.round(sum('virtualMs')),
    elapsedMs: Math.round(performance.now() - startedMs),
    cpuMs: Math.round(cpuMs),
    timesRealTime: Math.round(sum('virtualMs') / cpuMs),
    ...(played.length === 1 && { hash: played[0]!.hash }),
  };
  if (options.json) say(JSON.stringify(figures));
  else {
    const { timesRealTime, needs, steps, elapsedMs } = figures;
    say(
      `${played.length} seeds, ${needs} parties to record, ${steps} steps: every invariant held; ${(elapsedMs / 1_000).toFixed(1)} s, ${(cpuMs / 1_000).toFixed(1)} s of CPU, ${timesRealTime} x real time for each of them`,
    );
    if (played.length === 1) say(`trace ${played[0]!.hash}`);
  }
  return 0;
}

async function playHere(asked: RunOptions, { trace }: Options): Promise<RunResult> {
  const result = await run(asked);
  if (trace) for (const line of result.world.trace.last(Number.POSITIVE_INFINITY)) say(line);
  return result;
}

function show({ seed, hash, breaches, world }: RunResult, { faults, cores }: Options): void {
  for (const line of world.trace.last(linesShown)) say(line);
  say('');
  for (const { atMs, invariant, what } of breaches)
    say(`seed ${seed}, ${(atMs / 1_000).toFixed(3)} s: ${invariant}: ${what}`);
  say(`trace ${hash}`);
  const given = [
    ...(faults === undefined ? [] : ['--faults', faults]),
    ...(cores === undefined ? [] : ['--cores', cores]),
  ];
  say(`repeat with: npm run sim -- ${[seed, ...given].join(' ')}`);
}

/** 1 when one of them was not found. */
async function playPlants(options: Options): Promise<0 | 1> {
  let missed = 0;
  for (const plant of plantNames) if (!(await findPlant(plant, options))) missed += 1;
  say(`${plantNames.length - missed} of ${plantNames.length} planted faults were found`);
  return missed === 0 ? 0 : 1;
}

async function findPlant(plant: Plant, options: Options): Promise<boolean> {
  for (const seed of seedsOf(options)) {
    const { breaches } = await run({ seed, plant, faults: faultsOf(options), cores: options.cores });
    const [first] = breaches;
    if (!first) continue;
    say(`${plant.padEnd(28)}found by seed ${seed}: ${first.invariant}: ${first.what}`);
    return true;
  }
  say(`${plant.padEnd(28)}NOT FOUND in ${seedsOf(options).length} seeds`);
  return false;
}

function seedsOf({ seeds = 20, from }: Options): number[] {
  return Array.from({ length: seeds }, (_, at) => from + at);
}

function faultsOf({ faults }: Options): FaultName[] | undefined {
  if (faults === undefined) return undefined;
  const names = faults.split(',').filter((name) => name !== 'none');
  for (const name of names)
    if (!(faultNames as readonly string[]).includes(name))
      program.error(`'${name}' is no fault; there are ${faultNames.join(', ')}`);
  return names as FaultName[];
}

function coresOf(text: string): 2 | 3 {
  if (text === '2' || text === '3') return text === '2' ? 2 : 3;
  return program.error(`'${text}' cores are not simulated, only 2 or 3`);
}

function plantNamed(name: string): Plant {
  if (!(plantNames as readonly string[]).includes(name))
    program.error(`'${name}' is no plant; there are ${plantNames.join(', ')}`);
  return name as Plant;
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  return program.error(`'${text}' is no whole number between 0 and 999999999`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
