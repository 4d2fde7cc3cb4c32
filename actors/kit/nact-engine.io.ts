// The production engine: each place is a nact 7.6.2 actor (pinned; this is the only file that knows nact). nact gives
// the tree, and to one actor of it a turn of the event loop for all that have something to do; it never sees a crash, and its mailbox
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
  return {
    seat(under, turn) {
      // Numbered, not named: nact's names are narrower than ours, and its own random ones collide.
      const ref = spawn(under ? (under as NactSeat).ref : root, () => {}, `${seats++}`) as Ref<never>;
      const seat: NactSeat = {
        ref,
        turn,
        isDue: false,
        schedule() {
          if (seat.isDue) return;
          seat.isDue = true;
          due.push(seat);
          if (due.length === 1) askForTurn();
        },
        stop() {
          seat.isDue = false;
          stop(ref);
        },
      };
      return seat;
    },
    stop() {
      stop(turnsRef);
      stop(root);
    },
  };
}

interface NactSeat extends Seat {
  readonly ref: Ref<never>;
  readonly turn: () => void;
  isDue: boolean;
}
