// What an actor waits for: timers, promises, the news of a child's end. Each brings at most one letter, made into a
// message only in the actor's turn; once cancelled, also with its letter in the mailbox already, it brings nothing.

import type { Timer } from '#src/ports';
import type { World } from './world.ts';

/** The letter of an errand. `outcome`: what a promise ended with, lost if nobody takes it. */
export interface OwnLetter {
  readonly own: true;
  readonly errand: Timer;
  readonly make: () => unknown;
  readonly outcome?: unknown;
}

export class Errands {
  readonly #waiting = new Set<Timer>();
  readonly #world: World;
  readonly #max: number;
  readonly #deliver: (letter: OwnLetter) => void;
  readonly #late: (outcome: unknown) => void;

  /** `late` is told what a promise ended with after its errand was cancelled. */
  constructor(world: World, max: number, deliver: (letter: OwnLetter) => void, late: (outcome: unknown) => void) {
    this.#world = world;
    this.#max = max;
    this.#deliver = deliver;
    this.#late = late;
  }

  after(delayMs: number, message: unknown): Timer {
    const errand: Timer = {
      cancel: () => {
        ticking.cancel();
        this.#waiting.delete(errand);
      },
    };
    this.#begin(errand);
    const ticking = this.#world.clock.after(delayMs, () => this.#deliver({ own: true, errand, make: () => message }));
    return errand;
  }

  perform<Value>(
    promise: Promise<Value>,
    toMessage: (value: Value) => unknown,
    toFailure: (error: unknown) => unknown,
  ): void {
    const errand = this.#cancellable();
    this.#begin(errand);
    this.#world.performing++;
    const arrive = (outcome: unknown, make: () => unknown) => {
      this.#world.performing--;
      if (this.#waiting.has(errand)) this.#deliver({ own: true, errand, make, outcome });
      else this.#late(outcome);
    };
    promise.then(
      (value) => arrive(value, () => toMessage(value)),
      (error: unknown) => arrive(error, () => toFailure(error)),
    );
  }

  /** News for the actor itself, at once; not bounded here: there is at most one for each child. */
  tell(make: () => unknown): void {
    const errand = this.#cancellable();
    this.#waiting.add(errand);
    this.#deliver({ own: true, errand, make });
  }

  /** Ends the errand of a letter; false when it was cancelled before. */
  take(letter: OwnLetter): boolean {
    return this.#waiting.delete(letter.errand);
  }

  cancelAll(): void {
    for (const errand of [...this.#waiting]) errand.cancel();
  }

  #cancellable(): Timer {
    const errand: Timer = {
      cancel: () => {
        this.#waiting.delete(errand);
      },
    };
    return errand;
  }

  #begin(errand: Timer): void {
    if (this.#waiting.size >= this.#max) throw new Error(`${this.#max} timers and promises are under way already`);
    this.#waiting.add(errand);
  }
}
