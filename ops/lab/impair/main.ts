// `node dist/ops/lab/impair/main.js --target 127.0.0.1:5060 --loss 2`: a bad network between whoever sends to the address it
// prints and the target, until it is told to stop; then prints what happened. Both lines are JSON.

import { Command, InvalidArgumentError } from 'commander';
import { type Impairment, type Place, startRelay } from './index.ts';

interface Options {
  readonly target: Place;
  readonly listen: Place;
  readonly seed: number;
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly reorderMs: number;
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly only?: 'there' | 'back';
}

const place = (text: string): Place => {
  const [, address, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (address === undefined) throw new InvalidArgumentError('ADDRESS:PORT is wanted');
  return { address, port: Number(port) };
};
const number = (most: number) => (text: string) => {
  const value = Number(text);
  if (!(value >= 0 && value <= most)) throw new InvalidArgumentError(`0 to ${most} is wanted`);
  return value;
};

const options = new Command('impair')
  .description('relays UDP as a bad network would, the same way for the same seed')
  .requiredOption('--target <address:port>', 'where datagrams of clients go', place)
  .option('--listen <address:port>', 'where clients send to', place, { address: '127.0.0.1', port: 0 })
  .option('--seed <number>', 'decides every fate', number(2 ** 31), 1)
  .option('--loss <percent>', 'datagrams that are lost', number(100), 0)
  .option('--duplicate <percent>', 'datagrams that come twice', number(100), 0)
  .option('--reorder <percent>', 'datagrams that are overtaken', number(100), 0)
  .option('--reorder-ms <milliseconds>', 'by how much', number(60_000), 30)
  .option('--delay-ms <milliseconds>', 'how long each takes at least', number(60_000), 0)
  .option('--jitter-ms <milliseconds>', 'how much longer it may take', number(60_000), 0)
  .option('--only <way>', 'impair one way alone: there or back')
  .parse()
  .opts<Options>();

const impairment: Impairment = {
  lossRate: options.loss / 100,
  duplicateRate: options.duplicate / 100,
  reorderRate: options.reorder / 100,
  reorderMs: options.reorderMs,
  delayMs: options.delayMs,
  jitterMs: options.jitterMs,
};
const { target, listen, seed, only } = options;
const relay = await startRelay({
  target,
  listen,
  seed,
  ...(only !== 'back' && { there: impairment }),
  ...(only !== 'there' && { back: impairment }),
});
process.stdout.write(`${JSON.stringify({ listening: `${relay.local.address}:${relay.local.port}`, seed })}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    process.stdout.write(`${JSON.stringify(relay.counters())}\n`);
    void relay.close();
  });
}
