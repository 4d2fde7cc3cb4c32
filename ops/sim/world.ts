// The world of one run: its time, its draws, its network, and what it has seen. Everything in it follows from the seed.

import type { ActorSystem, ActorView } from '#actors/kit';
import { type Random, seededRandom, VirtualClock } from '#src/ports';
import { Network } from './network.ts';
import type { Plant } from './plants.ts';
import { Trace } from './trace.ts';

/** An invariant that does not hold. */
export interface Breach {
  readonly atMs: number;
  readonly invariant: string;
  readonly what: string;
}

/** Breaches of one run that are kept. */
const breachesMax = 20;

export class World {
  readonly seed: number;
  readonly clock = new VirtualClock();
  readonly trace = new Trace();
  readonly network: Network;
  readonly breaches: Breach[] = [];
  readonly #random: Random;
  readonly #plant: Plant | undefined;
  readonly #listeners: (() => void)[] = [];
  #planted = 0;
  #strike: (() => void) | undefined;

  constructor(seed: number, plant: Plant | undefined) {
    this.seed = seed;
    this.#plant = plant;
    this.#random = seededRandom(seed);
    this.network = new Network(this);
  }

  /** Since the run began. */
  get nowMs(): number {
    return this.clock.monotonicMs();
  }

  at(dueMs: number, run: () => void): void {
    this.clock.after(dueMs - this.nowMs, run);
  }

  after(delayMs: number, run: () => void): void {
    this.clock.after(delayMs, run);
  }

  between(from: number, to: number): number {
    return from + this.#random.fraction() * (to - from);
  }

  chance(share: number): boolean {
    return this.#random.fraction() < share;
  }

  pick<Of>(from: readonly Of[]): Of {
    return from[Math.floor(this.#random.fraction() * from.length)]!;
  }

  note(who: string, what: string): void {
    this.trace.note(this.nowMs, who, what);
  }

  breach(invariant: string, what: string): void {
    this.note('BREACH', `${invariant}: ${what}`);
    if (this.breaches.length < breachesMax) this.breaches.push({ atMs: this.nowMs, invariant, what });
  }

  /** Whether this fault is built in; whoever asks is at the place where it acts. */
  isPlanted(plant: Plant): boolean {
    if (plant !== this.#plant) return false;
    this.#planted += 1;
    return true;
  }

  /** As {@link isPlanted}, for every `n`th time that it could act. */
  isPlantedEvery(plant: Plant, n: number): boolean {
    return this.isPlanted(plant) && this.#planted % n === 0;
  }

  /** No actor may have crashed, and no mailbox have been full. */
  watchActors(name: string, system: ActorSystem): void {
    const { crashes, deadLetters, roots } = system.inspect();
    if (crashes > 0) this.breach('no crash', `${crashes} actors of ${name} have crashed`);
    const refused = deadLetters.full + roots.reduce((sum, root) => sum + refusedBy(root), 0);
    if (refused > 0) this.breach('mailboxes suffice', `${refused} messages to actors of ${name} were too many`);
  }

  /** Calls `run` at the next moment at which something is decided between processes. */
  awaitMoment(run: () => void): void {
    this.#strike = run;
  }

  /** This is such a moment. */
  moment(): void {
    const strike = this.#strike;
    this.#strike = undefined;
    strike?.();
  }

  /** Calls `run` whenever a way of the network may be another. */
  onWays(run: () => void): void {
    this.#listeners.push(run);
  }

  waysChanged(): void {
    for (const run of this.#listeners) run();
  }
}

function refusedBy({ refused, children }: ActorView): number {
  return children.reduce((sum, child) => sum + refusedBy(child), refused);
}
