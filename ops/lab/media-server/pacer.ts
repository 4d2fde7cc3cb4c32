// Limits how fast the packets of a stream leave (`transmit_rate`, guide ch. 6: a multiple of real time). Nothing is lost by it:
// what would have to wait too long leaves at once.

import type { Clock, Timer } from '#src/ports';

const packetMs = 20;
const waitingPacketsMax = 100;

/** The way of one stream. Packets leave in the order they came. */
export class Pacer {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #leave: (packet: Uint8Array) => void;
  readonly #waiting: Uint8Array[] = [];
  #nextMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  /** `rate`: 1 is real time. Throws Error when it is not above 0. */
  constructor(clock: Clock, rate: number, leave: (packet: Uint8Array) => void) {
    if (!(rate > 0)) throw new Error(`a transmit rate of ${rate}: numbers above 0 are allowed`);
    this.#clock = clock;
    this.#everyMs = packetMs / rate;
    this.#leave = leave;
  }

  send(packet: Uint8Array): void {
    this.#waiting.push(packet);
    if (this.#waiting.length > waitingPacketsMax) this.#leave(this.#waiting.shift()!);
    this.#release();
  }

  /** What waits leaves now, and nothing will be timed any more. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const packet of this.#waiting.splice(0)) this.#leave(packet);
  }

  #release(): void {
    const nowMs = this.#clock.monotonicMs();
    while (this.#waiting.length > 0 && this.#nextMs <= nowMs) {
      this.#leave(this.#waiting.shift()!);
      // A timer is always a little late; without making up for one packet the stream would fall behind for ever.
      this.#nextMs = Math.max(this.#nextMs + this.#everyMs, nowMs);
    }
    if (this.#waiting.length === 0 || this.#timer) return;
    this.#timer = this.#clock.after(this.#nextMs - nowMs, () => {
      this.#timer = undefined;
      this.#release();
    });
  }
}
