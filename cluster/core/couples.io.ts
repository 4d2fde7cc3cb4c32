// What a core knows of couples, for others: here for whoever asks this core, and told through its outbox, where there is one.

import type { CoupleWord } from '#actors/call';
import { type Outbox, type WrittenFact, writeFact } from '#cluster/outbox';
import type { Clock, Timer } from '#src/ports';
import type { Couple } from '#src/recording';

export interface CouplesOptions {
  /** Undefined where there is no Redis. */
  readonly outbox: Pick<Outbox, 'tellWritten' | 'untold'> | undefined;
  readonly clock: Clock;
  /** Called before anybody is told: when it returns, kill -9 can no longer take what is told. */
  readonly secure: () => void;
}

/** Couples that have ended and are remembered here. */
const endedMax = 10_000;
/** What changes again so soon is told once: asking for a recording, hearing that it is accepted, and that it runs are three changes. */
const settleMs = 100;
/** Couples that are written in one turn of the event loop: with thousands of events a second hundreds settle at once. */
const writtenAtOnce = 25;

/** What was told is kept as it was told: put together it takes several times as much, of the time to collect garbage, too. */
type Known = Pick<CoupleWord, 'couple'> | { readonly text: string };

export class Couples {
  readonly #options: CouplesOptions;
  /** Both in the order of their last change. */
  readonly #running = new Map<string, Known>();
  readonly #ended = new Map<string, Known>();
  /** The last words that have not settled yet: only those that are told are put together. */
  readonly #unsettled = new Map<string, CoupleWord>();
  /** What waits until the last words that were told before it are kept: those that have not settled, and those that have. */
  readonly #unsettledWait: (() => void)[] = [];
  #settledWait: (() => void)[] = [];
  #phase: 'idle' | 'settling' | 'writing' | 'stopped' = 'idle';
  #timer: Timer | undefined;
  /** Those that have settled, as far as they are written. */
  readonly #unwritten: CoupleWord[] = [];
  readonly #written: WrittenFact[] = [];

  constructor(options: CouplesOptions) {
    this.#options = options;
  }

  /** How many wait for Redis. */
  get untold(): number {
    const here = this.#unsettled.size + this.#unwritten.length + this.#written.length;
    return here + (this.#options.outbox?.untold ?? 0);
  }

  tell(word: CoupleWord): void {
    const { sid, isEnded } = word;
    this.#running.delete(sid);
    this.#ended.delete(sid);
    (isEnded ? this.#ended : this.#running).set(sid, word);
    this.#forgetOldest();
    if (!this.#options.outbox) return;
    this.#unsettled.set(sid, word);
    this.#settleLater();
  }

  /** Calls `run` when kill -9 can no longer take what was told before: at once where it cannot now. */
  whenKept(run: () => void): void {
    if (this.#unsettled.size > 0) this.#unsettledWait.push(run);
    else if (this.#phase === 'writing') this.#settledWait.push(run);
    else run();
  }

  /** Those that run first, the latest change first. */
  list(): readonly Couple[] {
    const known = [...this.#ended.values(), ...this.#running.values()];
    return known.map((one) => ('text' in one ? (JSON.parse(one.text) as Couple) : one.couple)).reverse();
  }

  /** What has not settled is told by the next core, which has the same facts. */
  stop(): void {
    this.#phase = 'stopped';
    this.#timer?.cancel();
  }

  /** While some are written, further ones wait: of each couple only the last word does. */
  #settleLater(): void {
    if (this.#phase !== 'idle') return;
    this.#phase = 'settling';
    this.#timer = this.#options.clock.after(settleMs, () => this.#settle());
  }

  #settle(): void {
    this.#phase = 'writing';
    this.#unwritten.push(...this.#unsettled.values());
    this.#unsettled.clear();
    this.#settledWait = this.#unsettledWait.splice(0);
    this.#writeSome();
  }

  /** Told together, written a few at a time: events wait to be heard meanwhile. */
  #writeSome(): void {
    const { outbox, secure, clock } = this.#options;
    for (const word of this.#unwritten.splice(0, writtenAtOnce)) this.#written.push(this.#write(word));
    if (this.#unwritten.length > 0) {
      this.#timer = clock.after(0, () => this.#writeSome());
      return;
    }
    secure();
    outbox?.tellWritten(this.#written.splice(0));
    this.#phase = 'idle';
    for (const run of this.#settledWait.splice(0)) run();
    if (this.#unsettled.size > 0) this.#settleLater();
  }

  #write(word: CoupleWord): WrittenFact {
    const { sid, isEnded, couple } = word;
    const written = writeFact({ type: 'couple', couple });
    const known = isEnded ? this.#ended : this.#running;
    // It keeps its place; it may have changed again since, or be forgotten.
    if (known.get(sid) === word) known.set(sid, { text: written.text });
    return written;
  }

  #forgetOldest(): void {
    if (this.#ended.size <= endedMax) return;
    for (const sid of this.#ended.keys()) {
      this.#ended.delete(sid);
      return;
    }
  }
}
