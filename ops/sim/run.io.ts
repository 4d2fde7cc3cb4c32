// One run: a world from a seed, moved from one thing that happens to the next, until all calls have ended and everything has settled.

import { setImmediate as breathe } from 'node:timers/promises';
import { type FaultName, playFaults } from './faults.ts';
import { besides, type Plant } from './plants.ts';
import { playCalls } from './scenario.ts';
import { Site } from './site.ts';
import { type Breach, World } from './world.ts';

export interface RunOptions {
  readonly seed: number;
  readonly plant?: Plant | undefined;
  /** Calls of each tenant. */
  readonly calls?: number;
  /** Two unless set. */
  readonly cores?: 2 | 3 | undefined;
  /** Only these; none is a quiet day. */
  readonly faults?: readonly FaultName[] | undefined;
}

export interface RunResult {
  readonly seed: number;
  /** Of the trace: SHA-256. */
  readonly hash: string;
  readonly breaches: readonly Breach[];
  /** How much time has passed in the world. */
  readonly virtualMs: number;
  readonly needs: number;
  readonly steps: number;
  readonly world: World;
}

const [busyMs, settlingMs] = [300_000, 170_000];
const stepsBetweenLooks = 256;
/** How long a chain of settled promises may be and still end within one step. Nothing here waits for anything else. */
const promiseTurns = 16;
/** Whoever runs this may have something else to do. */
const stepsBetweenBreaths = 2_048;

export async function run({
  seed,
  plant,
  calls = 8,
  cores = 2,
  faults = plant && besides[plant],
}: RunOptions): Promise<RunResult> {
  const world = new World(seed, plant);
  const site = new Site(world, cores);
  playCalls(site, { calls, untilMs: busyMs });
  if (faults?.length !== 0) playFaults(site, busyMs, faults);
  const untilMs = busyMs + settlingMs;
  let steps = 0;
  for (; world.breaches.length === 0; steps++) {
    const dueMs = world.clock.nextDueMs;
    if (dueMs === undefined || dueMs > untilMs) break;
    world.clock.advance(dueMs - world.nowMs);
    for (let turn = 0; turn < promiseTurns; turn++) await undefined;
    if (steps % stepsBetweenLooks === 0) site.look();
    if (steps % stepsBetweenBreaths === 0) await breathe();
  }
  if (world.breaches.length === 0) site.judge();
  const { trace, breaches, nowMs } = world;
  return { seed, hash: trace.hash, breaches, virtualMs: nowMs, needs: site.ledger.needs, steps, world };
}
