// The offering thread of the recorder: serves finished recordings to stores, keeps their receipts, and removes own copies whose time is over.

import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { type FromOffering, type OfferingThreadOptions, OfferServer, Offers, type ToOffering } from '#cluster/transfer';
import { messageOf } from '#src/errors';
import { systemClock, systemRandom } from '#src/ports';

const recorder = parentPort;
if (!recorder) throw new Error('this is a thread of the recorder only');

// Of this thread alone, as Linux has it: where the processor is short, calls are answered first.
setPriority(0, 5);

const sweepMs = 60_000;

const { offers: settings, recordingsDir, node, links, identity } = workerData as OfferingThreadOptions;
const { address, port, copiesMin, ownCopyMs } = settings;
const say = (said: FromOffering) => recorder.postMessage(said);
const log = {
  info: (fields: object, text: string) => say({ type: 'log', level: 'info', fields, text }),
  warn: (fields: object, text: string) => say({ type: 'log', level: 'warn', fields, text }),
};

const offers = new Offers({ recordingsDir, clock: systemClock, copiesMin, ownCopyMs });
const surroundings = { clock: systemClock, random: systemRandom, log };
const server = await OfferServer.listen({ ...links, node, ...surroundings, address, port, identity, offers });
say({ type: 'listening', ...server.place });

recorder.on('message', async (said: ToOffering) => {
  if (said.type === 'destroyed') await offers.destroyed(said.place);
  server.finished(said.type === 'destroyed' ? [said.place] : said.places);
});

sweep();

function sweep(): void {
  systemClock.after(sweepMs, async () => {
    try {
      const removed = await offers.removeOwn();
      if (removed > 0) log.info({ removed }, 'own copies of recordings that stores have are removed');
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'own copies could not be removed, tried again later');
    }
    sweep();
  });
}
