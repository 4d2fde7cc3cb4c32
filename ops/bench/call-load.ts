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

/** At which so many DNs have one call after the other, and none has two at once. */
export function eventsPerSecondMax(dns: number): number {
  return (eventsPerCall * dns * 1_000) / (callSteps.at(-1)!.atMs + 1_000);
}

/** Calls that begin at one rate: from the `first` on, which begins at `beginsMs`. */
interface Pace {
  readonly first: number;
  readonly beginsMs: number;
  readonly callIntervalMs: number;
}

export class CallLoad {
  readonly #firstCall: number;
  /** The latest first. */
  readonly #paces: Pace[];
  /** Which call goes through each step next. */
  readonly #next: number[];
  #callsMax = Number.POSITIVE_INFINITY;

  /** Calls are numbered from `firstCall`; the first one begins at `beginsMs`. */
  constructor(eventsPerSecond: number, firstCall: number, beginsMs: number) {
    this.#paces = [{ first: 0, beginsMs, callIntervalMs: intervalOf(eventsPerSecond) }];
    this.#firstCall = firstCall;
    this.#next = callSteps.map(() => 0);
  }

  /** Calls that have not begun at `nowMs` come at another rate. */
  pace(eventsPerSecond: number, nowMs: number): void {
    const first = this.calls;
    const beginsMs = Math.max(nowMs, this.#beginOf(first));
    this.#paces.unshift({ first, beginsMs, callIntervalMs: intervalOf(eventsPerSecond) });
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
      let call = this.#next[index]!;
      for (; call < this.#callsMax && this.#beginOf(call) + step.atMs <= nowMs; call += 1)
        take(step, this.#firstCall + call);
      this.#next[index] = call;
    }
  }

  /** No further call begins; those there are go on to their end. */
  end(): void {
    this.#callsMax = this.calls;
  }

  #beginOf(call: number): number {
    const { first, beginsMs, callIntervalMs } = this.#paces.find((pace) => pace.first <= call)!;
    return beginsMs + (call - first) * callIntervalMs;
  }
}

function intervalOf(eventsPerSecond: number): number {
  return (1_000 * eventsPerCall) / eventsPerSecond;
}
