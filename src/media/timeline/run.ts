// One unbroken count of RTP timestamps: places packets, finds what is missing between them, and remembers how arrival
// and timestamps relate, so that the next run can be placed behind it.

import type { PayloadKind } from '#src/media/codec';
import type { EventHead } from './packet-head.ts';

/** A packet as the timeline sees it, its payload already measured. */
export interface PlacedPacket {
  /** Position among all packets of the stream. */
  readonly ordinal: number;
  readonly arrivalMs: number;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payloadType: number;
  readonly codec: string;
  readonly kind: PayloadKind;
  readonly clockRateHz: number;
  /** Length of the payload in ticks; 0 for comfort noise and events. */
  readonly ticks: number;
  readonly event: EventHead | undefined;
}

/** A hole with packets missing in it, on the axis of its run. */
export interface Hole {
  readonly fromMs: number;
  readonly toMs: number;
  readonly packets: number;
  /** How far the timestamps disagree with the number of packets; 0 when both agree. */
  readonly doubtMs: number;
  readonly packetMs: number;
  /** Arrival of the packets on both sides. */
  readonly arrivalBeforeMs: number;
  readonly arrivalAfterMs: number;
  /** Arrival less position, at the network's least delay around here. */
  readonly delayMs: number;
}

export interface RunSpan {
  fromMs: number;
  toMs: number;
  readonly payloadType: number;
  readonly codec: string;
  packets: number;
}

export interface RunEvent {
  readonly timestamp: number;
  readonly atMs: number;
  readonly code: number;
  durationMs: number;
}

/** Silence a sender may leave out without its timestamps being doubted: a minute, and some loss at both ends of it. */
export const silenceMsMax = 70_000;
// The delay of the network is taken as the least one seen in a window of this much media.
export const delayWindowMs = 5_000;
// Packets by which the beginning of a sender faster than real time is known: enough that not all were read late, few
// enough that a pace measured a little wrong does not move it.
const firstPacketsMax = 50;
// How far arrival and timestamps may differ over a longer silence, to be believed all the same.
const arrivalSlackMs = 1_000;
// Time by which a packet may come later than its timestamp says before either the sender's clock or the network stood still.
const stallMsMin = 1_000;

export class Run {
  readonly ssrc: number;
  readonly clockRateHz: number;
  /** Arrival of the packet the run begins with; a later one may have come earlier. */
  readonly firstArrivalMs: number;
  earliestArrivalMs: number;
  latestArrivalMs: number;
  readonly holes: Hole[] = [];
  readonly spans: RunSpan[] = [];
  readonly events: RunEvent[] = [];
  packets = 0;
  /** Length of the packet before, or of the first that has one: what a missing packet is taken to last. */
  packetMs = 0;
  endMs = 0;
  lastArrivalMs: number;
  lastMs = 0;
  /** Least and greatest of arrival − position in the first two windows. */
  firstDelayMs = Number.POSITIVE_INFINITY;
  firstDelayMsMost = Number.NEGATIVE_INFINITY;
  /** Least of arrival − position of all. */
  leastDelayMs = Number.POSITIVE_INFINITY;
  // What the sequence numbers say of the time since the last packet of audio, when only events came in between.
  #missing = 0;
  #jumped = false;
  #lastTimestamp: number;
  #lastTicks = 0;
  #lastPositionTicks = 0;
  #lastKind: PayloadKind;
  readonly #first: { readonly arrivalMs: number; readonly positionMs: number }[] = [];
  #windowStartMs = 0;
  #windowDelayMs = Number.POSITIVE_INFINITY;
  #windowBeforeDelayMs = Number.POSITIVE_INFINITY;

  constructor(first: PlacedPacket) {
    this.ssrc = first.ssrc;
    this.clockRateHz = first.clockRateHz;
    this.firstArrivalMs = first.arrivalMs;
    this.earliestArrivalMs = first.arrivalMs;
    this.latestArrivalMs = first.arrivalMs;
    this.lastArrivalMs = first.arrivalMs;
    this.#lastTimestamp = first.timestamp;
    this.#lastKind = first.kind;
  }

