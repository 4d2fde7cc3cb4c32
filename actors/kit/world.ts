// What all actors of a system share, and what they report to it.

import type { Clock, Random } from '#src/ports';
import type { Cell } from './cell.ts';
import type { Engine } from './engine.ts';
import type { Crash, DeadLetter } from './inspection.ts';
import type { ActorLog } from './log.ts';
import type { SupervisionTree } from './supervision.ts';

export interface World {
  readonly engine: Engine;
  readonly tree: SupervisionTree;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: ActorLog;
  /** The cell whose handler runs at this moment. */
  running: Cell | undefined;
  crashes: number;
  turnsPending: number;
  performing: number;
  deadLetter(letter: DeadLetter): void;
  rootStopped(root: Cell): void;
  /** A crash that nobody below would deal with. */
  fail(crash: Crash): void;
  /** Called when a turn has ended. */
  turnEnded(): void;
}
