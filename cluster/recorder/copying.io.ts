// Copies calls that last longer than a segment of the capture journal lives out of it while they run, segment by segment, so
// that each segment can go. What is still to be copied is a figure that everybody can see.

import type { CopiedOut, SessionState } from '#actors/session';
import { messageOf } from '#src/errors';
import { type Position, segmentsOf } from '#src/journal';
import { type CopyOptions, copySegment } from '#src/recording';
import { needOf } from './reclaim.io.ts';

export interface CopyingOptions extends CopyOptions {
  /** Calls that last longer are copied out. */
  readonly lifeMsMax: number;
  /** Takes copied in one pass over a segment. */
  readonly batchMax: number;
  /** Where capture writes now; undefined while it cannot be asked. */
  readonly position: () => Promise<Position | undefined>;
  /** The session of a take, as its facts tell of it. */
  readonly state: (take: string) => SessionState | undefined;
  readonly takes: () => readonly string[];
  /** Resolves when the session has it written down for good, or needs it no more. */
  readonly tell: (take: string, copied: CopiedOut) => Promise<void>;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
}

/** A segment that is not written any more. `next` is where the one after it begins. */
interface Sealed {
  readonly segment: string;
  readonly next: Position;
}

export class Copying {
  readonly #options: CopyingOptions;
  #backlog = 0;

  constructor(options: CopyingOptions) {
    this.#options = options;
  }

  /** Segments that are to be copied, counted once for each call that lasts. */
  get backlog(): number {
    return this.#backlog;
  }

  /** Copies what there is to copy; what cannot be copied now waits for the next time. */
  async run(): Promise<void> {
    const { journalDir: folder, journalWriter: writer, takes, files } = this.#options;
    // Asked first: a stream that no session knows of by then is opened behind it.
    const position = await this.#options.position();
    if (position === undefined) return;
    const names = [
      ...segmentsOf({ folder, writer, files }).filter((name) => name < position.segment),
      position.segment,
    ];
    const sealed = names.slice(0, -1).map((segment, index): Sealed => {
      return { segment, next: { segment: names[index + 1]!, block: 0, offset: 0 } };
    });
    const due = new Set(takes());
    this.#backlog = sealed.reduce((sum, { segment }) => sum + this.#wanting(segment, due).length, 0);
    for (const one of sealed) {
      const wanting = this.#wanting(one.segment, due);
      for (let first = 0; first < wanting.length; first += this.#options.batchMax)
        await this.#copy(one, position, wanting.slice(first, first + this.#options.batchMax), due);
    }
  }

  /** Sessions that last, and that have something in the segment which is not copied. */
  #wanting(segment: string, due: ReadonlySet<string>): readonly SessionState[] {
    const { lifeMsMax, clock, state } = this.#options;
    const since = clock.nowMs() - lifeMsMax;
    return [...due]
      .flatMap((take) => state(take) ?? [])
      .filter(({ startedMs, phase }) => startedMs <= since && phase !== 'finishing' && phase !== 'finished')
      .filter((one) => needs(one, segment));
  }

  /** A take that cannot be copied is due no longer: what follows must not be copied before it. */
  async #copy(
    { segment, next }: Sealed,
    keysTo: Position,
    sessions: readonly SessionState[],
    due: Set<string>,
  ): Promise<void> {
    const { log, tell } = this.#options;
    const requests = sessions.map(({ take, node, streams, copied }) => {
      return { take, node, streams: [...streams.keys()], partsBefore: copied?.parts.length ?? 0 };
    });
    const copied = await copySegment(segment, keysTo, requests, this.#options);
    const telling = requests.map(async ({ take }) => {
      const one = copied.get(take);
      try {
        if (one) await tell(take, { ...one, to: next });
        else due.delete(take);
      } catch (error) {
        due.delete(take);
        log.warn(
          { take, segment, error: messageOf(error) },
          'a session did not take what was copied; copied again later',
        );
      }
    });
    await Promise.all(telling);
    this.#backlog -= requests.filter(({ take }) => due.has(take)).length;
    log.info({ segment, takes: copied.size, of: requests.length }, 'long calls copied out of the capture journal');
  }
}

function needs(session: SessionState, segment: string): boolean {
  return [...session.streams.values()].some((stream) => {
    const need = needOf(session, stream);
    return need !== undefined && segment >= need.from && (need.to === undefined || segment <= need.to);
  });
}
