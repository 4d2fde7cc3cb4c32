// What waits for an application to come back, or to come at all when this process has just begun: each for a bounded time, in
// the order it came. Knows nothing of SIP.

import type { Clock, Timer } from '#src/ports';
import type { ApplicationSession } from './application-session.ts';
import type { Applications } from './applications.ts';
import type { EdgeLimits } from './limits.ts';
import type { Owner } from './owner.ts';

interface Waiting {
  find(): ApplicationSession | undefined;
  take(session: ApplicationSession): void;
  timer: Timer | undefined;
}

export class Offers {
  readonly #clock: Clock;
  readonly #limits: EdgeLimits;
  readonly #applications: Applications;
  readonly #waiting = new Set<Waiting>();
  readonly #departures = new Set<Timer>();
  readonly #begunAtMs: number;

  constructor(clock: Clock, limits: EdgeLimits, applications: Applications) {
    this.#clock = clock;
    this.#limits = limits;
    this.#applications = applications;
    this.#begunAtMs = clock.monotonicMs();
  }

  /**
   * Whether applications may still be on their way: the ones of an earlier life of this process, which was killed, do not know
   * at once that it is there again.
   */
  get areMadeToAll(): boolean {
    return this.#toComeMs > 0;
  }

  /** Gives something to an application, now or when it is back in time; otherwise `nobody` is told. Never both. */
  offer(
    owner: Owner,
    take: (session: ApplicationSession) => void,
    nobody: () => void = () => {},
    waitMs = this.#limits.applicationReturnMsMax,
  ): Timer {
    const find = () => owner.session(this.#applications);
    return this.#offer({ find, take, timer: undefined }, waitMs, nobody);
  }

  /** Gives something to the first application that routes the method, as long as any may come; otherwise `nobody` is told. */
  offerToAll(method: string, take: (session: ApplicationSession) => void, nobody: () => void): Timer {
    const find = () => this.#applications.next(method);
    return this.#offer({ find, take, timer: undefined }, this.#toComeMs, nobody);
  }

  /** An application has connected, or takes calls from now on: it may be one that is waited for. */
  arrived(): void {
    for (const waiting of [...this.#waiting]) {
      const session = waiting.find();
      if (!session || !this.#waiting.delete(waiting)) continue;
      waiting.timer?.cancel();
      waiting.take(session);
    }
  }

  /** An application has gone: `forGood` runs when it stays away longer than anybody comes back from. */
  departed(owner: Owner, forGood: () => void): void {
    const timer = this.#clock.after(this.#limits.applicationAwayMsMax, () => {
      this.#departures.delete(timer);
      if (!owner.session(this.#applications)) forGood();
    });
    this.#departures.add(timer);
  }

  close(): void {
    for (const { timer } of this.#waiting) timer?.cancel();
    for (const timer of this.#departures) timer.cancel();
    this.#waiting.clear();
    this.#departures.clear();
  }

  /** How long applications of an earlier life may still take to come. */
  get #toComeMs(): number {
    return this.#begunAtMs + this.#limits.applicationReturnMsMax - this.#clock.monotonicMs();
  }

  #offer(waiting: Waiting, waitMs: number, nobody: () => void): Timer {
    const session = waiting.find();
    const withdraw = () => {
      waiting.timer?.cancel();
      this.#waiting.delete(waiting);
    };
    if (session) {
      waiting.take(session);
      return { cancel: withdraw };
    }
    waiting.timer = this.#clock.after(waitMs, () => {
      this.#waiting.delete(waiting);
      nobody();
    });
    this.#waiting.add(waiting);
    return { cancel: withdraw };
  }
}
