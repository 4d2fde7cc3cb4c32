// Sequence numbers of one stream: extends them past the wrap and counts what came, came late, came twice and did not come.
// It runs once per packet in the capture path: it must never allocate, and never decide about media, only count.

/** What {@link SequenceTracker.observe} made of a packet. */
export const sequenceVerdict = {
  /** The highest so far. */
  inOrder: 0,
  /** It fills a hole behind the highest. */
  late: 1,
  /** Seen before. */
  duplicate: 2,
  /** Too far away to be loss; believed only if a second packet agrees (RFC 3550 A.1). */
  stray: 3,
  /** The source started anew: another SSRC, or a jump that a second packet confirmed. */
  restarted: 4,
} as const;

export type SequenceVerdict = (typeof sequenceVerdict)[keyof typeof sequenceVerdict];

/** Steps forward up to this many packets are loss (RFC 3550 A.1, MAX_DROPOUT). */
export const dropoutPacketsMax = 3000;
/** Steps back up to this many packets are reordering (RFC 3550 A.1, MAX_MISORDER is 100). */
export const misorderPacketsMax = 128;

// Which of the last 256 numbers were seen: a ring of bits addressed by the number itself, twice the allowed misorder.
const windowPackets = 256;

/** Follows one stream. Every field is a plain number, to be read at any time. */
export class SequenceTracker {
  /** Current SSRC, -1 before the first packet. */
  ssrc = -1;
  /** Extended number of the packet observed last: wraps counted above the sent 16 bits. */
  extended = 0;
  /** Highest extended number of the current run. */
  highest = 0;
  /** Different packets of all runs, late ones included; duplicates and strays are not. */
  received = 0;
  /** Packets that came after a higher number. */
  late = 0;
  duplicates = 0;
  /** Packets far from every other one. They are kept like all others, they only say nothing about loss. */
  strays = 0;
  /** New SSRCs and confirmed jumps; the first packet is none. */
  restarts = 0;

  #base = 0;
  #receivedInRun = 0;
  #lostBefore = 0;
  #suspect = -1;
  readonly #seen = new Uint32Array(windowPackets / 32);

  /** Packets that are missing between the first and the highest of each run; a late one takes its loss back. */
  get lost(): number {
    return this.#lostBefore + this.#lostInRun();
  }

  /** Takes in the header of one packet. */
  observe(ssrc: number, sequence: number): SequenceVerdict {
    if (ssrc !== this.ssrc) return this.#changeSource(ssrc, sequence);
    const step = (sequence - this.highest) & 0xffff;
    if (step !== 0 && step <= dropoutPacketsMax) return this.#advance(step);
    if (0x10000 - step <= misorderPacketsMax || step === 0) return this.#fill(step === 0 ? 0 : 0x10000 - step);
    return this.#jump(sequence);
  }

  /** The same as observing so many packets, each one with the number behind the highest. */
  observeFollowing(packets: number): void {
    if (packets >= windowPackets) this.#seen.fill(0xffffffff);
    else for (let number = 1; number <= packets; number++) this.#mark(this.highest + number);
    this.highest += packets;
    this.extended = this.highest;
    this.#suspect = -1;
    this.received += packets;
    this.#receivedInRun += packets;
  }

  #advance(step: number): SequenceVerdict {
    const next = this.highest + step;
    if (step >= windowPackets) this.#seen.fill(0);
    else for (let number = this.highest + 1; number < next; number++) this.#clear(number);
    this.#mark(next);
    this.highest = next;
    this.extended = next;
    this.#suspect = -1;
    this.received++;
    this.#receivedInRun++;
    return sequenceVerdict.inOrder;
  }

  #fill(back: number): SequenceVerdict {
    const number = this.highest - back;
    this.extended = number;
    if (this.#isSeen(number)) {
      this.duplicates++;
      return sequenceVerdict.duplicate;
    }
    this.#mark(number);
    if (number < this.#base) this.#base = number;
    this.late++;
    this.received++;
    this.#receivedInRun++;
    return sequenceVerdict.late;
  }

  #jump(sequence: number): SequenceVerdict {
    const step = (sequence - this.#suspect) & 0xffff;
    const near = Math.min(step, 0x10000 - step);
    if (this.#suspect >= 0 && near > 0 && near <= misorderPacketsMax) {
      // Two packets agree on the new place: the first of them was no stray, and belongs to the new run.
      const suspect = this.#suspect;
      this.strays--;
      this.#start(suspect);
      this.observe(this.ssrc, sequence);
      this.restarts++;
      return sequenceVerdict.restarted;
    }
    this.#suspect = sequence;
    this.strays++;
    this.extended = sequence;
    return sequenceVerdict.stray;
  }

  #changeSource(ssrc: number, sequence: number): SequenceVerdict {
    const first = this.ssrc < 0;
    this.ssrc = ssrc;
    this.#start(sequence);
    if (first) return sequenceVerdict.inOrder;
    this.restarts++;
    return sequenceVerdict.restarted;
  }

  #start(sequence: number): void {
    this.#lostBefore += this.#lostInRun();
    this.#base = sequence;
    this.highest = sequence;
    this.extended = sequence;
    this.#suspect = -1;
    this.#seen.fill(0);
    this.#mark(sequence);
    this.received++;
    this.#receivedInRun = 1;
  }

  #lostInRun(): number {
    return this.#receivedInRun === 0 ? 0 : this.highest - this.#base + 1 - this.#receivedInRun;
  }

  #isSeen(number: number): boolean {
    return ((this.#seen[(number & (windowPackets - 1)) >> 5]! >>> (number & 31)) & 1) === 1;
  }

  #mark(number: number): void {
    this.#seen[(number & (windowPackets - 1)) >> 5]! |= 1 << (number & 31);
  }

  #clear(number: number): void {
    this.#seen[(number & (windowPackets - 1)) >> 5]! &= ~(1 << (number & 31));
  }
}