  /** Least delay of late: arrival − position, over the last one or two windows. */
  get recentDelayMs(): number {
    return Math.min(this.#windowDelayMs, this.#windowBeforeDelayMs);
  }

  /** Arrival of position 0 at a pace faster than real time, the least delay of the first packets taken. */
  beginMsAt(pace: number): number {
    return this.#first.reduce(
      (least, { arrivalMs, positionMs }) => Math.min(least, arrivalMs - positionMs / pace),
      Infinity,
    );
  }

  /**
   * Whether `packet`, `step` after the one before, goes on in this run's time: its timestamp follows, after silence if
   * need be, or after the time that the missing packets lasted, or after as much time as passed on the wall.
   */
  continues(packet: PlacedPacket, step: number, jumped: boolean): boolean {
    if (packet.kind === 'telephone-event') return true;
    if (packet.clockRateHz !== this.clockRateHz) return false;
    const holeTicks = this.#holeTicks(packet);
    if (holeTicks < -this.#lastTicks) return false;
    const holeMs = this.#msOf(holeTicks);
    if (holeMs <= silenceMsMax) return true;
    if (this.#accounted(holeTicks, this.#missing + step - 1, packet.ticks, jumped || this.#jumped)) return true;
    return Math.abs(holeMs - (packet.arrivalMs - this.lastArrivalMs)) <= Math.max(arrivalSlackMs, holeMs / 100);
  }

  /**
   * Whether a packet that is next by number comes much later than its timestamp says. A sender that stops its clock while it is
   * on hold goes on as if no time had passed; whether it did, or the network held packets back, only what follows can say.
   */
  stallsBefore(packet: PlacedPacket, step: number, jumped: boolean): boolean {
    if (packet.kind === 'telephone-event' || packet.clockRateHz !== this.clockRateHz) return false;
    if (step !== 1 || jumped || this.#missing > 0 || this.#jumped) return false;
    const holeMs = this.#msOf(this.#holeTicks(packet));
    return holeMs >= 0 && packet.arrivalMs - this.lastArrivalMs - holeMs > stallMsMin;
  }

  /** Places the packet; returns its start in milliseconds of the run. `step` as in {@link InOrder}. */
  place(packet: PlacedPacket, step: number, jumped: boolean): number {
    const first = this.packets++ === 0;
    if (!first) {
      this.#missing += step - 1;
      this.#jumped ||= jumped;
    }
    if (packet.kind === 'telephone-event') return this.#placeEvent(packet, first);
    const holeTicks = first ? 0 : this.#holeTicks(packet);
    const positionTicks = this.#lastPositionTicks + this.#lastTicks + holeTicks;
    const positionMs = this.#msOf(positionTicks);
    if (!first) this.#findHole(packet, holeTicks, positionMs);
    if (packet.kind === 'audio') this.#extendSpan(packet, positionTicks, holeTicks);
    this.#noteDelay(packet.arrivalMs, positionMs);
    this.#missing = 0;
    this.#jumped = false;
    this.#lastTimestamp = packet.timestamp;
    this.#lastTicks = packet.ticks;
    this.#lastPositionTicks = positionTicks;
    this.#lastKind = packet.kind;
    this.lastArrivalMs = packet.arrivalMs;
    this.lastMs = positionMs;
    if (packet.ticks > 0) this.packetMs = this.#msOf(packet.ticks);
    return positionMs;
  }

  /** Position of a timestamp of this run's clock, within 2³¹ ticks of its last packet. */
  positionMsOf(timestamp: number): number {
    return this.#msOf(this.#lastPositionTicks + ((timestamp - this.#lastTimestamp) | 0));
  }

  #holeTicks(packet: PlacedPacket): number {
    return ((packet.timestamp - this.#lastTimestamp) | 0) - this.#lastTicks;
  }

  #msOf(ticks: number): number {
    return (ticks * 1000) / this.clockRateHz;
  }

  // How many packets are missing, when numbers and timestamps agree about it. A jump is known modulo 65536 only; then the
  // timestamps tell how many times the numbers went round.
  #accounted(holeTicks: number, missing: number, ticks: number, jumped: boolean): number | undefined {
    for (const packetTicks of [this.#lastTicks, ticks]) {
      if (packetTicks === 0 || holeTicks <= 0 || holeTicks % packetTicks !== 0) continue;
      const packets = holeTicks / packetTicks;
      if (packets === missing || (jumped && (packets - missing) % 0x10000 === 0)) return packets;
    }
    return undefined;
  }

  #findHole(packet: PlacedPacket, holeTicks: number, positionMs: number): void {
    const jumped = this.#jumped;
    if (this.#missing === 0 || (jumped && holeTicks <= 0)) return;
    const packetTicks = this.#lastTicks || packet.ticks;
    const agreed =
      this.#lastKind === 'audio' ? this.#accounted(holeTicks, this.#missing, packet.ticks, jumped) : undefined;
    const counted = jumped ? Math.round(holeTicks / (packetTicks || 1)) : this.#missing;
    const doubtTicks = jumped ? holeTicks : Math.abs(holeTicks - this.#missing * packetTicks);
    this.holes.push({
      fromMs: positionMs - this.#msOf(Math.max(0, holeTicks)),
      toMs: positionMs,
      packets: agreed ?? counted,
      doubtMs: agreed === undefined ? Math.max(1, this.#msOf(doubtTicks)) : 0,
      packetMs: agreed === undefined ? this.#msOf(packetTicks) : this.#msOf(holeTicks / agreed),
      arrivalBeforeMs: this.lastArrivalMs,
      arrivalAfterMs: packet.arrivalMs,
      delayMs: Math.min(this.recentDelayMs, packet.arrivalMs - positionMs),
    });
  }

  #extendSpan(packet: PlacedPacket, positionTicks: number, holeTicks: number): void {
    const endMs = this.#msOf(positionTicks + packet.ticks);
    const span = this.spans.at(-1);
    if (span && holeTicks === 0 && span.payloadType === packet.payloadType && this.#lastKind === 'audio') {
      span.toMs = endMs;
      span.packets++;
    } else {
      const { payloadType, codec } = packet;
      this.spans.push({ fromMs: this.#msOf(positionTicks), toMs: endMs, payloadType, codec, packets: 1 });
    }
    this.endMs = Math.max(this.endMs, endMs);
  }

  // An event's packets repeat the timestamp of its beginning (RFC 4733 §2.1), so they say nothing about the time of audio.
  #placeEvent(packet: PlacedPacket, first: boolean): number {
    const sameClock = packet.clockRateHz === this.clockRateHz;
    const atMs = sameClock ? Math.max(0, this.positionMsOf(packet.timestamp)) : this.endMs;
    if (sameClock || first) this.#noteDelay(packet.arrivalMs, atMs);
    const durationMs = ((packet.event?.ticks ?? 0) * 1000) / packet.clockRateHz;
    const before = this.events.at(-1);
    if (before && before.timestamp === packet.timestamp) before.durationMs = Math.max(before.durationMs, durationMs);
    else this.events.push({ timestamp: packet.timestamp, atMs, code: packet.event?.code ?? 0, durationMs });
    return atMs;
  }

  #noteDelay(arrivalMs: number, positionMs: number): void {
    const delayMs = arrivalMs - positionMs;
    this.leastDelayMs = Math.min(this.leastDelayMs, delayMs);
    this.earliestArrivalMs = Math.min(this.earliestArrivalMs, arrivalMs);
    this.latestArrivalMs = Math.max(this.latestArrivalMs, arrivalMs);
    if (this.#first.length < firstPacketsMax) this.#first.push({ arrivalMs, positionMs });
    if (positionMs < 2 * delayWindowMs) {
      this.firstDelayMs = Math.min(this.firstDelayMs, delayMs);
      this.firstDelayMsMost = Math.max(this.firstDelayMsMost, delayMs);
    }
    if (positionMs - this.#windowStartMs > delayWindowMs) {
      this.#windowBeforeDelayMs = this.#windowDelayMs;
      this.#windowDelayMs = Number.POSITIVE_INFINITY;
      this.#windowStartMs = positionMs;
    }
    this.#windowDelayMs = Math.min(this.#windowDelayMs, delayMs);
  }
}
