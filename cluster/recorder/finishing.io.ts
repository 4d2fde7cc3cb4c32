// The queue of ended sessions that wait to become recordings. One batch at a time, in one pass over the journal; what
// waits is a figure that everybody can see.

import { type FinishedTake, type SessionFinisher, type SessionState, takeOf } from '#actors/session';
import { messageOf } from '#src/errors';
import { type FinishedFolder, type FinishOptions, finishTakes } from '#src/recording';

export interface FinishingOptions extends FinishOptions {
  readonly batchMax: number;
  readonly log: { info(fields: object, text: string): void; error(fields: object, text: string): void };
}

interface Waiting {
  readonly session: SessionState;
  readonly resolve: (finished: FinishedTake) => void;
  readonly reject: (error: unknown) => void;
}

export class Finishing implements SessionFinisher {
  readonly #options: FinishingOptions;
  #waiting: Waiting[] = [];
  /** What waits or is in hand, by take: a session that crashes meanwhile asks again. */
  readonly #underWay = new Map<string, Promise<FinishedTake>>();
  #running: Promise<void> | undefined;
  #inHand = 0;
  #finished = 0;

  constructor(options: FinishingOptions) {
    this.#options = options;
  }

  /** Sessions that wait or are in hand. */
  get backlog(): number {
    return this.#waiting.length + this.#inHand;
  }

  /** Recordings finished by this process. */
  get finished(): number {
    return this.#finished;
  }

  finish(session: SessionState): Promise<FinishedTake> {
    const { take } = session;
    const known = this.#underWay.get(take);
    if (known) return known;
    const finished = this.#queue(session).finally(() => this.#underWay.delete(take));
    this.#underWay.set(take, finished);
    return finished;
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #queue(session: SessionState): Promise<FinishedTake> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ session, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    // Sessions that end in the same moment go into one batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#options.batchMax);
      this.#inHand = batch.length;
      await this.#finishBatch(batch);
      this.#inHand = 0;
    }
    this.#running = undefined;
  }

  async #finishBatch(batch: readonly Waiting[]): Promise<void> {
    const { log } = this.#options;
    try {
      const folders = await finishTakes(
        batch.map(({ session }) => takeOf(session)),
        this.#options,
      );
      for (const [index, { resolve }] of batch.entries()) {
        const folder = folders[index]!;
        log.info(shown(folder), 'recording finished');
        this.#finished += 1;
        resolve({ folder: folder.folder });
      }
    } catch (error) {
      // One bad take must not hold the others back: each is tried alone, and the bad one again later.
      if (batch.length > 1) for (const one of batch) await this.#finishBatch([one]);
      else {
        log.error(
          { take: batch[0]!.session.take, error: messageOf(error) },
          'recording not finished, tried again later',
        );
        batch[0]!.reject(error);
      }
    }
  }
}

function shown({ take, folder, facts }: FinishedFolder): object {
  const { recordingId, lengthMs, streams, problems } = facts;
  const packets = streams.reduce((sum, stream) => sum + stream.packets, 0);
  return { take, recordingId, folder, lengthMs, packets, problems: problems.map((problem) => problem.code) };
}
