// The life of one actor: start, one message at a time, crash, back-off, restart, stop. The same on every engine.
// Nothing an actor's code throws gets past this file; what is above a cell's power goes to its parent, at the top to the world.

import { messageOf } from '#src/errors';
import type { Timer } from '#src/ports';
import { Address, type Delivery } from './address.ts';
import type { Ask } from './ask.ts';
import { CellContext } from './context.ts';
import type { ActorDefinition, ChildEnd, EndReason } from './definition.ts';
import type { Seat } from './engine.ts';
import { Errands, type OwnLetter } from './errands.ts';
import type { ActorView, Crash, DeadLetterReason } from './inspection.ts';
import { type ActorLog, logOf } from './log.ts';
import { Mailbox } from './mailbox.ts';
import { type ActorKind, decideAfterCrash } from './supervision.ts';
import type { World } from './world.ts';

export type AnyDefinition = ActorDefinition<unknown, unknown, unknown>;
export type WhenStopped = (end: ChildEnd) => unknown;

/** From others a message; from an errand something that becomes one. */
type Letter = OwnLetter | { readonly own: false; readonly message: unknown; readonly ask: Ask | undefined };

/** What many actors never have (children, errands, questions, lines in the log) is made when it is needed: most of them only wait. */
export class Cell {
  readonly name: string;
  readonly kind: string;
  readonly address: Address<unknown>;
  readonly world: World;
  readonly parent: Cell | undefined;
  readonly #definition: AnyDefinition;
  readonly #args: unknown;
  readonly #policy: ActorKind;
  readonly #whenStopped: WhenStopped | undefined;
  readonly #seat: Seat;
  readonly #mailbox: Mailbox<Letter>;
  readonly #root: Cell;
  #log: ActorLog | undefined;
  #children: Map<string, Cell> | undefined;
  #errands: Errands | undefined;
  #asks: Set<Ask> | undefined;
  #life: ActorView['life'] = 'starting';
  #incarnation = 1;
  /** Present from the return of `start` to the call of `stopped`. */
  #current: { state: unknown } | undefined;
  #context: CellContext;
  #scheduled = false;
  #ending = false;
  #stopAsked = false;
  #backoff: Timer | undefined;
  #restartsAtMs = never;
  #lastCrash: Crash | undefined;
  #deadLetters = 0;
  #refused = 0;
  /** Of a root: letters from others that wait here, and at every cell under it. */
  #waiting = 0;

  /** Throws Error when the name or the place in the tree is wrong. */
  constructor(
    world: World,
    parent: Cell | undefined,
    definition: AnyDefinition,
    name: string,
    args: unknown,
    whenStopped?: WhenStopped,
  ) {
    const policy = world.tree[definition.kind];
    const under = parent?.kind ?? 'process';
    if (!policy) throw new Error(`kind "${definition.kind}" is not in the supervision tree`);
    if (policy.under !== under) throw new Error(`"${definition.kind}" belongs under "${policy.under}", not "${under}"`);
    if (!/^[^\s/]{1,200}$/.test(name)) throw new Error(`actor name "${name}": 1 to 200 characters, no space, no /`);
    this.name = name;
    this.kind = definition.kind;
    this.world = world;
    this.parent = parent;
    this.#definition = definition;
    this.#args = args;
    this.#policy = policy;
    this.#whenStopped = whenStopped;
    this.address = new Address(`${parent?.path ?? ''}/${name}`, this);
    this.#mailbox = new Mailbox(policy.mailbox);
    this.#root = parent ? parent.#root : this;
    this.#context = new CellContext(this, this.#incarnation);
    this.#seat = world.engine.seat(parent ? parent.#seat : undefined, () => this.#turn());
    this.#wake();
  }

  get path(): string {
    return this.address.path;
  }

  get log(): ActorLog {
    this.#log ??= logOf(this.path, this.world.log);
    return this.#log;
  }

  get errands(): Errands {
    this.#errands ??= this.#newErrands();
    return this.#errands;
  }

  /** Messages from others that wait at the root this cell is under, and at all that is under that root. */
  get backlog(): number {
    return this.#root.#waiting;
  }

  get alive(): boolean {
    return this.#life !== 'stopped' && !this.#ending;
  }

