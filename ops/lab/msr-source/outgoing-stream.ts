// One stream of RTP as it is sent: which packets have fallen due by now, what is in them, and the ledger of those that
// left. Knows no socket: it is given one to send through. Never sends on its own account, only when its sender ticks.

import type { SrtpSender } from '#ops/lab/srtp';
import { buildRtp } from '#src/media';
import { type Payloads, slotMs } from './audio.ts';
import { eventPayloadType, PressedDigits } from './digits.ts';
import { Ledger, payloadDigest } from './ledger.ts';
import { nextSlot, type ScheduledPacket, type StreamOrigin, type StreamPlan, scheduleStart } from './schedule.core.ts';
import { senderReport } from './sender-report.core.ts';

/** A UDP port that packets leave from. */
export interface MediaPort {
  readonly address: string;
  readonly port: number;
}

/** Where the packets of a stream go. */
export interface MediaTarget {
  readonly address: string;
  readonly port: number;
  /** Where its sender reports go; without it none are sent. */
  readonly reportPort?: number;
}

/** What to send. */
export interface StreamOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly origin: StreamOrigin;
  readonly payloads: Payloads;
  readonly plan: StreamPlan;
  /** 1 is real time; at 4 four packets leave where one is due. */
  readonly transmitRate: number;
  readonly from: MediaPort;
  readonly to: MediaTarget;
  /** Where each packet goes as well. */
  readonly also?: MediaTarget;
  /** Packets leave sealed; the ledger knows them as they were before. */
  readonly srtp?: SrtpSender;
}

/** Puts one datagram on the wire. */
export type SendDatagram = (bytes: Buffer, from: MediaPort, address: string, port: number) => void;

const reportEveryMs = 5_000;
/** Who was kept from running for longer than this goes on where it was, instead of flooding the recorder. */
const catchUpSlotsMax = 25;

/** A stream on its way. Time is monotonic, and given with each call. */
export class OutgoingStream {
  readonly ledger = new Ledger();
  /** Resolves when it has said everything, or was stopped. */
  readonly said: Promise<void>;
  readonly #options: StreamOptions;
  readonly #send: SendDatagram;
  #resolveSaid: () => void = () => {};
  #startMs: number;
  #schedule = scheduleStart;
  #phase: 'speaking' | 'held' | 'over' = 'speaking';
  #from: MediaPort;
  #to: MediaTarget;
  #srtp: SrtpSender | undefined;
  #payloadBytes = 0;
  readonly #digits = new PressedDigits();
  #reportDueMs: number;

  constructor(options: StreamOptions, startMs: number, send: SendDatagram) {
    this.#options = options;
    this.#send = send;
    this.#startMs = startMs;
    this.#reportDueMs = startMs;
    this.#from = options.from;
    this.#to = options.to;
    this.#srtp = options.srtp;
    this.said = new Promise((resolve) => {
      this.#resolveSaid = resolve;
    });
  }

  /** Where its packets go now. */
  get target(): MediaTarget {
    return this.#to;
  }

  /** How far it is in its own time, held time included. */
  get positionMs(): number {
    return this.#schedule.slot * slotMs;
  }

  get isOver(): boolean {
    return this.#phase === 'over';
  }

  /** Nothing is sent while held; the audio and its timestamps run on. */
  hold(held: boolean): void {
    if (!this.isOver) this.#phase = held ? 'held' : 'speaking';
  }

  /** Digits, one after the other, take the place of the audio as long as they last. */
  press(digits: string): void {
    this.#digits.press(digits);
  }

  /** From now on the packets take another way. */
  move(from: MediaPort, to: MediaTarget): void {
    this.#from = from;
    this.#to = to;
  }

  /** From now on packets leave sealed by this one. */
  rekey(srtp: SrtpSender): void {
    this.#srtp = srtp;
  }

  stop(): void {
    this.#phase = 'over';
    this.#resolveSaid();
  }

  /** Sends what has fallen due since the last time; `wallMs` goes into sender reports. */
  sendDue(nowMs: number, wallMs: number): void {
    const { transmitRate } = this.#options;
    const dueSlots = () => Math.floor(((nowMs - this.#startMs) * transmitRate) / slotMs) + 1 - this.#schedule.slot;
    const tooMany = dueSlots() - catchUpSlotsMax * Math.max(1, transmitRate);
    if (tooMany > 0) this.#startMs += (tooMany * slotMs) / transmitRate;
    for (let slots = dueSlots(); slots > 0 && !this.isOver; slots -= 1) this.#sendSlot(nowMs);
    if (this.#to.reportPort !== undefined && nowMs >= this.#reportDueMs && !this.isOver) {
      this.#reportDueMs = nowMs + reportEveryMs;
      this.#sendReport(this.#to.reportPort, wallMs);
    }
  }

  #sendSlot(nowMs: number): void {
    const { origin, plan, payloads } = this.#options;
    const hasMore = payloads(this.#schedule.slot) !== undefined;
    const [next, packets] = nextSlot(this.#schedule, origin, plan, hasMore && this.#phase === 'speaking');
    this.#schedule = next;
    for (const packet of packets) this.#sendPacket(packet, nowMs);
    if (!hasMore && next.waiting.length === 0) this.stop();
  }

  #sendPacket(packet: ScheduledPacket, atMs: number): void {
    const { ssrc, payloads } = this.#options;
    const { sequence } = packet;
    const event = this.#digits.next(packet.timestamp);
    const payloadType = event ? eventPayloadType : this.#options.payloadType;
    const { payload, timestamp, marker } = event ?? { ...packet, payload: payloads(packet.slot)! };
    this.ledger.add({ ssrc, sequence, timestamp, digest: payloadDigest(payload), atMs });
    this.#payloadBytes += payload.length;
    const bytes = buildRtp({ payloadType, sequence, timestamp, ssrc, marker }, payload);
    const datagram = this.#srtp?.seal(bytes) ?? bytes;
    const { also } = this.#options;
    this.#send(datagram, this.#from, this.#to.address, this.#to.port);
    if (also) this.#send(datagram, this.#from, also.address, also.port);
  }

  #sendReport(port: number, wallMs: number): void {
    const { ssrc, origin } = this.#options;
    const report = senderReport({
      ssrc,
      atMs: wallMs,
      timestamp: (origin.timestamp + (this.#schedule.slot - 1) * origin.timestampUnitsPerSlot) >>> 0,
      packets: this.ledger.count,
      payloadBytes: this.#payloadBytes,
      canonicalName: `msr-source@${this.#from.address}`,
    });
    this.#send(this.#srtp?.sealControl(report) ?? report, this.#from, this.#to.address, port);
  }
}
