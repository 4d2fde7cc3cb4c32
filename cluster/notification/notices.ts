// Every change of what is recorded, told once to whoever wants it: couples are told again and again, and what they say of their
// status only counts when it has a higher number than before.

import type { CoupleWord } from '#actors/call';
import { type StatusEvent, statusEvent } from '#src/notification';

export interface NoticeTaker {
  /** Whether it takes what is said of this tenant now; absent: always. */
  hears?(tenant: string): boolean;
  tell(event: StatusEvent): void;
}

/** Couples whose last word is remembered; the oldest that have ended go first. */
const rememberedMax = 100_000;

export class Notices {
  readonly #takers: readonly NoticeTaker[];
  /** The number of the last word on each couple, and the word, where somebody heard it. */
  readonly #numbers = new Map<string, number>();
  readonly #last = new Map<string, StatusEvent>();
  readonly #ended = new Set<string>();

  constructor(takers: readonly NoticeTaker[]) {
    this.#takers = takers;
  }

  tell(word: CoupleWord): void {
    const { tenant, sid, isEnded, statusN } = word;
    if (isEnded) this.#ended.add(sid);
    if (statusN <= (this.#numbers.get(sid) ?? 0)) return;
    this.#numbers.set(sid, statusN);
    const takers = this.#takers.filter(({ hears }) => hears?.(tenant) ?? true);
    const event = takers.length === 0 ? undefined : statusEvent(word.couple);
    if (event) this.#last.set(sid, event);
    if (event) for (const taker of takers) taker.tell(event);
    for (const sid of this.#ended) {
      if (this.#numbers.size <= rememberedMax) return;
      this.#numbers.delete(sid);
      this.#last.delete(sid);
      this.#ended.delete(sid);
    }
  }

  /** The last word on each couple of a tenant that has not ended. */
  now(tenant: string): readonly StatusEvent[] {
    return [...this.#last.values()].filter((event) => event.tenant === tenant && !this.#ended.has(event.sid));
  }
}
