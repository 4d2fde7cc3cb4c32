// An actor's hands, bound to one incarnation: what an ended incarnation still holds can send, and nothing else.

import type { Clock, Random, Timer } from '#src/ports';
import { Address, type Delivery } from './address.ts';
import { ask, type ReplyTo } from './ask.ts';
import type { AnyDefinition, Cell, WhenStopped } from './cell.ts';
import type { ActorDefinition, Context, SpawnOptions } from './definition.ts';
import type { ActorLog } from './log.ts';

/** A class, not closures: a core has a hundred thousand actors that wait for something to do. */
export class CellContext implements Context<unknown> {
  readonly incarnation: number;
  readonly #cell: Cell;

  constructor(cell: Cell, incarnation: number) {
    this.#cell = cell;
    this.incarnation = incarnation;
  }

  get self(): Address<unknown> {
    return this.#cell.address;
  }

  get path(): string {
    return this.#cell.path;
  }

  get name(): string {
    return this.#cell.name;
  }

  get clock(): Clock {
    return this.#cell.world.clock;
  }

  get random(): Random {
    return this.#cell.world.random;
  }

  get log(): ActorLog {
    return this.#cell.log;
  }

  send<Other>(to: Address<Other>, message: Other): Delivery {
    return Address.deliver(to, message);
  }

  backlog(): number {
    return this.#cell.backlog;
  }

  ask<Other, Answer>(to: Address<Other>, build: (reply: ReplyTo<Answer>) => Other, timeoutMs: number): Promise<Answer> {
    return ask(this.#cell.world.clock, to, build, timeoutMs);
  }

  spawn<ChildMessage, ChildArgs>(
    definition: ActorDefinition<ChildMessage, unknown, ChildArgs>,
    name: string,
    args: ChildArgs,
    options?: SpawnOptions<unknown>,
  ): Address<ChildMessage> {
    const whenStopped = options?.whenStopped as WhenStopped | undefined;
    return this.#acting('spawn').spawn(definition as AnyDefinition, name, args, whenStopped);
  }

  stop(child: Address<never>): void {
    this.#acting('stop').stopChild(child);
  }

  stopSelf(): void {
    this.#acting('stopSelf').stopWhenHandled();
  }

  after(delayMs: number, message: unknown): Timer {
    return this.#acting('after').errands.after(delayMs, message);
  }

  perform<Value>(
    promise: Promise<Value>,
    toMessage: (value: Value) => unknown,
    toFailure: (error: unknown) => unknown,
  ): void {
    this.#acting('perform').errands.perform(promise, toMessage, toFailure);
  }

  #acting(what: string): Cell {
    this.#cell.mustBeActing(this.incarnation, what);
    return this.#cell;
  }
}
