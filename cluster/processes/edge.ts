// The edge process, a child of the keeper: SIP on the keeper's socket, the drachtio application protocol beside it.
// Options: one JSON object in TWINREEL_OPTIONS (edge-options.schema.ts).

import { pino } from 'pino';
import { edgeOptionsSchema, KeeperLink, readOptions } from '#cluster/keeper';
import { systemClock, systemRandom } from '#src/ports';
import { startEdge } from '#src/sip/edge';

const options = readOptions(edgeOptionsSchema);
const log = pino({ name: 'edge', level: options.logLevel });
const keeper = new KeeperLink();
const { sip } = await keeper.receive();
if (!sip) throw new Error('the keeper handed no SIP socket');
const edge = await startEdge({
  listeners: [{ transport: 'udp', socket: sip }],
  application: options.application,
  clock: systemClock,
  random: systemRandom,
  log: (line) => log.info(line),
});
keeper.onStop(() => edge.close());
await keeper.report({ application: edge.application });
