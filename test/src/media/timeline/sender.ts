// A sender with a ledger, and the network behind it: what the property tests of the timeline judge by. The ledger knows when
// every packet was spoken; the network loses, repeats, delays and damages packets; nothing here looks at the timeline's code.

import { buildRtp, type PayloadMap } from '#src/media';
import type { ArrivedPacket } from '#src/media/timeline';
import { type Random, seededRandom } from '#src/ports';

/** What the parties of a scene have negotiated: telephone events have any of the dynamic types but that of Opus. */
export function payloadsOf({ seed }: Pick<Scene, 'seed'>): PayloadMap {
  return new Map([
    [eventTypeOf(seed), { codec: 'TELEPHONE-EVENT', clockRateHz: 8000 }],
    [111, { codec: 'OPUS', clockRateHz: 48_000, channels: 2 }],
  ]);
}

function eventTypeOf(seed: number): number {
  const type = 96 + (seed % 32);
  return type === 111 ? 101 : type;
}

/** How a segment differs from the one before it. */
export type Change = 'none' | 'payload-type' | 'sequence' | 'timestamp' | 'both' | 'ssrc' | 'clock';
/** Changes after which only arrival tells the time. */
export const placedByArrival: ReadonlySet<Change> = new Set(['timestamp', 'both', 'ssrc', 'clock']);

export interface Segment {
  readonly change: Change;
  readonly packetMs: 10 | 20 | 30 | 60;
  /** Packets of talk before and after the middle part. */
  readonly talk: readonly [number, number];
  readonly middle: 'nothing' | 'silence' | 'comfort-noise' | 'telephone-event';
  readonly middleMs: number;
}

export interface Scene {
  readonly seed: number;
  readonly segments: readonly Segment[];
  /** Places in the stream, 0 to 1, and how many packets are lost there. */
  readonly losses: readonly { readonly at: number; readonly packets: number }[];
  /** Shares of all packets, 0 to 1. */
  readonly repeated: number;
  readonly delayed: number;
  readonly damaged: number;
  readonly delayPacketsMax: number;
  readonly pace: number;
}

/** A packet as spoken. */
export interface Spoken {
  readonly index: number;
  readonly kind: 'audio' | 'comfort-noise' | 'telephone-event';
  readonly spokenMs: number;
  readonly lengthMs: number;
  /** Number of the unbroken count of timestamps it belongs to. */
  readonly run: number;
  /** Number of the unbroken count of sequence numbers. */
  readonly numbering: number;
  readonly bytes: Buffer;
  /** When it was handed to the network: events repeat a timestamp, so not always `spokenMs`. */
  readonly sentMs: number;
}

/** A datagram at the recorder; `spoken` is undefined for RTCP and damaged packets. */
export interface Delivery extends ArrivedPacket {
  readonly spoken: Spoken | undefined;
  readonly sort: 'media' | 'damaged' | 'rtcp';
}

/** Everything that was said, in the order of saying. */
export function speak({ seed, segments }: Scene): Spoken[] {
  const random = seededRandom(seed);
  const voice = new Sender(random, eventTypeOf(seed));
  segments.forEach((segment, index) => void voice.say(segment, index === 0));
  return voice.spoken;
}

/** A hundred packets of 60 ms may come before one that was sent earlier; no network holds a packet through a minute of silence. */
const delayMsMax = 6_000;

/** What of it arrives, in order of arrival. */
export function transmit(scene: Scene, spoken: readonly Spoken[]): Delivery[] {
  const random = seededRandom(scene.seed + 1);
  const startMs = Date.UTC(2026, 0, 1);
  const lost = new Set(
    scene.losses.flatMap(({ at, packets }) =>
      Array.from({ length: packets }, (_, n) => Math.floor(at * spoken.length) + n),
    ),
  );
  const deliveries: (Delivery & { readonly slot: number })[] = [];
  const arrive = (packet: Spoken, delay: number, delivery: Omit<Delivery, 'arrivalUs'>) => {
    let last = Math.min(spoken.length - 1, packet.index + delay);
    while (spoken[last]!.sentMs - packet.sentMs > delayMsMax) last -= 1;
    const arrivalUs = Math.round((startMs + spoken[last]!.sentMs / scene.pace) * 1000);
    // What is delayed comes after what was sent meanwhile.
    deliveries.push({ ...delivery, arrivalUs, slot: last + (last > packet.index ? 0.5 : 0) });
  };
  const delay = () => 1 + Math.floor(random.fraction() * (scene.delayPacketsMax - 1));
  for (const packet of spoken) {
    if (random.fraction() < 0.01)
      arrive(packet, 0, { bytes: Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 1]), spoken: undefined, sort: 'rtcp' });
    if (lost.has(packet.index)) continue;
    if (random.fraction() < scene.damaged) {
      arrive(packet, 0, { bytes: damage(packet.bytes, random), spoken: undefined, sort: 'damaged' });
      continue;
    }
    const delivery = { bytes: packet.bytes, spoken: packet, sort: 'media' } as const;
    arrive(packet, scene.delayPacketsMax > 1 && random.fraction() < scene.delayed ? delay() : 0, delivery);
    if (random.fraction() < scene.repeated) arrive(packet, scene.delayPacketsMax > 1 ? delay() : 0, delivery);
  }
  return deliveries.sort((a, b) => a.slot - b.slot);
}

class Sender {
  readonly spoken: Spoken[] = [];
  readonly #random: Random;
  readonly #eventType: number;
  #nowMs = 0;
  #run = 0;
  #numbering = 0;
  #ssrc = 1;
  #sequence: number;
  /** Timestamp at 0 ms. */
  #origin: number;
  #payloadType = 0;

