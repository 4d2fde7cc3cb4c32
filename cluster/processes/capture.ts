// The capture process, a child of the keeper. Options: one JSON object in TWINREEL_OPTIONS (capture-options.schema.ts).

import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { captureOptionsSchema, KeeperLink, readOptions, socketHandles } from '#cluster/keeper';
import { loadPublicKey, loadSealingCode, sealingBy } from '#src/journal';
import { BatchReceiver, Capture, ControlServer, loadBatchCode, type Owner } from '#src/media/capture';

const options = readOptions(captureOptionsSchema);
const log = pino({ name: 'capture', level: options.logLevel });
const keeper = new KeeperLink();

const {
  journalFolder: folder,
  publicKeyFile,
  blockMs,
  syncMs,
  segmentBytesMax,
  segmentLifeMsMax,
  reserveBytes,
} = options;
/** Built by ops/build-native.sh, where it can be. */
const compiled = (name: string) => fileURLToPath(new URL(`../../native/${name}.node`, import.meta.url));
const batchCode = options.receiver === 'batch' ? loadBatchCode(compiled('batch-receiver')) : undefined;
if (typeof batchCode === 'string') log.warn({ reason: batchCode }, 'sockets are read by Node alone, which costs more');
const sealingCode = options.receiver === 'batch' ? loadSealingCode(compiled('sealing')) : undefined;
if (typeof sealingCode === 'string') log.warn({ reason: sealingCode }, 'blocks are sealed by Node, which costs more');
const sealing = typeof sealingCode === 'object' ? { sealing: sealingBy(sealingCode) } : {};

const publicKey = await loadPublicKey(publicKeyFile);
let control: ControlServer | undefined;
const capture = new Capture({
  journal: { folder, publicKey, blockMs, syncMs, segmentBytesMax, segmentLifeMsMax, reserveBytes, ...sealing },
  sockets: keeper,
  sharing: options.sockets,
  ...(typeof batchCode === 'object' && {
    receiver: (journal, clock) =>
      new BatchReceiver({ code: batchCode, handles: socketHandles, journal, clock, readMs: blockMs }),
  }),
  streamsMax: options.streamsMax,
  quietMs: options.quietMs,
  onEvent: (event) => {
    if (event.event === 'alarm') log.error(event, 'alarm');
    control?.emit(event);
  },
});
keeper.onStop(async () => {
  await control?.close();
  await capture.end();
});

const { leases, memory } = await keeper.receive();
for (const lease of leases) capture.adopt(lease, lease.note);
keeper.keepReady(options.readyPairs);
control = await ControlServer.listen({
  path: options.controlSocket,
  capture,
  owner: memory === '' ? undefined : (JSON.parse(memory) as Owner),
  keepOwner: (owner) => keeper.remember(JSON.stringify(owner)),
});
await keeper.report({ controlSocket: options.controlSocket });
log.info({ incarnation: capture.incarnation, adopted: leases.length }, 'ready');
