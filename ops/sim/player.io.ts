// One of several processes that play seeds: given one at a time, it tells what became of it.

import type { Asked, Played } from './players.io.ts';
import { run } from './run.io.ts';

let told = { user: 0, system: 0 };

process.on('message', async (asked: Asked) => {
  const { world: _, ...played } = await run(asked);
  const { user, system } = process.cpuUsage(told);
  told = process.cpuUsage();
  process.send!({ ...played, cpuMs: (user + system) / 1_000 } satisfies Played);
});

process.on('disconnect', () => process.exit());
