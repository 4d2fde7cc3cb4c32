// The copies of one voice as one sequence of packets: each packet once, from whichever copy has it; none that came while any copy was
// paused; where copies have nothing in common but the time, one of them at a time. Decides only, in one step for each packet: the packets
// are read again by who wants to hear them, and pass in the order and with the numbers that are said here.

import type { ArrivedPacket, PacketHead, WallInterval } from '#src/media/timeline';
import { endedUnion } from '#src/recording/consolidate';
import { type Copy, type Numbering, noNumbering } from './copy.ts';
import type { Numbers, Renumbering } from './numbers.ts';
import { keepOneAtATime } from './splice.ts';
import { Table } from './table.ts';
import { Within } from './within.ts';

/** What is to be done with the packets of the copies, which are read side by side. */
export interface TrackPlan {
  readonly copies: readonly Copy[];
  /** For each datagram in the order of arrival: index of the copy whose next one it is. */
  readonly order: Uint16Array;
  /** For each copy: whether its nth datagram is part of the track. */
  readonly kept: readonly Uint8Array[];
  /** For each copy what is added to its arrival, and to the numbers of its numberings. */
  readonly offsetsMs: readonly number[];
  readonly renumberings: readonly (readonly Renumbering[])[];
  /** Datagrams of media that each copy held although another one was paused. */
  readonly leaked: readonly number[];
}

export interface TrackOptions {
  /** Copies of one voice, those that are preferred first. */
  readonly copies: readonly Copy[];
  readonly numbers: Numbers;
  /** Of each take's clock, see Source; takes that are missing are believed as they are. */
  readonly clocks: ReadonlyMap<string, { readonly offsetMs: number; readonly plusMinusMs: number }>;
  /** Of all takes of the conversation, by the clock of the conversation. */
  readonly pauses: readonly WallInterval[];
}

export function planTrack({ copies, numbers, clocks, pauses }: TrackOptions): TrackPlan {
  const offsetsMs = copies.map(({ name }) => clocks.get(name.take)?.offsetMs ?? 0);
  const renumberings = copies.map(({ numberings }) => numberings.map((one) => numbers.of(one)));
  const kept = copies.map(({ length }) => new Uint8Array(length));
  keepOnce(copies, renumberings, kept);
  keepOneAtATime({ copies, renumberings, kept, offsetsMs }, (take) => clocks.has(take));
  const leaked = copies.map((copy, index) => {
    const doubtMs = clocks.get(copy.name.take)?.plusMinusMs ?? 0;
    return leaveOutPaused(copy, kept[index]!, offsetsMs[index]!, pauses, doubtMs);
  });
  return { copies, order: orderOf(copies, offsetsMs), kept, offsetsMs, renumberings, leaked };
}

/** Each packet from the first copy that has it. What is no media passes where nothing is renumbered. */
function keepOnce(
  copies: readonly Copy[],
  renumberings: readonly (readonly Renumbering[])[],
  kept: readonly Uint8Array[],
): void {
  const shared = sharedRoots(copies, renumberings);
  const taken = new Map<Numbering, Table>([...shared].map((root) => [root, new Table()]));
  for (const [index, copy] of copies.entries()) {
    const own = renumberings[index]!;
    const isAsSent = own.every(({ sequences, timestamps, root }, at) => {
      return sequences === 0 && timestamps === 0 && root.ssrc === copy.numberings[at]!.ssrc;
    });
    for (let at = 0; at < copy.length; at += 1) {
      const numbering = copy.numbering[at]!;
      if (numbering === noNumbering) {
        kept[index]![at] = isAsSent ? 1 : 0;
        continue;
      }
      const renumbering = own[numbering]!;
      const numbersTaken = taken.get(renumbering.root);
      if (!numbersTaken) kept[index]![at] = 1;
      else {
        const before = numbersTaken.size;
        numbersTaken.set(renumbered(copy.number[at]!, renumbering), 1);
        kept[index]![at] = numbersTaken.size > before ? 1 : 0;
      }
    }
  }
}

/** Numberings of which more than one copy has packets. */
function sharedRoots(copies: readonly Copy[], renumberings: readonly (readonly Renumbering[])[]): Set<Numbering> {
  const of = new Map<Numbering, Copy>();
  const shared = new Set<Numbering>();
  for (const [index, copy] of copies.entries()) {
    for (const { root } of renumberings[index]!) {
      if ((of.get(root) ?? copy) !== copy) shared.add(root);
      of.set(root, copy);
    }
  }
  return shared;
}

