// The capture process, a child of the keeper. Options: one JSON object in TWINREEL_OPTIONS (capture-options.schema.ts).

import { pino } from 'pino';
import { captureOptionsSchema, KeeperLink, readOptions } from '#cluster/keeper';
import { loadPublicKey } from '#src/journal';
import { Capture, ControlServer, type Owner } from '#src/media/capture';

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
const publicKey = await loadPublicKey(publicKeyFile);
let control: ControlServer | undefined;
const capture = new Capture({
  journal: { folder, publicKey, blockMs, syncMs, segmentBytesMax, segmentLifeMsMax, reserveBytes },
  sockets: keeper,
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
