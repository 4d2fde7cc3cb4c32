// The facts of all recording sessions of this node: what a session needs to go on after a crash is here and nowhere else. Tells
// whoever wants to know which sessions have changed.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { apply, type SessionFact, type SessionFacts, type SessionState } from '#actors/session';
import { FactJournal, type FactJournalOptions, type Facts } from '#cluster/facts';

export interface SessionFactsListener {
  /** The facts of a take have grown. */
  readonly onChanged?: (take: string) => void;
  /** A take is about to be forgotten. */
  readonly onForgotten?: (last: SessionState) => void;
}

export interface SessionFactsOptions
  extends SessionFactsListener,
    Omit<FactJournalOptions<SessionFact>, 'writer' | 'sumUp'> {}

export class JournaledFacts implements SessionFacts {
  readonly #journal: Facts<SessionFact>;
  readonly #listener: SessionFactsListener;
  /** Resolves when all that happens at this moment has happened. */
  readonly #turn: () => Promise<void>;
  /** Takes whose facts have grown and are being written. */
  readonly #changed = new Set<string>();
  /** Takes of which the last word is about to be said. */
  readonly #leaving = new Set<string>();
  #isClosed = false;
  #securing: Promise<void> | undefined;
  /** What the facts of each take tell: housekeeping asks for all of them at once, and answers wait meanwhile. */
  readonly #states = new Map<string, SessionState>();

  constructor(journal: Facts<SessionFact>, listener: SessionFactsListener, turn: () => Promise<void> = nextTurn) {
    this.#journal = journal;
    this.#listener = listener;
    this.#turn = turn;
  }

  /** Reads what earlier incarnations left, and begins a new one that holds all that is still needed. */
  static async open(options: SessionFactsOptions): Promise<JournaledFacts> {
    return new JournaledFacts(await FactJournal.open({ ...options, writer: 'recorder', sumUp }), options);
  }

  /** Later incarnations have higher ones, whatever the clock says. */
  get epoch(): number {
    return this.#journal.epoch;
  }

  of(take: string): readonly SessionFact[] {
    return this.#journal.of(take);
  }

  takes(): readonly string[] {
    return this.#journal.subjects();
  }

  /** The sessions of all takes that are not forgotten, as their facts tell of them. */
  states(): readonly SessionState[] {
    return this.takes().flatMap((take) => this.state(take) ?? []);
  }

  /** The session of a take, as its facts tell of it; undefined when it is forgotten, or never was. */
  state(take: string): SessionState | undefined {
    const known = this.#states.get(take) ?? this.of(take).reduce<SessionState | undefined>(apply, undefined);
    if (known) this.#states.set(take, known);
    return known;
  }

  write(take: string, facts: readonly SessionFact[]): void {
    if (facts.length === 0) return;
    const state = facts.reduce<SessionState | undefined>(apply, this.state(take));
    this.#journal.note(take, facts);
    if (state) this.#states.set(take, state);
    this.#changed.add(take);
    this.#securing ??= this.#turn().then(() => this.#secure());
  }

  written(): Promise<void> | undefined {
    return this.#securing;
  }

  durable(): Promise<void> {
    return this.#journal.durable();
  }

  /**
   * Resolves when it is forgotten: once what was written of it is durable. Who hears its last word may forget it, too, and must not hear
   * that it begins again.
   */
  async forget(take: string): Promise<void> {
    this.#leaving.add(take);
    const isDurable = await this.#journal.durable().then(
      () => true,
      () => false,
    );
    const last = this.state(take);
    this.#leaving.delete(take);
    this.#states.delete(take);
    if (last) this.#listener.onForgotten?.(last);
    // What is kept is told once more by whoever comes next.
    if (isDurable && !this.#isClosed) this.#journal.forget(take);
  }

  compact(): Promise<void> {
    return this.#journal.compact();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.#journal.close();
  }

  /** One block for the facts of all sessions: sealing and writing it costs as much as ten facts do. */
  #secure(): void {
    this.#securing = undefined;
    this.#journal.secure();
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const take of changed) if (!this.#leaving.has(take)) this.#listener.onChanged?.(take);
  }
}

function sumUp(facts: readonly SessionFact[]): SessionFact {
  const state = facts.reduce<SessionState | undefined>(apply, undefined)!;
  return { type: 'summed-up', atMs: facts.at(-1)!.atMs, state };
}
