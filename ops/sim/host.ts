// A machine of the simulation: what its clock shows, and the processes that run there.

import type { World } from './world.ts';

export class Host {
  readonly name: string;
  readonly world: World;
  /** How far its wall clock is ahead of the true time. */
  skewMs = 0;
  phase: 'up' | 'down' = 'up';

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
  }
}
