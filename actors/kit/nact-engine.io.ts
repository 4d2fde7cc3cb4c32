// The production engine: each place is a nact 7.6.2 actor (pinned; this is the only file that knows nact). nact gives
// the tree and a turn of the event loop for a lot of messages; it never sees a crash, and its mailbox never holds more than
// one token, because messages wait in the kit's own bounded mailbox.

import { type ActorSystemRef, type Ref, spawn, start, stop } from 'nact';
import actorModule from 'nact/lib/actor.js';
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
 * Messages that one actor handles in one turn of the event loop. With one alone, an actor that everything goes through hears
 * as many messages a second as the loop turns, which is a few hundred when the loop is busy: messages then wait though the
 * processor does not.
 */
const messagesPerTurn = 100;

function nactEngine(): Engine {
  const root: ActorSystemRef = start();
  let seats = 0;
  const seat = (under: Ref<never>, turn: () => void): NactSeat => {
    // Numbered, not named: nact's names are narrower than ours, and its own random ones collide.
    let phase: 'resting' | 'acting' | 'due' = 'resting';
    const isDue = () => phase === 'due';
    const act = () => {
      for (let left = messagesPerTurn; left > 0; left -= 1) {
        phase = 'acting';
        turn();
        if (!isDue()) break;
      }
      const due = isDue();
      phase = 'resting';
      if (due) schedule();
    };
    const ref = spawn(under, act, `${seats++}`) as Ref<unknown>;
    // nact's own dispatch looks for the actor by its path, each time.
    const actor = systemMap.find((ref as unknown as InsideReference).system.name, ref);
    const schedule = () => {
      if (phase !== 'resting') phase = 'due';
      else if (!actor.stopped) actor.dispatch(turnToken, nobody);
    };
    return {
      ref,
      schedule,
      stop() {
        phase = 'resting';
        stop(ref);
      },
    };
  };
  return {
    seat: (under, turn) => seat(under ? ((under as NactSeat).ref as Ref<never>) : root, turn),
    stop: () => stop(root),
  };
}

interface NactSeat extends Seat {
  readonly ref: Ref<unknown>;
}

// For every message nact makes a context, with a copy of the map of all children: 1.7 ms a message with 10,000 children. Nobody
// reads it here.
const noContext = {};
actorModule.Actor.prototype.createContext = () => noContext;
