// The keeper process: nothing but the keeper. Options: one JSON object in TWINREEL_OPTIONS (keeper-options.schema.ts).
// Where a keeper sits already, which happens when its process manager was killed, this one attends until that one is gone.

import { pino } from 'pino';
import { Keeper, keeperOptionsSchema, readOptions, seatedKeeper, takeSeat } from '#cluster/keeper';
import { ensureKeyPair } from '#src/journal';

const options = readOptions(keeperOptionsSchema);
const log = pino({ name: 'keeper', level: options.logLevel });

const keeper = new Keeper(options, {
  onChildExit: (child, end) => log.warn({ child, ...end }, 'child ended'),
  onCardFailed: (error) => log.error({ error }, 'the node card cannot be written'),
  onReady: (card) => {
    log.info({ card }, 'ready');
    process.send?.('ready');
  },
});

const stopKeeper = () => void keeper.stop().then(() => process.exit(0));
let stop: () => void = stopKeeper;
let stopping = false;
const stopOnce = () => {
  if (stopping) return;
  stopping = true;
  stop();
};
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stopOnce);

const seated = await seatedKeeper(options.runDir);
if (seated) {
  log.warn({ runDir: options.runDir }, 'a keeper holds the sockets of this node already: attending it');
  stop = () => seated.stop();
  process.send?.('ready');
  await seated.gone;
  if (stopping) process.exit(0);
  log.warn({}, 'the keeper that was attended has gone: taking its place');
  stop = stopKeeper;
}
await takeSeat(options.runDir, stopOnce);
if (options.keysDir !== undefined) await ensureKeyPair(options.keysDir);
await keeper.start();
