// The audio of one phone call: its port, what is said into it, what is heard from it. Knows no SIP.

import {
  type Audio,
  type MediaPort,
  type MediaSender,
  type OutgoingStream,
  payloadBytes,
  payloadsOf,
  type SentPacket,
} from '#ops/lab/msr-source';
import type { Random } from '#src/ports';
import type { PayloadFormat } from '#src/sip';
import { Heard } from './heard.ts';

/** Where it speaks to, and in which codec. */
export interface SpokenTo {
  readonly format: PayloadFormat;
  readonly target: MediaPort;
  /** Whether the other end wants to hear us, and we want to be heard. */
  readonly isOpen: boolean;
}

export class PhoneVoice {
  readonly heard = new Heard();
  readonly #sender: MediaSender;
  readonly #random: Random;
  readonly #ssrc: number;
  readonly #streams: OutgoingStream[] = [];
  #port: MediaPort | undefined;
  #spokenTo: SpokenTo | undefined;
  #audio: Audio | undefined;

  constructor(sender: MediaSender, random: Random) {
    this.#sender = sender;
    this.#random = random;
    this.#ssrc = random.bytes(4).readUInt32BE(0);
  }

  /** Opens its port, once. */
  async open(): Promise<MediaPort> {
    this.#port ??= await this.#sender.openPort((datagram) => this.heard.hear(datagram));
    return this.#port;
  }

  /** Says this from now on, or as soon as there is somebody to say it to, instead of what it says now. */
  play(audio: Audio): void {
    this.#streams.at(-1)?.stop();
    this.#audio = audio;
    this.#begin();
  }

  /** What was agreed with the other end changed. */
  speakTo(spokenTo: SpokenTo): void {
    const hasCodecChanged = this.#spokenTo && this.#spokenTo.format.codec !== spokenTo.format.codec;
    this.#spokenTo = spokenTo;
    const stream = this.#streams.at(-1);
    if (stream && !stream.isOver && !hasCodecChanged) {
      stream.move(this.#port!, spokenTo.target);
      stream.hold(!spokenTo.isOpen);
      return;
    }
    stream?.stop();
    this.#begin();
  }

  /** Digits instead of what it says meanwhile (RFC 4733). */
  press(digits: string): void {
    this.#streams.at(-1)?.press(digits);
  }

  /** Resolves when it has said what it plays now. */
  async said(): Promise<void> {
    await this.#streams.at(-1)?.said;
  }

  /** Every packet that left. */
  *sent(): Generator<SentPacket> {
    for (const { ledger } of this.#streams) yield* ledger;
  }

  close(): void {
    this.#streams.at(-1)?.stop();
    this.#audio = undefined;
    this.#spokenTo = undefined;
    if (this.#port) this.#sender.closePort(this.#port);
  }

  #begin(): void {
    if (!this.#audio || !this.#spokenTo || !this.#port) return;
    const { format, target, isOpen } = this.#spokenTo;
    const last = this.#streams.at(-1)?.ledger.last;
    const [stream] = this.#sender.start([
      {
        ssrc: this.#ssrc,
        payloadType: format.payloadType,
        // One source for the whole call: its numbers go on (RFC 3550 §5.1).
        origin: {
          sequence: last ? (last.sequence + 1) & 0xffff : this.#random.bytes(2).readUInt16BE(0),
          timestamp: last ? (last.timestamp + payloadBytes) >>> 0 : this.#random.bytes(4).readUInt32BE(0),
          timestampUnitsPerSlot: payloadBytes,
        },
        payloads: payloadsOf(this.#audio, format.codec),
        plan: {},
        transmitRate: 1,
        from: this.#port,
        to: target,
      },
    ]);
    stream!.hold(!isOpen);
    this.#streams.push(stream!);
  }
}
