// The keeper process: nothing but the keeper. Options: one JSON object in TWINREEL_OPTIONS (keeper-options.schema.ts).
// Where a keeper sits already this one attends it: after its process manager was killed, and after a reload (SIGHUP), in which
// a keeper leaves everything to an heir of its own. Told to stop, it stops the one it attends.

import { pino } from 'pino';
import {
  type Estate,
  heirArgument,
  inherit,
  inherited,
  Keeper,
  type KeeperOrders,
  keeperOptionsSchema,
  readOptions,
  seatedKeeper,
  takeSeat,
} from '#cluster/keeper';
import { messageOf } from '#src/errors';
import { ensureKeyPair } from '#src/journal';

const options = readOptions(keeperOptionsSchema);
const log = pino({ name: 'keeper', level: options.logLevel });
const isHeir = process.argv.includes(heirArgument);

/** Who obeys: the keeper here, or the one that is attended. */
let obeying: KeeperOrders = { stop: () => process.exit(0), reload: () => {} };
let stopping = false;
const stopOnce = () => {
  if (stopping) return;
  stopping = true;
  obeying.stop();
};
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stopOnce);
process.on('SIGHUP', () => obeying.reload());

if (options.keysDir !== undefined) await ensureKeyPair(options.keysDir);
for (let estate = isHeir ? await inherit() : undefined; ; estate = undefined) {
  if (!estate) await attendWhoeverSits();
  await sit(estate);
  // An heir that has an heir is nobody's any more: who attended it attends that one now.
  if (isHeir && !stopping) process.exit(0);
}

async function attendWhoeverSits(): Promise<void> {
  for (;;) {
    const seated = await seatedKeeper(options.runDir);
    if (!seated) return;
    log.warn({ runDir: options.runDir }, 'a keeper holds the sockets of this node: attending it');
    obeying = seated;
    if (stopping) seated.stop();
    else sayReady();
    await seated.gone;
    if (stopping) process.exit(0);
    log.warn({}, 'the keeper that was attended has gone');
  }
}

/** Resolves when this process holds nothing any more, for an heir has it all. */
async function sit(estate: Estate | undefined): Promise<void> {
  const keeper = new Keeper(options, {
    onChildExit: (child, end) => log.warn({ child, ...end }, 'child ended'),
    onCardFailed: (error) => log.error({ error }, 'the node card cannot be written'),
    onReady: (card) => {
      log.info({ card }, 'ready');
      sayReady();
    },
  });
  let phase: 'sitting' | 'leaving' = 'sitting';
  let askReload = () => {};
  const orders = { stop: stopOnce, reload: () => askReload() };
  const stop = () => {
    // Whoever is about to leave passes the order on to the heir, if there is one then.
    if (phase === 'sitting') void keeper.stop().then(() => process.exit(0));
  };
  obeying = { stop, reload: orders.reload };
  let seat = await takeSeat(options.runDir, orders);
  await keeper.start(estate);
  if (estate) inherited();
  for (;;) {
    await new Promise<void>((asked) => {
      askReload = asked;
    });
    if (stopping) continue;
    phase = 'leaving';
    try {
      await keeper.bequeath(() => seat.vacate());
      seat.dismiss();
      return;
    } catch (error) {
      log.error({ error: messageOf(error) }, 'not reloaded');
      seat = await takeSeat(options.runDir, orders);
      phase = 'sitting';
      if (stopping) stop();
    }
  }
}

/** For pm2; an heir whose parent has gone has nobody to say it to. */
function sayReady(): void {
  if (process.connected) process.send?.('ready');
}
