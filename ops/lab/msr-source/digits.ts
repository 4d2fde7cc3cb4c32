// Digits as a phone sends them: telephone events (RFC 4733), each a train of packets in the place of audio. All packets of a
// digit have the timestamp of its first one.
//
//      0                   1                   2                   3
//      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//     +---------------+-+-+-----------+-------------------------------+
//     |     event     |E|R|  volume   | duration, timestamp units     |
//     +---------------+-+-+-----------+-------------------------------+

/** As every offer of the source names it. */
export const eventPayloadType = 101;

/** One packet of a digit. */
export interface EventPacket {
  readonly payload: Buffer;
  readonly timestamp: number;
  readonly marker: boolean;
}

/** Events by their code (RFC 4733 §3.2). */
const events = '0123456789*#ABCD';
const eventBytes = 4;
const unitsPerPacket = 160;
/** A digit of 100 ms, whose end is said three times (RFC 4733 §2.5.1.4). */
const soundingPackets = 5;
const packetsPerDigit = soundingPackets + 2;
const endFlag = 0x80;
const volume = 10;

/** The digits that a stream has still to send. */
export class PressedDigits {
  readonly #waiting: number[] = [];
  #packet = 0;
  #timestamp = 0;

  /** Throws Error on anything but 0 to 9, *, #, A to D. */
  press(digits: string): void {
    for (const digit of digits) {
      const event = events.indexOf(digit);
      if (event < 0) throw new Error(`'${digit}' is no digit; there are ${events}`);
      this.#waiting.push(event);
    }
  }

  /** The packet to send in the place of audio with this timestamp; undefined when no digit waits. */
  next(timestamp: number): EventPacket | undefined {
    const [event] = this.#waiting;
    if (event === undefined) return undefined;
    if (this.#packet === 0) this.#timestamp = timestamp;
    const marker = this.#packet === 0;
    this.#packet += 1;
    const payload = Buffer.alloc(eventBytes);
    payload[0] = event;
    payload[1] = (this.#packet >= soundingPackets ? endFlag : 0) | volume;
    payload.writeUInt16BE(unitsPerPacket * Math.min(this.#packet, soundingPackets), 2);
    if (this.#packet === packetsPerDigit) {
      this.#packet = 0;
      this.#waiting.shift();
    }
    return { payload, timestamp: this.#timestamp, marker };
  }
}
