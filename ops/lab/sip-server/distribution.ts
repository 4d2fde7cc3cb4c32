// Where calls wait to be sent on: at queues for an agent who is ready, at route points for a strategy. Decides who gets which call;
// tells nothing and calls nobody.

import type { RoutedRecording } from './strategy.core.ts';

/** Where a strategy sends a call. */
export interface Route {
  readonly to: string;
  /** Undefined when it says nothing of recording. */
  readonly recording: RoutedRecording | undefined;
}

/** The call was given up before anybody took it. */
export class GivenUp extends Error {
  constructor() {
    super('the call was given up while it waited');
  }
}

interface Waiting<Found> {
  readonly callUuid: string;
  readonly at: string;
  found(what: Found): void;
  gone(): void;
}

export class Distribution {
  /** The agents of a queue who can take a call now, best first. */
  readonly #readyAt: (queue: string) => readonly string[];
  /** In the order in which they are served. */
  #queued: Waiting<string>[] = [];
  #routing: Waiting<Route>[] = [];
  /** Agents who are about to be rung. */
  readonly #promised = new Set<string>();

  constructor(readyAt: (queue: string) => readonly string[]) {
    this.#readyAt = readyAt;
  }

  /**
   * Resolves with the DN of an agent; say {@link rung} when it has been rung. Rejects with {@link GivenUp}. `again`: it was found one
   * who did not take it, and waits before all others.
   */
  agent(queue: string, callUuid: string, again = false): Promise<string> {
    return new Promise((found, reject) => {
      const waiting = { callUuid, at: queue, found, gone: () => reject(new GivenUp()) };
      if (again) this.#queued.unshift(waiting);
      else this.#queued.push(waiting);
      this.settle();
    });
  }

  /** Resolves with what a strategy says. Rejects with {@link GivenUp}. */
  route(routePoint: string, callUuid: string): Promise<Route> {
    return new Promise((found, reject) => {
      this.#routing.push({ callUuid, at: routePoint, found, gone: () => reject(new GivenUp()) });
    });
  }

  /** Whether a call waited there for it. */
  routed(routePoint: string, callUuid: string, route: Route): boolean {
    const one = this.#routing.find((waiting) => waiting.at === routePoint && waiting.callUuid === callUuid);
    this.#routing = this.#routing.filter((other) => other !== one);
    one?.found(route);
    return one !== undefined;
  }

  /** It is rung, or will not be: from now on its calls say whether it is free. */
  rung(dn: string): void {
    this.#promised.delete(dn);
  }

  /** An agent may have become ready, or free. */
  settle(): void {
    for (const waiting of [...this.#queued]) {
      const agent = this.#readyAt(waiting.at).find((dn) => !this.#promised.has(dn));
      if (agent === undefined) continue;
      this.#promised.add(agent);
      this.#queued = this.#queued.filter((other) => other !== waiting);
      waiting.found(agent);
    }
  }

  giveUp(callUuid: string): void {
    const ofCall = (waiting: { readonly callUuid: string }) => waiting.callUuid === callUuid;
    const gone = [...this.#queued.filter(ofCall), ...this.#routing.filter(ofCall)];
    this.#queued = this.#queued.filter((waiting) => !ofCall(waiting));
    this.#routing = this.#routing.filter((waiting) => !ofCall(waiting));
    for (const waiting of gone) waiting.gone();
  }
}