function renumbered(number: number, { sequences, timestamps }: Renumbering): number {
  if (sequences === 0 && timestamps === 0) return number;
  const { sequence, timestamp } = takenApart(number);
  return ((timestamp + timestamps) >>> 0) * 0x10000 + ((sequence + sequences) & 0xffff);
}

/** Of a number as a copy has it. */
function takenApart(number: number): { readonly sequence: number; readonly timestamp: number } {
  const timestamp = Math.floor(number / 0x10000);
  return { timestamp, sequence: number - timestamp * 0x10000 };
}

/** Pauses take hold and end within this time on every node: packets at their edges are no leak. */
const pauseEdgeMs = 100;

/** Returns how many were there that another copy's recorder did not take. */
function leaveOutPaused(
  { length, arrivalMs, numbering, name }: Copy,
  kept: Uint8Array,
  offsetMs: number,
  pauses: readonly WallInterval[],
  doubtMs: number,
): number {
  if (pauses.length === 0) return 0;
  const widened = endedUnion(pauses.map(({ fromMs, toMs }) => ({ fromMs: fromMs - doubtMs, toMs: toMs + doubtMs })));
  const inner = pauses.map(({ fromMs, toMs }) => ({ fromMs: fromMs + pauseEdgeMs, toMs: toMs - pauseEdgeMs }));
  const [paused, leaking] = [new Within(widened), new Within(endedUnion(inner.filter((one) => one.fromMs < one.toMs)))];
  const own = new Within(endedUnion(name.pauses));
  let leaked = 0;
  for (let at = 0; at < length; at += 1) {
    if (numbering[at] === noNumbering) continue;
    const ownMs = arrivalMs[at]!;
    if (!paused.has(ownMs + offsetMs) && !own.has(ownMs)) continue;
    kept[at] = 0;
    if (leaking.has(ownMs + offsetMs) && !own.has(ownMs)) leaked += 1;
  }
  return leaked;
}

/** Copies side by side, by arrival; each in the order in which it is read. */
function orderOf(copies: readonly Copy[], offsetsMs: readonly number[]): Uint16Array {
  const order = new Uint16Array(copies.reduce((sum, { length }) => sum + length, 0));
  const next = copies.map(() => 0);
  const arrivals = copies.map((copy, index) => (copy.length > 0 ? copy.arrivalMs[0]! + offsetsMs[index]! : Infinity));
  for (let step = 0; step < order.length; step += 1) {
    let first = 0;
    for (let index = 1; index < arrivals.length; index += 1) if (arrivals[index]! < arrivals[first]!) first = index;
    order[step] = first;
    const copy = copies[first]!;
    next[first]! += 1;
    const at = next[first]!;
    arrivals[first] = at < copy.length ? copy.arrivalMs[at]! + offsetsMs[first]! : Infinity;
  }
  return order;
}

/** What the nth datagram of a copy says of itself, with the numbers that it has in the track; undefined for what is no media. */
export function headInTrack(plan: TrackPlan, copyIndex: number, at: number): PacketHead | undefined {
  const copy = plan.copies[copyIndex]!;
  const numbering = copy.numbering[at]!;
  if (numbering === noNumbering) return undefined;
  const renumbering = plan.renumberings[copyIndex]![numbering]!;
  const { sequence, timestamp } = takenApart(renumbered(copy.number[at]!, renumbering));
  const [payloadType, ticks, event] = [copy.kind[at]!, copy.ticks[at]!, copy.events.get(at)];
  return { ssrc: renumbering.root.ssrc, sequence, timestamp, payloadType, ticks, event };
}

export function arrivalUsInTrack({ offsetsMs }: TrackPlan, copyIndex: number, arrivalUs: number): number {
  return arrivalUs + Math.round(offsetsMs[copyIndex]! * 1000);
}

/** The packet with the time and the numbers that it has in the track. */
export function inTrack(plan: TrackPlan, copyIndex: number, at: number, packet: ArrivedPacket): ArrivedPacket {
  const copy = plan.copies[copyIndex]!;
  const arrivalUs = arrivalUsInTrack(plan, copyIndex, packet.arrivalUs);
  const head = headInTrack(plan, copyIndex, at);
  if (
    !head ||
    (copy.numberings[copy.numbering[at]!]!.ssrc === head.ssrc &&
      copy.number[at] === head.timestamp * 0x10000 + head.sequence)
  )
    return arrivalUs === packet.arrivalUs ? packet : { arrivalUs, bytes: packet.bytes };
  const bytes = Buffer.from(packet.bytes);
  bytes.writeUInt16BE(head.sequence, 2);
  bytes.writeUInt32BE(head.timestamp, 4);
  bytes.writeUInt32BE(head.ssrc, 8);
  return { arrivalUs, bytes };
}
