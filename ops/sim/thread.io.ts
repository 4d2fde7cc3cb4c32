// One of several threads that play seeds: given one at a time, it tells what became of it.

import { parentPort } from 'node:worker_threads';
import { run } from './run.io.ts';
import type { Asked, Played } from './threads.io.ts';

parentPort!.on('message', async (asked: Asked) => {
  const { world: _, ...played } = await run(asked);
  parentPort!.postMessage(played satisfies Played);
});
