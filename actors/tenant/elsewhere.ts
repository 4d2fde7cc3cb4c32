// Recordings that run of parties whom other cores watch, in calls of which nothing was heard here: for when a party of ours comes into such
// a call. Only an index, as large as what is being recorded.

import type { SessionNews } from '#src/recording';

export class Elsewhere {
  /** By call, by take. */
  readonly #calls = new Map<string, Map<string, SessionNews>>();
  readonly #callOfTake = new Map<string, string>();

  /** The last word on a recording of a call that is not known. */
  told(news: SessionNews): void {
    const { take, callUuid, phase } = news;
    if (callUuid === undefined || phase !== 'recording') {
      this.#forget(take);
      return;
    }
    const takes = this.#calls.get(callUuid) ?? new Map<string, SessionNews>();
    this.#calls.set(callUuid, takes.set(take, news));
    this.#callOfTake.set(take, callUuid);
  }

  lost(takes: readonly string[]): void {
    for (const take of takes) this.#forget(take);
  }

  /** The call has come to be known: gives what runs of it. */
  joined(callUuid: string): readonly SessionNews[] {
    const running = [...(this.#calls.get(callUuid)?.values() ?? [])];
    for (const { take } of running) this.#forget(take);
    return running;
  }

  #forget(take: string): void {
    const callUuid = this.#callOfTake.get(take);
    if (callUuid === undefined) return;
    this.#callOfTake.delete(take);
    const takes = this.#calls.get(callUuid)!;
    takes.delete(take);
    if (takes.size === 0) this.#calls.delete(callUuid);
  }
}
