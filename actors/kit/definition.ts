// What a kind of actor is made of: three synchronous functions, and the context they act through. A handler decides and
// returns; whatever takes time is handed to `perform` and comes back as a message. So no two handlers of an actor overlap.

import type { Clock, Random, Timer } from '#src/ports';
import type { Address, Delivery } from './address.ts';
import type { ReplyTo } from './ask.ts';
import type { ActorLog } from './log.ts';

/** An actor, minus its place in the tree. `kind` is its name in the supervision tree. */
export interface ActorDefinition<Message, State, Args> {
  readonly kind: string;
  /** Makes the first state, in a turn of its own; again after every crash, with the same `args` (`context.incarnation` > 1). */
  start(args: Args, context: Context<Message>): State;
  /** Handles one message and returns the next state. A throw is a crash: the message is lost, the state too. */
  receive(state: State, message: Message, context: Context<Message>): State;
  /**
   * Lets go of what `start` and `receive` took hold of: called exactly once for each `start` that returned, after all
   * children are stopped, with the last good state. A throw is logged and changes nothing.
   */
  stopped?(state: State, context: LastContext<Message>, why: EndReason): void;
  /** What the console shows of the state. Nothing secret. */
  describe?(state: State): ActorDescription;
}

/**
 * Why an incarnation ends. `asked`: by `stopSelf` or its parent's `stop`. `restart`: it or one above it has crashed and
 * starts again. `crash`: it or one above it has crashed and does not. `shutdown`: the whole system stops. After `restart`
 * and `shutdown` a successor takes over what runs on elsewhere.
 */
export type EndReason = 'asked' | 'restart' | 'crash' | 'shutdown';

/** What an actor says of itself in `inspect()`. */
export interface ActorDescription {
  readonly phase: string;
  readonly summary?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Gives a definition its types: `defineActor<Message, State, Args>({...})`. */
export function defineActor<Message, State, Args>(
  definition: ActorDefinition<Message, State, Args>,
): ActorDefinition<Message, State, Args> {
  return definition;
}

/** What is left at the end: to say goodbye, not to begin anything. */
export interface LastContext<Message> {
  readonly self: Address<Message>;
  /** `/recorder/sessions/<name>` */
  readonly path: string;
  readonly name: string;
  /** 1 at first, one more for each restart. */
  readonly incarnation: number;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly random: Random;
  readonly log: ActorLog;
  /** Never throws; may be called from anywhere, also from a socket's callback. */
  send<Other>(to: Address<Other>, message: NoInfer<Other>): Delivery;
  /**
   * Messages that wait at the root actor this one is under, and at every actor under that. Who brings messages in from outside asks
   * before it takes more than can be handled. May be called from anywhere.
   */
  backlog(): number;
}

/** An actor's hands. Everything but `send` and `ask` throws Error outside of the actor's own `start` and `receive`. */
export interface Context<Message> extends LastContext<Message> {
  /** Starts a child; its `start` runs later, in its own turn. Throws Error when the name is taken or the kind does not belong here. */
  spawn<ChildMessage, ChildArgs>(
    definition: ActorDefinition<ChildMessage, unknown, ChildArgs>,
    name: string,
    args: NoInfer<ChildArgs>,
    options?: SpawnOptions<Message>,
  ): Address<ChildMessage>;
  /** Stops a child and everything under it, bottom-up, before it returns: the name is free again. A stopped child is no error. */
  stop(child: Address<never>): void;
  /** Stops this actor when the handler has returned. */
  stopSelf(): void;
  /** Sends a message to oneself later. Cancelled by the end of this incarnation; after `cancel` it does not come any more. */
  after(delayMs: number, message: Message): Timer;
  /**
   * Waits for a promise; its end comes back as a message. A result that arrives after the end of this incarnation is a
   * dead letter (`late`). At most `mailbox.max` timers and promises may be under way: more is an Error.
   */
  perform<Value>(
    promise: Promise<Value>,
    toMessage: (value: Value) => Message,
    toFailure: (error: unknown) => Message,
  ): void;
  /** Asks another actor; use with `perform`. Rejects as `ActorSystem.ask` does. */
  ask<Other, Answer>(to: Address<Other>, build: (reply: ReplyTo<Answer>) => Other, timeoutMs: number): Promise<Answer>;
}

/** How the parent hears of a child's end. */
export interface SpawnOptions<ParentMessage> {
  /** Makes the message that tells of the child's final stop (never of a restart). */
  readonly whenStopped?: (end: ChildEnd) => ParentMessage;
}

/** A child's end: `stopped` as asked, or `crashed` and not to be restarted. */
export type ChildEnd =
  | { readonly end: 'stopped'; readonly name: string; readonly path: string }
  | { readonly end: 'crashed'; readonly name: string; readonly path: string; readonly error: unknown };
