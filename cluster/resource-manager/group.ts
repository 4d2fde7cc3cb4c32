// A logical resource group: which of its members takes a recording. Both dialogs of a recording go to one member, also when they come by
// different resource managers that do not know of each other: the recording's id alone decides among members alike. Computes; time comes
// as an argument, monotonic ms.
//
//   round robin   the first that the id prefers, of those that are open and have room
//   least used    the emptiest, in twentieths of its capacity; among those alike, the first that the id prefers

import type { ResourceManagerConfig } from '#src/config';
import { Member, type MemberReport } from './member.ts';
import { preferred } from './rendezvous.ts';

export type GroupConfig = ResourceManagerConfig['groups'][number];

/** A recording as far as it matters here. */
export interface Request {
  readonly recording: string;
  /** Streams of this INVITE. */
  readonly ports: number;
}

export interface GroupReport {
  readonly name: string;
  readonly loadBalanceScheme: GroupConfig['loadBalanceScheme'];
  readonly monitorMethod: GroupConfig['monitorMethod'];
  /** INVITEs that nobody took. */
  readonly refused: number;
  readonly members: readonly MemberReport[];
}

/** The other dialog of a recording comes within moments. */
const placeMsMax = 30_000;
/** Recordings whose place is remembered; above it the oldest are forgotten, and the id decides anew. */
const placesMax = 20_000;

export class Group {
  readonly config: GroupConfig;
  readonly members: readonly Member[];
  readonly #places = new Map<string, { readonly member: Member; readonly untilMs: number }>();
  #refused = 0;

  constructor(config: GroupConfig, failuresMax: number) {
    this.config = config;
    this.members = config.members.map((member) => new Member(member, failuresMax));
  }

  /**
   * Who is asked next to take an INVITE, and from now on is where its recording is; undefined when nobody is left.
   * `tried` have failed already.
   */
  choose({ recording, ports }: Request, tried: ReadonlySet<Member>, nowMs: number): Member | undefined {
    const able = this.members.filter(
      (member) => member.isThere && !tried.has(member) && member.hasRoom(recording, ports, nowMs),
    );
    const place = this.#placeOf(recording, nowMs);
    const open = able.filter((member) => !member.isResting(nowMs));
    const chosen = place && able.includes(place) ? place : this.#firstOf(open, recording, nowMs);
    if (chosen) this.#remember(recording, chosen, nowMs);
    return chosen;
  }

  /** Who took an INVITE has the recording, also when others were asked behind it. */
  taken(recording: string, by: Member, nowMs: number): void {
    this.#remember(recording, by, nowMs);
  }

  /** Nobody took an INVITE. */
  refused(): void {
    this.#refused += 1;
  }

  report(nowMs: number): GroupReport {
    const { name, loadBalanceScheme, monitorMethod } = this.config;
    const members = this.members.map((member) => member.report(nowMs));
    return { name, loadBalanceScheme, monitorMethod, refused: this.#refused, members };
  }

  #firstOf(able: readonly Member[], recording: string, nowMs: number): Member | undefined {
    const inOrder = preferred(recording, able);
    if (this.config.loadBalanceScheme === 'round-robin') return inOrder[0];
    const fullness = new Map(inOrder.map((member) => [member, member.fullness(nowMs)]));
    return inOrder.sort((one, other) => fullness.get(one)! - fullness.get(other)!)[0];
  }

  #placeOf(recording: string, nowMs: number): Member | undefined {
    const place = this.#places.get(recording);
    return place && place.untilMs > nowMs ? place.member : undefined;
  }

  #remember(recording: string, member: Member, nowMs: number): void {
    this.#places.delete(recording);
    const [oldest] = this.#places.keys();
    if (oldest !== undefined && this.#places.size >= placesMax) this.#places.delete(oldest);
    this.#places.set(recording, { member, untilMs: nowMs + placeMsMax });
  }
}
