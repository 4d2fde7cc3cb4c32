// One copy of a voice: what a take has of one stream, packet by packet, as far as merging needs it: when each came, how it is numbered,
// and a digest of what it carries. About 30 bytes a packet; the packets themselves are not kept.

import {
  dropoutPacketsMax,
  formatOf,
  isRtcp,
  misorderPacketsMax,
  type PayloadMap,
  parseRtcp,
  parseRtp,
} from '#src/media';
import { durationTicksOf } from '#src/media/codec';
import type { ArrivedPacket, WallInterval } from '#src/media/timeline';
import { Column } from './column.ts';

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
/** Of payload that is no packet of media. */
export const noNumbering = -1;

export class Copy {
  readonly name: CopyName;
  /** In the order of their beginning. */
  readonly numberings: Numbering[] = [];
  /** By the clock of its node, ms since 1970. */
  readonly arrivalMs = new Column(Float64Array);
  /** Index into `numberings`; {@link noNumbering} for RTCP and what is no RTP. */
  readonly numbering = new Column(Int16Array);
  /** Timestamp × 65,536 + sequence number, as sent: below 2⁴⁸. */
  readonly number = new Column(Float64Array);
  /** Of the payload. */
  readonly digest = new Column(Uint32Array);
  readonly durationMs = new Column(Float32Array);
  /** Least and greatest of arrival − sender's clock, by the name of that clock. */
  readonly senderDelaysMs = new Map<string, { least: number; most: number }>();
  /** Packets of media. */
  packets = 0;
  readonly #running = new Map<number, { index: number; sequence: number }>();

  constructor(name: CopyName) {
    this.name = name;
  }

  /** Datagrams that came, media or RTCP. */
  get length(): number {
    return this.arrivalMs.length;
  }

  /** Every datagram of the stream, in the order in which they will be read again. */
  add({ arrivalUs, bytes }: ArrivedPacket): void {
    const arrivalMs = arrivalUs / 1000;
    const packet = isRtcp(bytes) ? 'control' : parseRtp(bytes);
    if (packet === 'control') this.#control(arrivalMs, bytes);
    this.arrivalMs.push(arrivalMs);
    if (typeof packet === 'string') {
      this.#push(noNumbering, 0, 0, 0);
      return;
    }
    const { ssrc, sequence, timestamp, payloadType, payload } = packet;
    const format = formatOf(payloadType, this.name.payloads);
    const ticks = format ? durationTicksOf(format, payload) : 0;
    const numbering = this.#numberingOf(ssrc, sequence);
    this.#push(
      numbering,
      timestamp * 0x10000 + sequence,
      digestOf(payload),
      format ? (ticks * 1000) / format.clockRateHz : 0,
    );
    if (numbering === noNumbering) return;
    this.packets += 1;
    const own = this.numberings[numbering]!;
    own.packets += 1;
    own.last = this.length - 1;
  }

  #push(numbering: number, number: number, digest: number, durationMs: number): void {
    this.numbering.push(numbering);
    this.number.push(number);
    this.digest.push(digest);
    this.durationMs.push(durationMs);
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

  #control(arrivalMs: number, bytes: Buffer): void {
    const { senderReports, cnames } = parseRtcp(bytes);
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
