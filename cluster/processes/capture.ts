// The capture process, a child of the keeper. Options: one JSON object in TWINREEL_OPTIONS (capture-options.schema.ts).

import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { captureOptionsSchema, KeeperLink, readOptions, socketHandles } from '#cluster/keeper';
import { loadPublicKey } from '#src/journal';
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
const batchCodeFile = fileURLToPath(new URL('../../native/batch-receiver.node', import.meta.url));
const batchCode = options.receiver === 'batch' ? loadBatchCode(batchCodeFile) : undefined;
if (typeof batchCode === 'string') log.warn({ reason: batchCode }, 'sockets are read by Node alone, which costs more');

const publicKey = await loadPublicKey(publicKeyFile);
let control: ControlServer | undefined;
const capture = new Capture({
  journal: { folder, publicKey, blockMs, syncMs, segmentBytesMax, segmentLifeMsMax, reserveBytes },
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