  /** Throws Error unless this incarnation's own handler is running. */
  mustBeActing(incarnation: number, what: string): void {
    if (this.world.running === this && this.#incarnation === incarnation) return;
    throw new Error(`${what} of ${this.path} outside of its handler; from a callback, send a message to context.self`);
  }

  spawn(definition: AnyDefinition, name: string, args: unknown, whenStopped?: WhenStopped): Address<unknown> {
    if (this.#children?.has(name)) throw new Error(`${this.path} has a child "${name}" already`);
    const child = new Cell(this.world, this, definition, name, args, whenStopped);
    this.#children ??= new Map();
    this.#children.set(name, child);
    return child.address;
  }

  /** A child that has stopped already is no error; another's child is. */
  stopChild(address: Address<never>): void {
    const name = address.path.slice(this.path.length + 1);
    if (address.path !== `${this.path}/${name}` || name.includes('/'))
      throw new Error(`${address.path} is not a child of ${this.path}`);
    const child = this.#children?.get(name);
    if (child?.address === address) child.end('asked');
  }

  stopWhenHandled(): void {
    this.#stopAsked = true;
  }

  /** Ends this actor and all under it, bottom-up, before it returns. Not to be called while one of them handles a message. */
  end(why: EndReason, crash?: Crash): void {
    if (!this.alive) return;
    this.#ending = true;
    this.#backoff?.cancel();
    this.#endIncarnation(why);
    this.#life = 'stopped';
    if (this.#scheduled) this.world.turnsPending--;
    this.#scheduled = false;
    this.#seat.stop();
    for (const letter of this.#mailbox.drain()) {
      if (!letter.own) this.#root.#waiting--;
      this.#loseLetter('stopped', letter);
    }
    if (this.parent) this.parent.#childEnded(this, crash);
    else this.world.rootStopped(this);
  }

  view(): ActorView {
    return {
      path: this.path,
      kind: this.kind,
      life: this.#life,
      ...this.#describe(),
      mailbox: this.#mailbox.length,
      restarts: this.#incarnation - 1,
      ...(this.#lastCrash && {
        lastCrash: { atMs: this.#lastCrash.atMs, path: this.#lastCrash.path, text: messageOf(this.#lastCrash.error) },
      }),
      deadLetters: this.#deadLetters,
      refused: this.#refused,
      children: [...(this.#children?.values() ?? [])].map((child) => child.view()),
    };
  }

  #newErrands(): Errands {
    const deliver = (letter: OwnLetter) => {
      this.#mailbox.offer(letter);
      this.#wake();
    };
    return new Errands(this.world, this.#policy.mailbox.max, deliver, (outcome) => this.#lose('late', outcome));
  }

  #describe(): Partial<Pick<ActorView, 'phase' | 'summary'>> {
    if (!this.#current || !this.#definition.describe) return {};
    try {
      return this.#definition.describe(this.#current.state);
    } catch (error) {
      return { phase: `describe threw: ${messageOf(error)}` };
    }
  }

  /** For the address. */
  deliver(message: unknown, ask: Ask | undefined): Delivery {
    const letter: Letter = { own: false, message, ask };
    if (!this.alive) {
      this.#loseLetter('stopped', letter);
      return 'dead';
    }
    const offer = this.#mailbox.offer(letter);
    if (offer.offer === 'refused') {
      this.#refused++;
      ask?.fail('its mailbox is full');
    } else if (offer.offer === 'dropped') this.#loseLetter('full', letter);
    else if ('displaced' in offer && offer.displaced) this.#loseLetter('full', offer.displaced);
    else this.#root.#waiting++;
    this.#wake();
    return offer.offer;
  }

  #loseLetter(reason: DeadLetterReason, letter: Letter): void {
    if (!letter.own) {
      letter.ask?.fail(reason === 'full' ? 'its mailbox is full' : 'it is stopped');
      this.#lose(reason, letter.message);
    } else if ('outcome' in letter) this.#lose('late', letter.outcome);
  }

  #lose(reason: DeadLetterReason, message: unknown): void {
    this.#deadLetters++;
    this.world.deadLetter({ to: this.path, kind: this.kind, reason, message });
  }

  #wake(): void {
    const work = this.#life === 'starting' || (this.#life === 'running' && this.#mailbox.length > 0);
    if (!work || this.#scheduled || !this.alive || this.world.running === this) return;
    this.#scheduled = true;
    this.world.turnsPending++;
    this.#seat.schedule();
  }

  #turn(): void {
    this.#scheduled = false;
    this.world.turnsPending--;
    const failure = this.#act();
    if (failure) this.#crash({ ...failure, atMs: this.world.clock.nowMs(), path: this.path, kind: this.kind });
    else if (this.#stopAsked) this.end('asked');
    this.world.turnEnded();
    this.#wake();
  }

  /** One handler, from its beginning to its end; what it threw. */
  #act(): { readonly error: unknown } | undefined {
    this.world.running = this;
    try {
      if (this.#life === 'starting') this.#start();
      else this.#handle();
      return undefined;
    } catch (error) {
      return { error };
    } finally {
      this.world.running = undefined;
    }
  }

  #start(): void {
    this.#current = { state: synchronous(this.#definition.start(this.#args, this.#context), this.kind) };
    this.#life = 'running';
  }

  #handle(): void {
    const letter = this.#mailbox.take();
    if (letter && !letter.own) this.#root.#waiting--;
    if (!letter || !this.#current) return;
    if (letter.own && !this.errands.take(letter)) {
      this.#loseLetter('late', letter);
      return;
    }
    if (!letter.own && letter.ask) this.#remember(letter.ask);
    const message = letter.own ? letter.make() : letter.message;
    const state = this.#definition.receive(this.#current.state, message, this.#context);
    this.#current.state = synchronous(state, this.kind);
  }

  #remember(ask: Ask): void {
    if (ask.settled) return;
    const asks = this.#asks ?? new Set();
    this.#asks = asks.add(ask);
    ask.whenSettled(() => asks.delete(ask));
  }

  #crash(crash: Crash): void {
    this.#lastCrash = crash;
    this.world.crashes++;
    const next = this.#stopAsked
      ? { decision: 'stop' as const, spent: false }
      : decideAfterCrash(this.#policy, this.#restartsAtMs, this.world.clock.monotonicMs());
    this.log.error({ kind: this.kind, from: crash.path, err: crash.error, ...next }, 'crashed');
    if (next.decision === 'restart') {
      this.#restartsAtMs = next.restartsAtMs;
      this.#restart(next.delayMs);
    } else if (next.decision === 'stop') this.end('crash', crash);
    else this.#escalate(crash);
  }

  // Whatever the parent does, it stops its children first, this one among them: nobody is left waiting for a decision.
  #escalate(crash: Crash): void {
    if (this.parent) this.parent.#crash(crash);
    else this.world.fail(crash);
  }

