// What the edge is told of a recorder's room for new calls, so that it refuses by itself whom the recorder would: at once, and
// without asking. Says nothing as long as there is ample room. The recorder still decides about every call that comes to it.

import { systemClock, type Timer } from '#src/ports';
import { repeatMsMax } from './callers.io.ts';

export interface ToldRoomOptions {
  /** INVITEs of which it is not known yet what they are answered. */
  undecided(): number;
  /** Sends a message to the edge. */
  tell(message: string): void;
}

/** An edge need not know of more room than that. */
const streamsToldMax = 32;
const anyRoom = 'room';

export class ToldRoom {
  readonly #options: ToldRoomOptions;
  #streams = Number.POSITIVE_INFINITY;
  #retryAfterSeconds = 0;
  /** What was said last; undefined while no edge is there that understands it. */
  #told: string | undefined;
  /** While copies of INVITEs may come that an edge took along when it went. */
  #copies: Timer | undefined;

  constructor(options: ToldRoomOptions) {
    this.#options = options;
  }

  /** So many streams more can be held; who finds no room may come again after that. */
  is(streams: number, retryAfterSeconds: number): void {
    this.#streams = streams;
    this.#retryAfterSeconds = retryAfterSeconds;
    this.changed();
  }

  /** An edge has accepted us: one of ours, or a drachtio-server. */
  edgeCame(version: unknown): void {
    this.#told = /-twinreel$/.test(String(version)) ? anyRoom : undefined;
    this.changed();
  }

  /** The edge is gone. `callers`: INVITEs that may have gone with it; the next edge must not refuse their copies. */
  edgeGone(callers: number): void {
    this.#told = undefined;
    if (callers === 0) return;
    this.#copies?.cancel();
    this.#copies = systemClock.after(repeatMsMax, () => {
      this.#copies = undefined;
      this.changed();
    });
  }

  /** Says how many INVITEs may wait at once, if that has changed: those that do, and one for each stream there is room for. */
  changed(): void {
    if (this.#told === undefined) return;
    const isAny = this.#streams > streamsToldMax || this.#copies !== undefined;
    const message = isAny ? anyRoom : `room|${this.#streams + this.#options.undecided()}|${this.#retryAfterSeconds}`;
    if (message === this.#told) return;
    this.#told = message;
    this.#options.tell(message);
  }

  close(): void {
    this.#copies?.cancel();
  }
}
