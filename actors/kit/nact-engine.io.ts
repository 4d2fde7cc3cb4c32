// The production engine, on nact 7.6.2 (pinned; this is the only file that knows nact). nact gives the tree of those that have somebody
// under them, and to one actor of it a turn of the event loop for all that have something to do; it never sees a crash, and its mailbox
// never holds more than one token, because messages wait in the kit's own bounded mailboxes.

import { type ActorSystemRef, type Ref, spawn, start, stop } from 'nact';
import systemMap, { type InsideReference } from 'nact/lib/system-map.js';
import type { Engine, Seat } from './engine.ts';
import { type ActorSystem, createSystem, type SystemOptions } from './system.ts';

/** Starts a system of actors in this process. */
export function startActorSystem(options: SystemOptions): ActorSystem {
  return createSystem(options, nactEngine()).system;
}

const turnToken = {};
const nobody = {};
/**
 * Turns that are taken in one turn of the event loop, by whoever has messages, in the order in which they came to have some. With one
 * turn each, a message that passes three actors waits for the loop three times, and each time costs as much as a short handler.
 */
const turnsPerLoop = 300;

function nactEngine(): Engine {
  const root: ActorSystemRef = start();
  let seats = 0;
  const due: NactSeat[] = [];
  const takeTurns = () => {
    // Those that come to be due meanwhile are at the end of the same list.
    let taken = 0;
    for (const seat of due) {
      if (taken === turnsPerLoop) break;
      taken += 1;
      if (!seat.isDue) continue; // stopped
      seat.isDue = false;
      try {
        seat.turn();
      } catch (error) {
        // The kit lets nothing pass: whatever this is, nact must not end all turns for it without a word.
        setImmediate(() => {
          throw error;
        });
      }
    }
    due.splice(0, taken);
    if (due.length > 0) askForTurn();
  };
  // nact's own dispatch looks for the actor by its path, each time.
  const turnsRef = spawn(root, takeTurns, 'turns');
  const turns = systemMap.find((turnsRef as unknown as InsideReference).system.name, turnsRef);
  const askForTurn = () => {
    if (!turns.stopped) turns.dispatch(turnToken, nobody);
  };
  // Numbered, not named: nact's names are narrower than ours, and its own random ones collide.
  const seating: Seating = {
    place: (under) => spawn(under?.ref ?? root, () => {}, `${seats++}`) as Ref<never>,
    schedule(seat) {
      due.push(seat);
      if (due.length === 1) askForTurn();
    },
  };
  return {
    seat: (under, turn) => new NactSeat(seating, under as NactSeat | undefined, turn),
    stop() {
      stop(turnsRef);
      stop(root);
    },
  };
}

/** What the seats of an engine have in common. */
interface Seating {
  place(under: NactSeat | undefined): Ref<never>;
  schedule(seat: NactSeat): void;
}

class NactSeat implements Seat {
  isDue = false;
  readonly turn: () => void;
  readonly #seating: Seating;
  readonly #under: NactSeat | undefined;
  #ref: Ref<never> | undefined;

  constructor(seating: Seating, under: NactSeat | undefined, turn: () => void) {
    this.#seating = seating;
    this.#under = under;
    this.turn = turn;
  }

  /** Its place in nact's tree, which only those need who have others under them: a hundred thousand DNs have none, nor have calls. */
  get ref(): Ref<never> {
    this.#ref ??= this.#seating.place(this.#under);
    return this.#ref;
  }

  schedule(): void {
    if (this.isDue) return;
    this.isDue = true;
    this.#seating.schedule(this);
  }

  stop(): void {
    this.isDue = false;
    if (this.#ref) stop(this.#ref);
  }
}