  #restart(delayMs: number): void {
    this.#life = 'restarting';
    this.#endIncarnation('restart');
    if (!this.alive) return; // somebody's stopped() stopped the system
    this.#incarnation++;
    this.#context = new CellContext(this, this.#incarnation);
    this.#backoff = this.world.clock.after(delayMs, () => {
      this.#life = 'starting';
      this.#wake();
    });
  }

  #endIncarnation(why: EndReason): void {
    for (const child of [...(this.#children?.values() ?? [])].reverse()) child.end(why);
    this.#errands?.cancelAll();
    for (const ask of [...(this.#asks ?? [])])
      ask.fail(why === 'crash' || why === 'restart' ? 'it has crashed' : 'it is stopped');
    const current = this.#current;
    this.#current = undefined;
    if (!current) return;
    try {
      this.#definition.stopped?.(current.state, this.#context, why);
    } catch (error) {
      this.log.error({ kind: this.kind, err: error }, 'stopped() threw');
    }
  }

  #childEnded(child: Cell, crash: Crash | undefined): void {
    this.#children?.delete(child.name);
    const whenStopped = child.#whenStopped;
    if (!whenStopped || this.#ending || this.#life === 'restarting') return;
    const { name, path } = child;
    const end: ChildEnd = crash ? { end: 'crashed', name, path, error: crash.error } : { end: 'stopped', name, path };
    this.errands.tell(() => whenStopped(end));
  }
}

const nothing = () => {};
const never: readonly number[] = [];

function synchronous(state: unknown, kind: string): unknown {
  if (typeof (state as { then?: unknown } | null | undefined)?.then !== 'function') return state;
  (state as Promise<unknown>).then(nothing, nothing); // its rejection must not end the process as well
  throw new Error(`a handler of "${kind}" returned a promise; handlers are synchronous, use context.perform`);
}
