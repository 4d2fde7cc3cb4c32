// Has the process of flooder.ts flood a node.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { TwinreelError } from '#src/errors';
import type { Figures } from './drill.ts';
import type { Place } from './packet-flood.io.ts';

export type FloodOrder =
  | { readonly flood: 'datagrams'; readonly sip: Place; readonly rtp: readonly Place[]; readonly forMs: number }
  | { readonly flood: 'connections'; readonly sip: Place; readonly forMs: number };

/** Resolves with the figures of the flood when it is over. Rejects with `drill-impossible` when its process ends before. */
export async function floodFromOutside(order: FloodOrder): Promise<Figures> {
  const child = fork(fileURLToPath(new URL('./flooder.js', import.meta.url)));
  const exited = once(child, 'exit');
  child.send(order);
  const told = await Promise.race([once(child, 'message') as Promise<[Figures]>, exited.then(() => undefined)]);
  if (!told) throw new TwinreelError('drill-impossible', `the process that floods with ${order.flood} has ended`);
  await exited;
  return told[0];
}
