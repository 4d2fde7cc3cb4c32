// The queue of ended sessions that wait to become recordings. One batch at a time, in one pass over the journal; what
// waits is a figure that everybody can see. What cannot be finished is tried again, less and less often, and set aside at
// last: its packets stay where they are until a person, or the next recorder, has it tried again.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { type FinishedTake, type SessionFinisher, type SessionState, takeOf } from '#actors/session';
import { messageOf } from '#src/errors';
import type { Clock, Timer } from '#src/ports';
import type { Take } from '#src/recording';
import type { FinishedRecording } from './finished-recording.ts';

export interface FinishingOptions {
  /** Finishes a batch in one pass. When it rejects some of them may be finished all the same. */
  readonly finishBatch: (takes: readonly Take[]) => Promise<readonly FinishedRecording[]>;
  readonly clock: Clock;
  readonly batchMax: number;
  /** Least time between the starts of two batches that are not full: each reads the journal of all its calls' lives. */
  readonly gatherMs: number;
  /** Attempts at one take before it is set aside. */
  readonly attemptsMax: number;
  readonly log: { info(fields: object, text: string): void; error(fields: object, text: string): void };
}

interface Waiting {
  readonly session: SessionState;
  readonly resolve: (finished: FinishedTake) => void;
  /** Attempts that failed. */
  failures: number;
}

/** Sessions that hear in one turn of the event loop that they are finished. */
const toldAtOnce = 4;
const againMsMin = 1_000;
const againMsMax = 60_000;

export class Finishing implements SessionFinisher {
  readonly #options: FinishingOptions;
  #waiting: Waiting[] = [];
  /** What waits or is in hand, by take: a session that crashes meanwhile asks again. */
  readonly #underWay = new Map<string, Promise<FinishedTake>>();
  readonly #setAside = new Map<string, Waiting>();
  /** What has failed and waits for its next attempt. */
  readonly #later = new Map<Waiting, Timer>();
  #running: Promise<void> | undefined;
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #gathered: () => void = () => {};
  #phase: 'gathering' | 'stopped' = 'gathering';
  #inHand = 0;
  #finished = 0;

  constructor(options: FinishingOptions) {
    this.#options = options;
  }

  /** Sessions that wait or are in hand. */
  get backlog(): number {
    return this.#waiting.length + this.#inHand + this.#later.size;
  }

  /** Takes that could not be finished and are not tried any more. */
  get setAside(): readonly string[] {
    return [...this.#setAside.keys()];
  }

  /** Recordings finished by this process. */
  get finished(): number {
    return this.#finished;
  }

  finish(session: SessionState): Promise<FinishedTake> {
    const { take } = session;
    const known = this.#underWay.get(take);
    if (known) return known;
    const finished = new Promise<FinishedTake>((resolve) => this.#queue({ session, resolve, failures: 0 })).finally(
      () => this.#underWay.delete(take),
    );
    this.#underWay.set(take, finished);
    return finished;
  }

  /** Tries what was set aside again; returns its takes. */
  retry(): readonly string[] {
    const takes = this.setAside;
    for (const waiting of this.#setAside.values()) {
      waiting.failures = 0;
      this.#queue(waiting);
    }
    this.#setAside.clear();
    return takes;
  }

  /** Resolves when nothing is in hand and nothing waits, but for what failed and is to be tried again. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Tries nothing again; resolves as {@link idle} does. */
  stop(): Promise<void> {
    this.#phase = 'stopped';
    this.#gathered();
    for (const timer of this.#later.values()) timer.cancel();
    this.#later.clear();
    return this.idle();
  }

  #queue(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gather();
      this.#startedAtMs = this.#options.clock.monotonicMs();
      const batch = this.#waiting.splice(0, this.#options.batchMax);
      this.#inHand = batch.length;
      await this.#finishBatch(batch);
      this.#inHand = 0;
    }
    this.#running = undefined;
  }

  /** Sessions that end in the same moment go into one batch; while many end, those of a longer time. */
  async #gather(): Promise<void> {
    await nextTurn();
    const { batchMax, gatherMs, clock } = this.#options;
    const leftMs = this.#startedAtMs + gatherMs - clock.monotonicMs();
    if (leftMs <= 0 || this.#waiting.length >= batchMax || this.#phase === 'stopped') return;
    await new Promise<void>((resolve) => {
      const timer = clock.after(leftMs, resolve);
      this.#gathered = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  async #finishBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const recordings = await this.#options.finishBatch(batch.map(({ session }) => takeOf(session)));
      for (const [index, { resolve }] of batch.entries()) {
        // What each session does then stands in the way of calls that come in.
        if (index % toldAtOnce === 0) await nextTurn();
        const recording = recordings[index]!;
        const { streams, ...logged } = recording;
        this.#options.log.info(logged, 'recording finished');
        this.#finished += 1;
        resolve({ folder: recording.folder, packets: streams });
      }
    } catch (error) {
      // One bad take must not hold the others back: each is tried alone, and the bad one again later.
      if (batch.length > 1) for (const one of batch) await this.#finishBatch([one]);
      else this.#failed(batch[0]!, messageOf(error));
    }
  }

  #failed(waiting: Waiting, error: string): void {
    const { attemptsMax, clock, log } = this.#options;
    const { take } = waiting.session;
    waiting.failures += 1;
    if (waiting.failures >= attemptsMax) {
      this.#setAside.set(take, waiting);
      log.error({ alarm: 'recording-set-aside', take, error }, 'alarm');
      return;
    }
    const againMs = Math.min(againMsMax, againMsMin * 2 ** (waiting.failures - 1));
    log.error({ take, error, againMs }, 'recording not finished, tried again later');
    const again = () => {
      this.#later.delete(waiting);
      this.#queue(waiting);
    };
    this.#later.set(waiting, clock.after(againMs, again));
  }
}
