// Every change of what is recorded, told once to whoever wants it: couples are told again and again, and what they say of their
// status only counts when it has a higher number than before.

import { type StatusEvent, statusEvent } from '#src/notification';
import type { Couple } from '#src/recording';

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

  tell(couple: Couple): void {
    if (couple.phase === 'ended') this.#ended.add(couple.sid);
    const event = statusEvent(couple);
    if (!event || event.n <= (this.#last.get(event.sid)?.n ?? 0)) return;
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
