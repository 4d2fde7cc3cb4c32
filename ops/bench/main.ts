// `npm run bench -- NAME`: measures and prints the figures beside their goals; with --json one JSON line and nothing else.
// Exits 0 also when a goal is missed: figures depend on the machine, and are there to be compared. 2 when it cannot be done.

import { cpus, loadavg } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { codeOf, messageOf, TwinreelError } from '#src/errors';
import { type Bench, type BenchOptions, goalText, missedGoals } from './bench.ts';
import { capture } from './capture.io.ts';
import { captureGrowth } from './capture-growth.io.ts';
import { core } from './core.io.ts';
import { decode } from './decode.io.ts';
import { facts } from './facts.io.ts';
import { merge } from './merge.ts';
import { rules } from './rules.ts';
import { search } from './search.io.ts';
import { signalling } from './signalling.io.ts';
import { srtp } from './srtp.io.ts';

const benches: readonly Bench[] = [capture, captureGrowth, core, decode, facts, merge, rules, search, signalling, srtp];

interface Options {
  readonly against?: string;
  readonly seconds: number;
  readonly streams: number;
  readonly sockets: 'own' | 'shared';
  readonly receiver: 'batch' | 'node';
  readonly dns: number;
  readonly eventsPerSecond: number;
  readonly part?: 'recorded' | 'plain' | 'finishing';
  readonly rows: number;
  readonly engine: 'embedded' | 'postgres';
  readonly folder?: string;
  readonly json?: boolean;
}

const upTo = (most: number) => (text: string) => {
  if (/^\d{1,8}$/.test(text) && Number(text) > 0 && Number(text) <= most) return Number(text);
  throw new InvalidArgumentError(`1 to ${most} is wanted`);
};
const sockets = (text: string) => {
  if (text === 'own' || text === 'shared') return text;
  throw new InvalidArgumentError('own or shared is wanted');
};

const receiver = (text: string) => {
  if (text === 'batch' || text === 'node') return text;
  throw new InvalidArgumentError('batch or node is wanted');
};

const part = (text: string) => {
  if (text === 'recorded' || text === 'plain' || text === 'finishing') return text;
  throw new InvalidArgumentError('recorded, plain or finishing is wanted');
};

const engine = (text: string) => {
  if (text === 'embedded' || text === 'postgres') return text;
  throw new InvalidArgumentError('embedded or postgres is wanted');
};

const program = new Command('bench')
  .description('measures a part of a node on this machine')
  .argument('<name>', `what to measure: ${benches.map(({ name }) => name).join(', ')}`)
  .option('--against <other>', 'capture: rtpengine; signalling: HOST:PORT of a drachtio-server (secret in SECRET)')
  .option('--seconds <number>', 'how long each part is measured', upTo(9_999), 20)
  .option('--streams <number>', 'capture: streams of G.711 at once', upTo(8_000), 900)
  .option('--sockets <own|shared>', 'capture: a socket for each stream, or a few that they share', sockets, 'own')
  .option('--receiver <batch|node>', 'capture: how sockets are read, capture.receiver', receiver, 'batch')
  .option('--dns <number>', 'core: DNs that are watched', upTo(200_000), 100_000)
  .option('--events-per-second <number>', 'core: events of the part at an even rate', upTo(100_000), 10_000)
  .option(
    '--part <recorded|plain|finishing>',
    'signalling: only the recorded calls, only those that are not (plain, double, flood), or many short recorded ones',
    part,
  )
  .option('--rows <number>', 'search, facts: conversations that are known', upTo(20_000_000), 100_000)
  .option('--engine <embedded|postgres>', 'search: DATABASE_URL, or else a server of its own', engine, 'embedded')
  .option('--folder <folder>', 'search: keep an embedded catalogue there, or ask the one that is there')
  .option('--json', 'one JSON line instead of text')
  .action(async (name: string, options: Options) => {
    const bench = benches.find((one) => one.name === name);
    if (!bench) throw new TwinreelError('bench-impossible', `there is no bench ${name}`);
    await run(bench, options);
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`bench: ${messageOf(error)} [${codeOf(error) ?? 'unexpected'}]\n`);
  process.exitCode = 2;
}

async function run(bench: Bench, { json = false, against, part: only, folder, ...wanted }: Options): Promise<void> {
  const say = (line: string) => void (json || process.stdout.write(`${line}\n`));
  // Others at work on the machine show here, before our own load does.
  const loadBefore = loadavg()[0] ?? 0;
  say(`${bench.name}: ${bench.about}`);
  const options: BenchOptions = { ...wanted, against, part: only, folder, say };
  const figures = await bench.run(options);
  const goals = bench.goals(options);
  const missed = missedGoals(goals, figures).map(({ figure }) => figure);
  for (const [figure, value] of Object.entries(figures)) {
    const goal = goals.find((one) => one.figure === figure);
    const mark = missed.includes(figure) ? '  MISSED' : '';
    say(`${figure.padEnd(34)}${String(value ?? '-').padStart(10)}${goal ? `  ${goalText(goal)}` : ''}${mark}`);
  }
  const machine = { cores: cpus().length, cpu: cpus()[0]?.model ?? '', node: process.version, loadBefore };
  const line = { bench: bench.name, against: against ?? null, ...figures, machine, figures, missed };
  if (json) process.stdout.write(`${JSON.stringify(line)}\n`);
}
