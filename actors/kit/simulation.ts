// The deterministic engine: virtual time, and a seed that decides who is next when several actors have messages. The
// same seed replays the same run, message for message.

import { type Clock, type Random, seededRandom, VirtualClock } from '#src/ports';
import type { Engine } from './engine.ts';
import type { Crash } from './inspection.ts';
import { type ActorSystem, createSystem, type SystemOptions } from './system.ts';

/** A system of actors in which nothing happens until the clock is moved. */
export interface SimulatedSystem extends ActorSystem {
  readonly clock: VirtualClock;
  /**
   * Moves the clock in steps of `stepMs`; after each step promises may settle, so a promise ends at most `stepMs` late.
   * Throws the error of a failed system, unless there is an `onFailure`. `advance(0)` handles what is waiting now.
   */
  advance(durationMs: number, stepMs?: number): Promise<void>;
}

export interface SimulationOptions extends Pick<SystemOptions, 'tree' | 'log'> {
  readonly seed: number;
  readonly name?: string;
  readonly clock?: VirtualClock;
  readonly onFailure?: (crash: Crash) => void;
}

export function simulateActorSystem(options: SimulationOptions): SimulatedSystem {
  const { seed, clock = new VirtualClock(), name = 'simulation', tree } = options;
  let failure: Crash | undefined;
  const keep = (crash: Crash) => {
    failure ??= crash;
  };
  const onFailure = options.onFailure ?? keep;
  const log = options.log && { log: options.log };
  const random = seededRandom(seed);
  // Two streams of draws: what the actors draw must not change who is next.
  const engine = seededEngine(clock, seededRandom(~seed));
  const { system, performing } = createSystem({ name, tree, clock, random, onFailure, ...log }, engine);

  async function settle(): Promise<void> {
    clock.advance(0);
    for (let turn = 0; performing() > 0 && turn < promiseTurnsMax; turn++) {
      await undefined;
      clock.advance(0);
    }
    if (failure) throw failure.error;
  }

  return {
    ...system,
    clock,
    async advance(durationMs, stepMs = 1) {
      await settle();
      for (let left = durationMs; left > 0; left -= stepMs) {
        clock.advance(Math.min(stepMs, left));
        await settle();
      }
    },
  };
}

/**
 * A system of actors on somebody else's clock, one of several in a simulation: it moves when that clock does, and the seed
 * decides who is next. Whoever moves the clock lets promises settle.
 */
export function seedActorSystem(options: SystemOptions, seed: number): ActorSystem {
  return createSystem(options, seededEngine(options.clock, seededRandom(seed))).system;
}

/** How long a chain of settled promises may be and still end within one step. */
const promiseTurnsMax = 100;
/** Turns at one moment of virtual time after which actors are taken to chase one another for ever. */
const turnsPerMomentMax = 1_000_000;

function seededEngine(clock: Clock, random: Random): Engine {
  const ready: (() => void)[] = [];
  let waking = false;

  function runAll(): void {
    waking = false;
    for (let turns = 0; ready.length > 0; turns++) {
      if (turns === turnsPerMomentMax) throw new Error(`${turns} turns and no end while no time passes`);
      const at = Math.floor(random.fraction() * ready.length);
      const turn = ready[at]!;
      const last = ready.pop()!;
      if (at < ready.length) ready[at] = last;
      turn();
    }
  }

  return {
    seat(_under, turn) {
      return {
        schedule() {
          ready.push(turn);
          if (waking) return;
          waking = true;
          clock.after(0, runAll);
        },
        stop() {
          const at = ready.indexOf(turn);
          if (at >= 0) ready.splice(at, 1);
        },
      };
    },
    stop: () => void ready.splice(0),
  };
}
