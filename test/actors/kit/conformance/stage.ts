// The stage on which the conformance suite plays: a fresh system of puppets for each test, on the runner under test.

import { afterEach, beforeEach, expect } from 'vitest';
import type { ActorLog, ActorSystem, ActorView, Address, Crash, SupervisionTree, SystemView } from '#actors/kit';
import type { VirtualClock } from '#src/ports';
import { act, note, type Order, puppet, type Strings, tree } from '../puppet.ts';

/** A runner under test, on virtual time. */
export interface Run {
  readonly system: ActorSystem;
  readonly clock: VirtualClock;
  /** Moves time; everything that is due or waits is handled before it resolves. */
  advance(durationMs: number): Promise<void>;
}

export interface RunnerOptions {
  readonly tree: SupervisionTree;
  readonly log?: ActorLog;
  readonly onFailure: (crash: Crash) => void;
}

export type Runner = (options: RunnerOptions) => Run;

type Kind = keyof typeof tree;

/** What the tests use; it lasts for one test. */
export class Stage {
  readonly #runner: Runner;
  #run!: Run;
  /** What the puppets did. */
  diary: string[] = [];
  /** The lines of the log: the actor that wrote, and the text. */
  log: string[] = [];
  failures: Crash[] = [];
  onFailure: (crash: Crash) => void = () => {};

  constructor(runner: Runner) {
    this.#runner = runner;
    beforeEach(() => this.begin());
    afterEach(async () => {
      this.system.stop();
      await this.advance(0);
      expect(this.clock.pendingCount).toBe(0); // a stopped system leaves no timer behind
    });
  }

  get system(): ActorSystem {
    return this.#run.system;
  }

  get clock(): VirtualClock {
    return this.#run.clock;
  }

  advance(durationMs: number): Promise<void> {
    return this.#run.advance(durationMs);
  }

  /** A new system, instead of the one before. */
  begin(log: 'with a log' | 'without a log' = 'with a log'): void {
    this.diary = [];
    this.log = [];
    this.failures = [];
    this.onFailure = (crash) => this.failures.push(crash);
    const write = (fields: object, text: string) => this.log.push(`${(fields as { actor: string }).actor}: ${text}`);
    const given = log === 'with a log' && { log: { debug: write, info: write, warn: write, error: write } };
    this.#run = this.#runner({ tree, ...given, onFailure: (crash) => this.onFailure(crash) });
  }

  /** Starts a root that is named as its kind. */
  root(kind: Kind = 'root', strings: Strings = {}): Address<Order> {
    return this.system.spawn(puppet(kind, this.diary), kind, strings);
  }

  /** Has `parent` spawn a child, and gives its address; the parent will note the child's end. */
  async childOf(parent: Address<Order>, kind: Kind, name: string = kind, strings: Strings = {}) {
    let child: Address<Order> | undefined;
    const spawn = act((context) => {
      child = context.spawn(puppet(kind, this.diary), name, strings, {
        whenStopped: (end) => note(`${end.name} ${end.end}`),
      });
    });
    expect(this.system.send(parent, spawn)).toBe('queued');
    await this.advance(0);
    if (!child) throw new Error(`${name} was not spawned`);
    return child;
  }

  /** The diary since the last call. */
  news(): string[] {
    return this.diary.splice(0);
  }

  viewOf(actor: Address<never> | string): ActorView | undefined {
    return find(this.system.inspect(), typeof actor === 'string' ? actor : actor.path);
  }
}

function find(view: SystemView, path: string): ActorView | undefined {
  const within = (actors: readonly ActorView[]): ActorView | undefined => {
    for (const actor of actors) {
      const found = actor.path === path ? actor : within(actor.children);
      if (found) return found;
    }
    return undefined;
  };
  return within(view.roots);
}
