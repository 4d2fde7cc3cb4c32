// `npm run bench -- NAME`: measures and prints the figures beside their goals; with --json one JSON line and nothing else.
// Exits 0 also when a goal is missed: figures depend on the machine, and are there to be compared. 2 when it cannot be done.

import { cpus, loadavg } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { codeOf, messageOf, TwinreelError } from '#src/errors';
import { type Bench, goalText, missedGoals } from './bench.ts';
import { signalling } from './signalling.io.ts';

const benches: readonly Bench[] = [signalling];

interface Options {
  readonly against?: { readonly host: string; readonly port: number };
  readonly seconds: number;
  readonly json?: boolean;
}

const hostPort = (text: string) => {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined) throw new InvalidArgumentError('HOST:PORT of an application port is wanted');
  return { host, port: Number(port) };
};
const seconds = (text: string) => {
  if (/^\d{1,4}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('1 to 9999 seconds are wanted');
};

const program = new Command('bench')
  .description('measures a part of a node on this machine')
  .argument('<name>', `what to measure: ${benches.map(({ name }) => name).join(', ')}`)
  .option('--against <host:port>', 'measure a drachtio-server in the place of our edge (secret in SECRET)', hostPort)
  .option('--seconds <number>', 'how long each part is measured', seconds, 20)
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

async function run(bench: Bench, { against, seconds: duration, json = false }: Options): Promise<void> {
  const say = (line: string) => void (json || process.stdout.write(`${line}\n`));
  // Others at work on the machine show here, before our own load does.
  const loadBefore = loadavg()[0] ?? 0;
  say(`${bench.name}: ${bench.about}`);
  const secret = process.env['SECRET'] ?? 'cymru';
  const figures = await bench.run({ against: against && { ...against, secret }, seconds: duration, say });
  const missed = missedGoals(bench.goals, figures).map(({ figure }) => figure);
  for (const [figure, value] of Object.entries(figures)) {
    const goal = bench.goals.find((one) => one.figure === figure);
    const mark = missed.includes(figure) ? '  MISSED' : '';
    say(`${figure.padEnd(32)}${String(value ?? '-').padStart(10)}${goal ? `  ${goalText(goal)}` : ''}${mark}`);
  }
  const machine = { cores: cpus().length, cpu: cpus()[0]?.model ?? '', node: process.version, loadBefore };
  const line = {
    bench: bench.name,
    against: against ? `${against.host}:${against.port}` : null,
    machine,
    figures,
    missed,
  };
  if (json) process.stdout.write(`${JSON.stringify(line)}\n`);
}
