// Who may stay when too many connect. Whoever connects may say nothing, or never end what it begins (slow loris), so room is
// made at their cost: first goes who came first of those that have not said one whole message, and of what lies half said the
// part that was begun first. Knows no sockets: those who leave are told to.

import type { Refusal } from './counters.ts';

export interface CrowdLimits {
  /** Connections in all, those that are being set up included. */
  readonly streamsMax: number;
  /** Connections with one address. */
  readonly streamsPerPeerMax: number;
  /** Bytes of messages that have begun and not ended, of all connections together. */
  readonly streamBytesMax: number;
}

/** A connection. */
export interface Member {
  readonly address: string;
  /** Is to end it. */
  leave(): void;
}

export class StreamCrowd {
  readonly #limits: CrowdLimits;
  readonly #refused: (reason: Refusal) => void;
  readonly #members = new Set<Member>();
  readonly #countOf = new Map<string, number>();
  /** Strangers that have not said a whole message, in the order in which they came. */
  readonly #silent = new Set<Member>();
  /** What lies half said, in the order in which it was begun. */
  readonly #bytesOf = new Map<Member, number>();
  #bytes = 0;

  /** `refused` hears why somebody had to leave, or could not come in. */
  constructor(limits: CrowdLimits, refused: (reason: Refusal) => void) {
    this.#limits = limits;
    this.#refused = refused;
  }

  get size(): number {
    return this.#members.size;
  }

  /** Takes one in; false when there is no room, and nobody who could make some. `ours` has not to say anything first. */
  enter(member: Member, as: 'stranger' | 'ours'): boolean {
    const { streamsMax, streamsPerPeerMax } = this.#limits;
    const { address } = member;
    const isFullOfPeer = (this.#countOf.get(address) ?? 0) >= streamsPerPeerMax;
    if (isFullOfPeer || this.#members.size >= streamsMax) {
      this.#refused(isFullOfPeer ? 'streams-full-of-peer' : 'streams-full');
      if (!this.#turnOut(isFullOfPeer ? address : undefined)) return false;
    }
    this.#members.add(member);
    this.#countOf.set(address, (this.#countOf.get(address) ?? 0) + 1);
    if (as === 'stranger') this.#silent.add(member);
    return true;
  }

  /** It is over; may be said again. */
  left(member: Member): void {
    if (!this.#members.delete(member)) return;
    this.#silent.delete(member);
    this.#hold(member, 0);
    const others = this.#countOf.get(member.address)! - 1;
    if (others > 0) this.#countOf.set(member.address, others);
    else this.#countOf.delete(member.address);
  }

  /** It has said a whole message. */
  spoke(member: Member): void {
    this.#silent.delete(member);
  }

  /** So much of it lies half said now. */
  holds(member: Member, bytes: number): void {
    if (!this.#members.has(member)) return;
    this.#hold(member, bytes);
    while (this.#bytes > this.#limits.streamBytesMax) {
      const [[first]] = this.#bytesOf as unknown as [[Member]];
      this.#refused('streams-half-said');
      this.#dismiss(first);
    }
  }

  #hold(member: Member, bytes: number): void {
    this.#bytes += bytes - (this.#bytesOf.get(member) ?? 0);
    if (bytes > 0) this.#bytesOf.set(member, bytes);
    else this.#bytesOf.delete(member);
  }

  /** Whether there was somebody silent, of this address where one is given. */
  #turnOut(address: string | undefined): boolean {
    for (const member of this.#silent) {
      if (address !== undefined && member.address !== address) continue;
      this.#dismiss(member);
      return true;
    }
    return false;
  }

  #dismiss(member: Member): void {
    this.left(member);
    member.leave();
  }
}
