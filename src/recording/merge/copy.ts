// One copy of a voice: what a take has of one stream, packet by packet, as far as merging needs it: when each came, how it is numbered,
// how long it lasts, and a digest of what it carries. About 30 bytes a packet; the packets themselves are not kept.

import {
  dropoutPacketsMax,
  formatOf,
  isRtcp,
  misorderPacketsMax,
  type PayloadMap,
  parseRtcp,
  parseRtp,
  type RtcpCompound,
} from '#src/media';
import { type ArrivedPacket, headOf, type PacketHead, type WallInterval } from '#src/media/timeline';

export interface CopyName {
  readonly take: string;
  readonly node: string;
  readonly stream: string;
  /** Whose voice it is. */
  readonly party: string;
  /** Several parties speak at the same time in it. */
  readonly mixed?: boolean | undefined;
  readonly payloads: PayloadMap;
  /** Of its take, and when its sender held it; by the clock of its node. */
  readonly pauses: readonly WallInterval[];
  readonly holds: readonly WallInterval[];
}

/** Packets of one SSRC whose numbers go on: where they jump, another one begins. */
export interface Numbering {
  readonly copy: Copy;
  readonly ssrc: number;
  /** The first and the last of its packets, among all datagrams of the copy. */
  readonly first: number;
  last: number;
  packets: number;
}

/** Numberings of one copy; more is an attack or nonsense, and the packets of those are left out. */
const numberingsMax = 4_096;
/** Sender's clocks remembered. */
const cnamesMax = 64;
/** Reports remembered: each ties timestamps to the sender's clock once more. */
const reportsMax = 64;
/** Of what is no packet of media that is followed. */
export const noNumbering = -1;
/** In the place of a payload type, which has 7 bits: RTCP, no RTP, and RTP of one numbering too many. */
export const kindControl = 128;
export const kindMalformed = 129;
export const kindSurplus = 130;

/** The columns of a copy: the nth number of each is of the nth datagram. Some room is left at their ends. */
const firstRoom = 1_024;

export class Copy {
  readonly name: CopyName;
  /** Datagrams that came, media or RTCP. */
  length = 0;
  /** In the order of their beginning. */
  readonly numberings: Numbering[] = [];
  /** By the clock of its node, ms since 1970. */
  arrivalMs = new Float64Array(firstRoom);
  /** Index into `numberings`; {@link noNumbering} for RTCP and what is no RTP. */
  numbering = new Int16Array(firstRoom);
  /** Timestamp × 65,536 + sequence number, as sent: below 2⁴⁸. */
  number = new Float64Array(firstRoom);
  /** Payload type, or why there is none. */
  kind = new Uint8Array(firstRoom);
  /** Of the payload. */
  digest = new Uint32Array(firstRoom);
  /** Length of what it carries, on the clock of its payload type. */
  ticks = new Uint32Array(firstRoom);
  /** What telephone events say, and the first reports, by the datagram. */
  readonly events = new Map<number, PacketHead['event']>();
  readonly reports = new Map<number, RtcpCompound>();
  /** Least and greatest of arrival − sender's clock, by the name of that clock. */
  readonly senderDelaysMs = new Map<string, { least: number; most: number }>();
  /** Packets of media. */
  packets = 0;
  readonly #running = new Map<number, { index: number; sequence: number }>();

  constructor(name: CopyName) {
    this.name = name;
  }

  /** Every datagram of the stream, in the order in which they will be read again. */
  add({ arrivalUs, bytes }: ArrivedPacket): void {
    const at = this.length;
    if (at === this.kind.length) this.#widen();
    this.length += 1;
    const arrivalMs = arrivalUs / 1000;
    this.arrivalMs[at] = arrivalMs;
    this.numbering[at] = noNumbering;
    if (isRtcp(bytes)) {
      this.kind[at] = kindControl;
      this.#control(at, arrivalMs, parseRtcp(bytes));
      return;
    }
    const packet = parseRtp(bytes);
    if (typeof packet === 'string') {
      this.kind[at] = kindMalformed;
      return;
    }
    const { ssrc, sequence, timestamp, payloadType, ticks, event } = headOf(packet, this.name.payloads);
    const numbering = this.#numberingOf(ssrc, sequence);
    this.number[at] = timestamp * 0x10000 + sequence;
    this.digest[at] = digestOf(packet.payload);
    this.ticks[at] = ticks;
    if (event) this.events.set(at, event);
    this.kind[at] = numbering === noNumbering ? kindSurplus : payloadType;
    if (numbering === noNumbering) return;
    this.numbering[at] = numbering;
    this.packets += 1;
    const own = this.numberings[numbering]!;
    own.packets += 1;
    own.last = at;
  }

  /** 0 for what nobody mapped, or lasts until the next packet. */
  durationMs(at: number): number {
    const ticks = this.ticks[at]!;
    return ticks === 0 ? 0 : (ticks * 1000) / formatOf(this.kind[at]!, this.name.payloads)!.clockRateHz;
  }

  #widen(): void {
    this.arrivalMs = widened(this.arrivalMs, new Float64Array(2 * this.length));
    this.numbering = widened(this.numbering, new Int16Array(2 * this.length));
    this.number = widened(this.number, new Float64Array(2 * this.length));
    this.kind = widened(this.kind, new Uint8Array(2 * this.length));
    this.digest = widened(this.digest, new Uint32Array(2 * this.length));
    this.ticks = widened(this.ticks, new Uint32Array(2 * this.length));
  }

  #numberingOf(ssrc: number, sequence: number): number {
    const running = this.#running.get(ssrc);
    if (running) {
      const forward = (sequence - running.sequence) & 0xffff;
      if (forward <= dropoutPacketsMax) {
        running.sequence = sequence;
        return running.index;
      }
      if (0x10000 - forward <= misorderPacketsMax) return running.index;
    }
    if (this.numberings.length >= numberingsMax) return noNumbering;
    const first = this.length - 1;
    const index = this.numberings.push({ copy: this, ssrc, first, last: first, packets: 0 }) - 1;
    this.#running.set(ssrc, { index, sequence });
    return index;
  }

  #control(at: number, arrivalMs: number, compound: RtcpCompound): void {
    const { senderReports, cnames } = compound;
    if (this.reports.size < reportsMax) this.reports.set(at, compound);
    for (const { ssrc, ntpMs } of senderReports) {
      const cname = cnames.find((one) => one.ssrc === ssrc)?.cname;
      if (cname === undefined) continue;
      const delayMs = arrivalMs - ntpMs;
      const known = this.senderDelaysMs.get(cname);
      if (known) {
        known.least = Math.min(known.least, delayMs);
        known.most = Math.max(known.most, delayMs);
      } else if (this.senderDelaysMs.size < cnamesMax)
        this.senderDelaysMs.set(cname, { least: delayMs, most: delayMs });
    }
  }
}

function widened<Numbers extends { set(from: Numbers): void }>(column: Numbers, into: Numbers): Numbers {
  into.set(column);
  return into;
}

/** 32 bits, all of which every bit of the payload changes. Not against forgers: whoever can send RTP can send what he likes anyway. */
function digestOf(payload: Uint8Array): number {
  let hash = payload.length;
  const words = payload.length & ~3;
  for (let at = 0; at < words; at += 4) {
    const word = payload[at]! | (payload[at + 1]! << 8) | (payload[at + 2]! << 16) | (payload[at + 3]! << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (let at = words; at < payload.length; at += 1) hash = Math.imul(hash ^ payload[at]!, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35);
  return (hash ^ (hash >>> 13)) >>> 0;
}
