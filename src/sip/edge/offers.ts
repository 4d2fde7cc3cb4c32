// What waits for an application to come back: each for a bounded time, in the order it came. Knows nothing of SIP.

import type { Clock, Timer } from '#src/ports';
import type { ApplicationSession } from './application-session.ts';
import type { Applications } from './applications.ts';
import type { EdgeLimits } from './limits.ts';
import type { Owner } from './owner.ts';

interface Waiting {
  readonly owner: Owner;
  take(session: ApplicationSession): void;
  timer: Timer | undefined;
}

export class Offers {
  readonly #clock: Clock;
  readonly #limits: EdgeLimits;
  readonly #applications: Applications;
  readonly #waiting = new Set<Waiting>();
  readonly #departures = new Set<Timer>();

  constructor(clock: Clock, limits: EdgeLimits, applications: Applications) {
    this.#clock = clock;
    this.#limits = limits;
    this.#applications = applications;
  }

  /** Gives something to an application, now or when it is back in time; otherwise `nobody` is told. Never both. */
  offer(owner: Owner, take: (session: ApplicationSession) => void, nobody: () => void = () => {}): Timer {
    const session = owner.session(this.#applications);
    const waiting: Waiting = { owner, take, timer: undefined };
    const withdraw = () => {
      waiting.timer?.cancel();
      this.#waiting.delete(waiting);
    };
    if (session) {
      take(session);
      return { cancel: withdraw };
    }
    waiting.timer = this.#clock.after(this.#limits.applicationReturnMsMax, () => {
      this.#waiting.delete(waiting);
      nobody();
    });
    this.#waiting.add(waiting);
    return { cancel: withdraw };
  }

  /** An application has connected, or takes calls from now on: it may be one that is waited for. */
  arrived(): void {
    for (const waiting of [...this.#waiting]) {
      const session = waiting.owner.session(this.#applications);
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
}
