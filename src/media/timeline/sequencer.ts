// Puts the packets of one SSRC back into the order they were sent, once each. It looks at sequence numbers alone:
// what a jump means for the time of the audio is not decided here.

import { dropoutPacketsMax, misorderPacketsMax } from '#src/media/rtp';

/** The least a packet must say to be put in order. */
export interface Numbered {
  /** 16 bits, as sent. */
  readonly sequence: number;
}

/**
 * Receives the packets in order. `step` is the distance to the packet before: 1 when nothing is missing, n + 1 when n
 * packets are; 0 for the very first one. After a jump it is known only modulo 65536, and `jumped` is true.
 */
export type InOrder<P extends Numbered> = (packet: P, step: number, jumped: boolean) => void;

/** Reorders within {@link misorderPacketsMax}; holds at most about twice as many packets. */
export class Sequencer<P extends Numbered> {
  duplicates = 0;
  late = 0;
  /** Packets far from all others, with no second one to confirm the jump. */
  strays = 0;

  /** Packets that came after one with a higher number, or of a later count: when they came says nothing about when they were sent. */
  readonly overtaken = new WeakSet<P>();

  readonly #inOrder: InOrder<P>;
  #current: Numbering<P> | undefined;
  /** The numbering before a jump, open a while longer for what the network delayed. */
  #previous: Numbering<P> | undefined;
  #suspect: P | undefined;
  /** Packets taken since the suspect came. */
  #suspectAge = 0;
  #last: P | undefined;

  constructor(inOrder: InOrder<P>) {
    this.#inOrder = inOrder;
  }

  push(packet: P): void {
    if (!this.#current) {
      this.#current = new Numbering(packet);
      return;
    }
    if (this.#offer(this.#current, packet)) {
      this.#ageSuspect();
      if (this.#previous && this.#current.span > misorderPacketsMax) this.#closePrevious();
      if (!this.#previous) this.#release(this.#current, false);
      return;
    }
    // Of the old numbering only stragglers are left, never a long way forward.
    if (this.#previous && this.#offer(this.#previous, packet, misorderPacketsMax)) {
      this.overtaken.add(packet);
      return;
    }
    this.#suspicious(packet);
  }

  /** Hands out everything still held. A jump in the very last packet is believed. */
  flush(): void {
    if (this.#suspect && this.#suspectAge === 0) this.#restart(this.#suspect);
    else if (this.#suspect) this.strays++;
    this.#closePrevious();
    if (this.#current) this.#release(this.#current, true);
  }

  #offer(numbering: Numbering<P>, packet: P, forwardMax = dropoutPacketsMax): boolean {
    const verdict = numbering.offer(packet, forwardMax);
    if (verdict === 'duplicate') this.duplicates++;
    if (verdict === 'late') {
      this.late++;
      this.overtaken.add(packet);
    }
    return verdict !== 'far';
  }

  #suspicious(packet: P): void {
    const before = this.#suspect;
    if (before && packet.sequence === before.sequence) {
      this.duplicates++;
      return;
    }
    if (before && new Numbering(before).offer(packet) !== 'far') {
      this.#restart(before);
      this.push(packet);
      return;
    }
    if (before) this.strays++;
    this.#suspect = packet;
    this.#suspectAge = 0;
  }

  // Packets of the old numbering may come between the first two of the new one, so one of them is no proof yet.
  #ageSuspect(): void {
    if (!this.#suspect || ++this.#suspectAge <= misorderPacketsMax) return;
    this.strays++;
    this.#suspect = undefined;
  }

  #restart(first: P): void {
    this.#suspect = undefined;
    this.#closePrevious();
    this.#previous = this.#current;
    this.#current = new Numbering(first);
  }

  #closePrevious(): void {
    if (this.#previous) this.#release(this.#previous, true);
    this.#previous = undefined;
  }

  #release(numbering: Numbering<P>, all: boolean): void {
    for (let packet = numbering.take(all); packet; packet = numbering.take(all)) {
      const jumped = this.#last !== undefined && !numbering.started;
      const step = jumped ? (packet.sequence - this.#last!.sequence) & 0xffff : numbering.step;
      numbering.started = true;
      this.#last = packet;
      this.#inOrder(packet, step, jumped);
    }
  }
}

interface Held<P> {
  readonly number: number;
  readonly packet: P;
}

/** One unbroken numbering: sequence numbers extended past the wrap, a window of packets that wait for a hole to fill. */
class Numbering<P extends Numbered> {
  /** Distance of the packet taken last from the one taken before it. */
  step = 0;
  /** Whether a packet has been taken. */
  started = false;
  #highest: number;
  #lowest: number;
  #next: number | undefined;
  readonly #held: Held<P>[];

  constructor(first: P) {
    this.#highest = this.#lowest = first.sequence;
    this.#held = [{ number: first.sequence, packet: first }];
  }

  get span(): number {
    return this.#highest - this.#lowest;
  }

  offer(packet: P, forwardMax = dropoutPacketsMax): 'taken' | 'late' | 'duplicate' | 'far' {
    const forward = (packet.sequence - this.#highest) & 0xffff;
    const back = 0x10000 - forward;
    if (forward === 0) return 'duplicate';
    if (forward <= forwardMax) {
      this.#highest += forward;
      this.#held.push({ number: this.#highest, packet });
      return 'taken';
    }
    if (back > misorderPacketsMax) return 'far';
    const number = this.#highest - back;
    if (this.#next !== undefined && number < this.#next) return 'duplicate';
    let at = this.#held.length;
    while (at > 0 && this.#held[at - 1]!.number > number) at--;
    if (at > 0 && this.#held[at - 1]!.number === number) return 'duplicate';
    this.#held.splice(at, 0, { number, packet });
    this.#lowest = Math.min(this.#lowest, number);
    return 'late';
  }

  /** The next packet in order, when it is certain that nothing before it can still come, or when `all` is asked for. */
  take(all: boolean): P | undefined {
    const first = this.#held[0];
    if (!first) return undefined;
    if (!all && first.number !== this.#next && this.#highest - first.number < misorderPacketsMax) return undefined;
    this.#held.shift();
    this.step = this.#next === undefined ? 0 : first.number - this.#next + 1;
    this.#next = first.number + 1;
    return first.packet;
  }
}
