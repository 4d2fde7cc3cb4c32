// Every change of what is recorded, told once to whoever wants it: couples are told again and again, and what they say of their
// status only counts when it has a higher number than before.

import type { CoupleWord } from '#actors/call';
import { type StatusEvent, statusEvent } from '#src/notification';

export interface NoticeTaker {
  tell(event: StatusEvent): void;
}

/** Couples whose last word is remembered; the oldest that have ended go first. */
const rememberedMax = 100_000;

export class Notices {
  readonly #takers: readonly NoticeTaker[];
  readonly #last = new Map<string, StatusEvent>();
  readonly #ended = new Set<string>();

  constructor(takers: readonly NoticeTaker[]) {
    this.#takers = takers;
  }

  tell(word: CoupleWord): void {
    const { sid, isEnded, statusN } = word;
    if (isEnded) this.#ended.add(sid);
    if (statusN <= (this.#last.get(sid)?.n ?? 0)) return;
    const event = statusEvent(word.couple);
    if (!event) return;
    this.#last.set(event.sid, event);
    for (const taker of this.#takers) taker.tell(event);
    for (const sid of this.#ended) {
      if (this.#last.size <= rememberedMax) return;
      this.#last.delete(sid);
      this.#ended.delete(sid);
    }
  }

  /** The last word on each couple of a tenant that has not ended. */
  now(tenant: string): readonly StatusEvent[] {
    return [...this.#last.values()].filter((event) => event.tenant === tenant && !this.#ended.has(event.sid));
  }
}
