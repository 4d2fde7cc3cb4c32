// The thread of a core that keeps what the core has to tell, and tells it.

import { setPriority } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { type FromOutbox, Outbox, type OutboxStanding, type OutboxThreadOptions, type ToOutbox } from '#cluster/outbox';
import { connectRedis } from '#cluster/redis';
import { codeOf, messageOf } from '#src/errors';
import { systemClock, type Timer } from '#src/ports';

const core = parentPort;
if (!core) throw new Error('this is a thread of the core only');

// Of this thread alone, as Linux has it: where the processor is short, calls are answered first.
setPriority(0, 5);

/** How often the core hears how much is told, while nothing new is to be. */
const standingMs = 100;

const { redisPlace, commandTimeoutMs, folder, publicKey, privateKey, ...telling } = workerData as OutboxThreadOptions;
const say = (said: FromOutbox) => core.postMessage(said);
const onAlarm = ({ alarm, message }: { readonly alarm: string; readonly message: string }) =>
  say({ type: 'log', level: 'error', fields: { alarm, error: message }, text: 'alarm' });
// That Redis is away is said by the core, which has a connection of its own.
const redis = connectRedis({ ...redisPlace, commandTimeoutMs, log: { warn() {} } });

let standing: OutboxStanding;
let looking: Timer;

try {
  const onCut = (report: object) =>
    say({
      ...{ type: 'log', level: 'warn', fields: report },
      text: 'what an earlier core had to tell could not be read to its end',
    });
  serve(
    await Outbox.open({ ...telling, redis, clock: systemClock, onAlarm }, { folder, publicKey, privateKey, onCut }),
  );
} catch (error) {
  redis.disconnect();
  say({ type: 'failed', code: codeOf(error), message: messageOf(error) });
}

function serve(outbox: Outbox): void {
  core?.on('message', (order: ToOutbox) => {
    switch (order.type) {
      case 'tell':
        return outbox.tellWritten(order.facts, () => {
          standing = standingOf(outbox);
          say({ type: 'kept', standing });
        });
      case 'compact':
        return void outbox.compact().catch((error: unknown) => {
          const fields = { error: messageOf(error) };
          say({ type: 'log', level: 'warn', fields, text: 'the journal of the outbox was not compacted' });
        });
      case 'close':
        looking.cancel();
        return void outbox.close().finally(() => {
          redis.disconnect();
          core?.close();
        });
    }
  });
  standing = standingOf(outbox);
  say({ type: 'standing', standing });
  look(outbox);
}

function look(outbox: Outbox): void {
  looking = systemClock.after(standingMs, () => {
    const now = standingOf(outbox);
    if (!isDeepStrictEqual(now, standing)) say({ type: 'standing', standing: now });
    standing = now;
    look(outbox);
  });
}

function standingOf({ untold, heads }: Outbox): OutboxStanding {
  return { untold, heads };
}
