// Calls as a busy switch has them: each goes through the same steps, at the same distances, and one begins so often that the events
// of all together come at the rate that is wanted. Pure: time is an argument, and may run faster than a clock.

import type { EventName } from '#src/cti';

/** What is said of the DN itself, not of its call. */
export function isOfDn(event: CallStep['event']): boolean {
  return event.startsWith('EventAgent') || event.endsWith('Hook');
}

/** What a DN hears of its call, and how long after the beginning. */
export const callSteps = [
  { atMs: 0, event: 'EventRinging' },
  { atMs: 490, event: 'EventOffHook' },
  { atMs: 500, event: 'EventEstablished' },
  { atMs: 1_000, event: 'EventAttachedDataChanged' },
  { atMs: 2_000, event: 'EventHeld' },
  { atMs: 3_000, event: 'EventRetrieved' },
  { atMs: 4_000, event: 'EventAttachedDataChanged' },
  { atMs: 5_000, event: 'EventReleased' },
  { atMs: 5_010, event: 'EventOnHook' },
  { atMs: 5_050, event: 'EventAgentNotReady' },
  { atMs: 6_000, event: 'EventAgentReady' },
] as const satisfies readonly { readonly atMs: number; readonly event: EventName }[];

export type CallStep = (typeof callSteps)[number];

/** Every second call is one of a DN that is recorded; it has an event more, the one that says that it is. */
export function isRecorded(call: number): boolean {
  return call % 2 === 0;
}

const eventsPerCall = callSteps.length + 0.5;

export class CallLoad {
  readonly #callIntervalMs: number;
  readonly #beginsMs: number;
  readonly #firstCall: number;
  /** Which call goes through each step next. */
  readonly #next: number[];
  #callsMax = Number.POSITIVE_INFINITY;

  /** Calls are numbered from `firstCall`; the first one begins at `beginsMs`. */
  constructor(eventsPerSecond: number, firstCall: number, beginsMs: number) {
    this.#callIntervalMs = (1_000 * eventsPerCall) / eventsPerSecond;
    this.#beginsMs = beginsMs;
    this.#firstCall = firstCall;
    this.#next = callSteps.map(() => 0);
  }

  /** How many have begun. */
  get calls(): number {
    return this.#next[0]!;
  }

  /** Whether all calls that have begun are at their end, and no further one begins. */
  get isOver(): boolean {
    return this.#next.at(-1) === this.#callsMax;
  }

  /** Takes every step that is due; those of one call in their order. */
  advance(nowMs: number, take: (step: CallStep, call: number) => void): void {
    for (const [index, step] of callSteps.entries()) {
      const due = Math.floor((nowMs - this.#beginsMs - step.atMs) / this.#callIntervalMs) + 1;
      const until = Math.min(due, this.#callsMax);
      for (let call = this.#next[index]!; call < until; call += 1) take(step, this.#firstCall + call);
      this.#next[index] = Math.max(this.#next[index]!, until);
    }
  }

  /** No further call begins; those there are go on to their end. */
  end(): void {
    this.#callsMax = this.calls;
  }
}