  constructor(random: Random, eventType: number) {
    this.#random = random;
    this.#eventType = eventType;
    // Half of all scenes begin shortly before a wrap.
    this.#sequence = random.fraction() < 0.5 ? 65_536 - this.#upTo(200) : this.#upTo(65_536);
    this.#origin = random.fraction() < 0.5 ? 2 ** 32 - this.#upTo(50_000) : this.#upTo(2 ** 32);
  }

  say({ change, packetMs, talk, middle, middleMs }: Segment, first: boolean): void {
    if (!first) this.#change(change);
    this.#talk(talk[0], packetMs);
    if (middle === 'comfort-noise') this.#noise(middleMs);
    if (middle === 'telephone-event') this.#event(middleMs);
    if (middle !== 'nothing') this.#nowMs += middleMs;
    this.#talk(talk[1], packetMs);
  }

  #change(change: Change): void {
    if (placedByArrival.has(change)) this.#run++;
    if (change === 'sequence' || change === 'both' || change === 'ssrc') this.#numbering++;
    // Twice this is not yet back where it began.
    if (change === 'sequence' || change === 'both') this.#sequence += 10_000 + this.#upTo(15_000);
    if (change === 'ssrc') {
      this.#ssrc++;
      this.#sequence = this.#upTo(65_536);
    }
    // Opus has a clock of its own: to leave it is a change of clock.
    const narrow = this.#payloadType !== 111;
    if (change === 'payload-type' && narrow) this.#payloadType = this.#payloadType === 8 ? 9 : 8;
    if (change === 'clock') this.#payloadType = narrow ? 111 : 0;
    // Far enough from silence: four minutes forward at least, or back.
    if (placedByArrival.has(change))
      this.#origin += (this.#random.fraction() < 0.5 ? 1 : -1) * (12_000_000 + this.#upTo(1e9));
  }

  #talk(packets: number, packetMs: number): void {
    const opus = this.#payloadType === 111;
    const lengthMs = opus ? 20 : packetMs;
    for (let count = 0; count < packets; count++) {
      // An Opus packet says its length in its first byte: 20 ms here.
      const payload = opus ? Buffer.from([0x78, 0]) : voiceFrom(this.#nowMs, packetMs);
      this.#packet('audio', this.#payloadType, payload, lengthMs, this.#nowMs, this.#nowMs);
      this.#nowMs += lengthMs;
    }
  }

  #noise(middleMs: number): void {
    if (this.#payloadType === 111) return;
    const again = 1 + this.#upTo(3);
    for (let count = 0; count < again; count++) {
      const atMs = this.#nowMs + Math.floor((count * middleMs) / again);
      this.#packet('comfort-noise', this.#random.fraction() < 0.5 ? 13 : 19, Buffer.from([50]), 0, atMs, atMs);
    }
  }

  #event(middleMs: number): void {
    if (this.#payloadType === 111) return;
    for (let sofarMs = 20; sofarMs <= Math.min(middleMs, 400); sofarMs += 20) {
      const payload = Buffer.from([5, 10, (sofarMs * 8) >> 8, (sofarMs * 8) & 0xff]);
      this.#packet('telephone-event', this.#eventType, payload, 0, this.#nowMs, this.#nowMs + sofarMs - 20);
    }
  }

  #packet(
    kind: Spoken['kind'],
    type: number,
    payload: Uint8Array,
    lengthMs: number,
    spokenMs: number,
    sentMs: number,
  ): void {
    const rate = type === 111 ? 48 : 8;
    const fields = {
      payloadType: type,
      sequence: this.#sequence++,
      timestamp: (this.#origin + spokenMs * rate) % 2 ** 32,
      ssrc: this.#ssrc,
      marker: this.#random.fraction() < 0.1,
      csrcs: this.#random.fraction() < 0.1 ? [1, 2, 3].slice(this.#upTo(3)) : [],
      paddingBytes: this.#random.fraction() < 0.1 ? 1 + this.#upTo(20) : 0,
      ...(this.#random.fraction() < 0.1 && { extension: { profile: 0xbede, bytes: Buffer.alloc(this.#upTo(12)) } }),
    };
    const position = { run: this.#run, numbering: this.#numbering, index: this.spoken.length };
    this.spoken.push({ ...position, kind, spokenMs, lengthMs, sentMs, bytes: buildRtp(fields, payload) });
  }

  #upTo(count: number): number {
    return Math.floor(this.#random.fraction() * count);
  }
}

const voice = seededRandom(7).bytes(65_536);
/** What is said from a moment on: hardly two packets alike, so that one in the place of another is heard. */
function voiceFrom(spokenMs: number, packetMs: number): Uint8Array {
  const from = (spokenMs * 7_919) % (voice.length - packetMs * 8);
  return voice.subarray(from, from + packetMs * 8);
}

/** The packet with a false length: CSRC list, extension or padding beyond the end. */
function damage(bytes: Buffer, random: Random): Buffer {
  const header = Buffer.from(bytes.subarray(0, 12));
  const choice = Math.floor(random.fraction() * 4);
  header[0] = [0x8f, 0x90, 0xa0, 0xa0][choice]!;
  const rest = [Buffer.alloc(40), Buffer.from([0, 0, 255, 255, 1]), Buffer.from([1, 2, 0]), Buffer.from([1, 2, 200])][
    choice
  ]!;
  return Buffer.concat([header, rest]);
}
