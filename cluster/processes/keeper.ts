// The keeper process: nothing but the keeper. Options: one JSON object in TWINREEL_OPTIONS (keeper-options.schema.ts).

import { pino } from 'pino';
import { Keeper, keeperOptionsSchema, readOptions } from '#cluster/keeper';
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

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    void keeper.stop().then(() => process.exit(0));
  });
}

if (options.keysDir !== undefined) await ensureKeyPair(options.keysDir);
await keeper.start();
