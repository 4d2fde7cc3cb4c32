// A system of actors: the tree's roots, the way in from sockets and processes, and the sight of everything that runs.

import type { Clock, Random } from '#src/ports';
import { Address, type Delivery } from './address.ts';
import { ask, type ReplyTo } from './ask.ts';
import { type AnyDefinition, Cell } from './cell.ts';
import type { ActorDefinition } from './definition.ts';
import type { Engine } from './engine.ts';
import type { Crash, DeadLetter, SystemView } from './inspection.ts';
import { type ActorLog, logOf, silentLog } from './log.ts';
import { defineTree, type SupervisionTree } from './supervision.ts';
import type { World } from './world.ts';

export interface ActorSystem {
  /** Starts an actor whose kind is under `process`. Throws Error when the name is taken or the system has stopped. */
  spawn<Message, Args>(
    definition: ActorDefinition<Message, unknown, Args>,
    name: string,
    args: NoInfer<Args>,
  ): Address<Message>;
  /** Never throws. */
  send<Message>(to: Address<Message>, message: NoInfer<Message>): Delivery;
  /** Rejects with `actor-ask-timed-out`, `actor-unavailable` (at once), or the error the actor refused with. */
  ask<Message, Answer>(
    to: Address<Message>,
    build: (reply: ReplyTo<Answer>) => Message,
    timeoutMs: number,
  ): Promise<Answer>;
  /** Stops everything, bottom-up, before it returns; when called from a handler, after that handler. */
  stop(): void;
  inspect(): SystemView;
  /** Calls `listener` for each message that nobody handles; gives back what ends that. A throwing listener is logged. */
  onDeadLetter(listener: (letter: DeadLetter) => void): () => void;
}

export interface SystemOptions {
  readonly name: string;
  readonly tree: SupervisionTree;
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: ActorLog;
  /** A root's crash that its policy does not cover; everything has been stopped. A process should end itself here. */
  readonly onFailure: (crash: Crash) => void;
}

/** A system on an engine, and what a deterministic engine has to know: the number of promises that actors wait for. */
export function createSystem(options: SystemOptions, engine: Engine): { system: ActorSystem; performing(): number } {
  const { name, clock, random, onFailure } = options;
  const log = logOf(name, options.log ?? silentLog);
  const roots = new Map<string, Cell>();
  const listeners = new Set<(letter: DeadLetter) => void>();
  const deadLetters = { stopped: 0, full: 0, late: 0 };
  let life: SystemView['life'] = 'running';
  let stopAsked = false;

  const world: World = {
    engine,
    tree: defineTree(options.tree),
    clock,
    random,
    log,
    running: undefined,
    crashes: 0,
    turnsPending: 0,
    performing: 0,
    deadLetter(letter) {
      deadLetters[letter.reason]++;
      for (const listener of listeners) safely('a dead-letter listener', () => listener(letter));
    },
    rootStopped: (root) => {
      roots.delete(root.name);
    },
    fail(crash) {
      life = 'failed';
      stopAll();
      log.error({ from: crash.path, err: crash.error }, 'the actor system failed');
      safely('onFailure', () => onFailure(crash));
    },
    turnEnded() {
      if (stopAsked) stopAll();
    },
  };

  function safely(what: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      log.error({ err: error }, `${what} threw`);
    }
  }

  function stopAll(): void {
    stopAsked = false;
    if (life === 'running') life = 'stopped';
    for (const root of [...roots.values()].reverse()) root.end('shutdown');
    engine.stop();
  }

  const system: ActorSystem = {
    spawn(definition, actorName, args) {
      if (life !== 'running') throw new Error(`system ${name} has ${life}, it cannot start ${actorName}`);
      if (roots.has(actorName)) throw new Error(`system ${name} has a root "${actorName}" already`);
      const root = new Cell(world, undefined, definition as AnyDefinition, actorName, args);
      roots.set(actorName, root);
      return root.address;
    },
    send: (to, message) => Address.deliver(to, message),
    ask: (to, build, timeoutMs) => ask(clock, to, build, timeoutMs),
    stop() {
      if (world.running) stopAsked = true;
      else if (life === 'running') stopAll();
    },
    inspect: () => ({
      name,
      life,
      roots: [...roots.values()].map((root) => root.view()),
      deadLetters: { ...deadLetters },
      crashes: world.crashes,
      turnsPending: world.turnsPending,
      performing: world.performing,
    }),
    onDeadLetter(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return { system, performing: () => world.performing };
}
