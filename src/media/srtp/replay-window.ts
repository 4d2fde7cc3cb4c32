// Which packets of one source have been taken: the highest index, and a window below it (RFC 3711 §3.3.2). Also says which
// index a sequence number stands for (§3.3.1). Indexes count packets past the wrap of their sent numbers.

/** Packets below the highest that may still come. The timeline puts 128 into order, RFC 3711 asks for 64 at least. */
export const replayWindowPackets = 256;

const sequences = 0x10000;
const indexMax = 2 ** 48;

export class ReplayWindow {
  /** Index of the highest packet taken; -1 before the first. */
  highest: number;
  readonly #seen = new Uint32Array(replayWindowPackets / 32);

  /** `highest` is where a predecessor of this process was: what it took of the window is taken a second time. */
  constructor(highest = -1) {
    this.highest = highest;
  }

  /** The index that a sequence number most likely stands for: the nearest to the highest, of which there is one. */
  indexOf(sequence: number): number {
    const same = this.highest - (this.highest % sequences) + sequence;
    if (same - this.highest > sequences / 2 && same >= sequences) return same - sequences;
    return this.highest - same > sequences / 2 ? same + sequences : same;
  }

  /** True for a packet that was taken before, that is too old to know, or that no sender may send. */
  refuses(index: number): boolean {
    if (index >= indexMax) return true;
    if (index > this.highest) return false;
    return this.highest - index >= replayWindowPackets || this.#isSeen(index);
  }

  /** Takes a packet that is authentic and not refused. */
  take(index: number): void {
    const step = index - this.highest;
    if (step >= replayWindowPackets) this.#seen.fill(0);
    else for (let between = this.highest + 1; between < index; between += 1) this.#clear(between);
    if (step > 0) this.highest = index;
    this.#seen[wordOf(index)]! |= 1 << (index % 32);
  }

  #isSeen(index: number): boolean {
    return ((this.#seen[wordOf(index)]! >>> (index % 32)) & 1) === 1;
  }

  #clear(index: number): void {
    this.#seen[wordOf(index)]! &= ~(1 << (index % 32));
  }
}

function wordOf(index: number): number {
  return Math.floor((index % replayWindowPackets) / 32);
}
