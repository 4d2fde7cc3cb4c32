// A recorder's links to all cores: those of a fixed list, and those that say in Redis that they live. Whoever writes facts
// says which takes changed; each core hears of a take once for each turn of the event loop, however many facts there were.

import type { SessionState } from '#actors/session';
import type { SessionNews } from '#src/recording';
import { newsOf } from './news.ts';
import { type CorePlace, RecorderLink, type RecorderLinkOptions } from './recorder-link.io.ts';

export interface RecorderLinksOptions extends RecorderLinkOptions {
  /** The state of one take; undefined when it is forgotten. */
  readonly session: (take: string) => SessionState | undefined;
  /** `host:port` of cores that are always dialled. */
  readonly fixed: readonly CorePlace[];
}

/** Last words that are kept for cores that come back: more than end while a link is dialled again. */
const lastWordsMax = 1_000;

export class RecorderLinks {
  readonly #options: RecorderLinksOptions;
  readonly #links = new Map<string, RecorderLink>();
  readonly #changed = new Set<string>();
  /** By take: the last that was said of what is forgotten, latest last. */
  readonly #lastWords = new Map<string, SessionNews>();

  constructor(options: RecorderLinksOptions) {
    this.#options = options;
    for (const place of options.fixed) this.#dial(place);
  }

  /** How many cores know all there is. */
  get synced(): number {
    return [...this.#links.values()].filter((link) => link.isSynced).length;
  }

  /** Cores that were found. One that is not found any more keeps its link: Redis away is no evidence of anything. */
  found(places: readonly CorePlace[]): void {
    for (const place of places) this.#dial(place);
  }

  /** The facts of a take have grown. */
  changed(take: string): void {
    if (this.#links.size === 0) return;
    if (this.#changed.size === 0) setImmediate(() => this.#tell());
    this.#changed.add(take);
  }

  /** A take is forgotten: this is the last that can be said of it. */
  over(last: SessionState): void {
    this.#changed.delete(last.take);
    this.#lastWords.set(last.take, newsOf(last, this.#options.tags));
    for (const take of this.#lastWords.keys()) if (this.#lastWords.size > lastWordsMax) this.#lastWords.delete(take);
    for (const link of this.#links.values()) {
      link.tell(last);
      link.forgotten(last.take);
    }
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
  }

  #tell(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const state of changed.flatMap((take) => this.#options.session(take) ?? [])) {
      for (const link of this.#links.values()) link.tell(state);
    }
  }

  #dial(place: CorePlace): void {
    const name = `${place.host}:${place.port}`;
    if (!this.#links.has(name)) this.#links.set(name, new RecorderLink(place, this.#options, this.#lastWords));
  }
}
