// A process of its own for floods that would keep a drill from sending the audio of its calls in time. Told by its first message
// what to do; says what came of it in its only one, and ends.

import { floodWithConnections } from './connection-flood.io.ts';
import { floodWithDatagrams } from './datagram-flood.io.ts';
import type { FloodOrder } from './flooder.io.ts';

process.once('message', async (order: FloodOrder) => {
  const figures =
    order.flood === 'datagrams'
      ? await floodWithDatagrams(order.sip, order.rtp, order.forMs)
      : await floodWithConnections(order.sip, order.forMs);
  process.send?.(figures, () => process.exit());
});
