// What was recorded, held against the ledger of the sender: of each stream every counter from 0 up to what was sent, once.

/** Sums over all streams. */
export interface TallySums {
  readonly sent: number;
  /** Different packets. */
  readonly recorded: number;
  readonly lost: number;
  readonly duplicates: number;
  /** What no sender sent: another stream's, too short, or a counter beyond what was sent. */
  readonly strange: number;
}

const streamAt = 12;
const counterAt = 16;
const bytesMin = 20;

export class Tally {
  readonly #seen: Uint8Array[];
  #duplicates = 0;
  #strange = 0;

  /** `ledger`: packets sent of each stream, by its number. */
  constructor(ledger: readonly number[]) {
    this.#seen = ledger.map((sent) => new Uint8Array(sent));
  }

  /** Counts one recorded datagram. `stream`: the one it was recorded for, where that is known. */
  count(datagram: Buffer, stream?: number): void {
    const said = datagram.length < bytesMin ? -1 : datagram.readUInt32BE(streamAt);
    const seen = stream === undefined || stream === said ? this.#seen[said] : undefined;
    const counter = seen === undefined ? -1 : datagram.readUInt32BE(counterAt);
    if (seen === undefined || counter >= seen.length) this.#strange += 1;
    else if (seen[counter] === 1) this.#duplicates += 1;
    else seen[counter] = 1;
  }

  get sums(): TallySums {
    const sent = this.#seen.reduce((sum, seen) => sum + seen.length, 0);
    const recorded = this.#seen.reduce((sum, seen) => sum + seen.reduce((ones, one) => ones + one, 0), 0);
    return { sent, recorded, lost: sent - recorded, duplicates: this.#duplicates, strange: this.#strange };
  }
}
