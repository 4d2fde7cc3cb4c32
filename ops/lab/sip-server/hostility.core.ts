// A telephony server that tells its events late, twice, out of order, or not at all: which of it happens to an event is drawn from a
// seed. Pure; what is drawn is written down, so that whatever comes of it can be explained.

import type { Attributes, EventName } from '#src/cti';
import type { Random } from '#src/ports';

/** An event that nobody was told. */
export interface Untold {
  readonly message: EventName;
  readonly dn: string | undefined;
  readonly callUuid: string | undefined;
}

const lateMsMin = 30;
/** Later than what comes after it, so that their order is another. */
const lateMsMax = 400;
const [onTime, late, twice] = [0.6, 0.2, 0.12];

export class Hostility {
  /** In the order in which they were kept back. */
  readonly untold: Untold[] = [];
  readonly counts = { onTime: 0, late: 0, twice: 0 };
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** When an event is told, in milliseconds from now: once, twice, or never. */
  timesMs(message: EventName, { ThisDN: dn, CallUUID: callUuid }: Attributes): readonly number[] {
    const drawn = this.#random.fraction();
    if (drawn < onTime) {
      this.counts.onTime += 1;
      return [0];
    }
    if (drawn < onTime + late) {
      this.counts.late += 1;
      return [this.#lateMs()];
    }
    if (drawn < onTime + late + twice) {
      this.counts.twice += 1;
      return [0, this.#lateMs()];
    }
    this.untold.push({ message, dn, callUuid });
    return [];
  }

  #lateMs(): number {
    return Math.round(lateMsMin + this.#random.fraction() * (lateMsMax - lateMsMin));
  }
}
