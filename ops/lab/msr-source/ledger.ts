// The sender's ledger: every packet that left, so that loss is judged by who sent and not by who claims to have recorded.
// It must never learn anything from the recorder.

/** One packet that was sent. `digest` is {@link payloadDigest} of its payload. */
export interface SentPacket {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly digest: number;
  /** When it left, monotonic. */
  readonly atMs: number;
}

/** A packet as it was recorded or received. */
export interface ReceivedPacket {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** What a comparison found. Counts are of distinct packets. */
export interface LedgerComparison {
  readonly sent: number;
  /** Sent, and recorded with the same payload. */
  readonly recorded: number;
  /** Sent, but not recorded; `sent` = `recorded` + `missing`. */
  readonly missing: number;
  /** Recorded, but never sent so: of another source, or with another payload. */
  readonly extra: number;
  /** Recorded more than once beyond the first time (a packet sent twice may be recorded twice). */
  readonly repeated: number;
  /** The first of each kind, at most {@link examplesMax}. */
  readonly examples: { readonly missing: readonly SentPacket[]; readonly extra: readonly ReceivedPacket[] };
}

/** How many missing and extra packets a comparison names. */
export const examplesMax = 10;

/** A growing list of sent packets, 24 bytes each: an hour of two parties is 9 MB. */
export class Ledger {
  #numbers = new Uint32Array(4 * 256);
  #timesMs = new Float64Array(256);
  #count = 0;

  /** Packets sent, those sent twice counted twice. */
  get count(): number {
    return this.#count;
  }

  add({ ssrc, sequence, timestamp, digest, atMs }: SentPacket): void {
    const at = 4 * this.#count;
    if (at === this.#numbers.length) {
      const larger = new Uint32Array(2 * at);
      larger.set(this.#numbers);
      this.#numbers = larger;
      const later = new Float64Array(2 * this.#count);
      later.set(this.#timesMs);
      this.#timesMs = later;
    }
    this.#timesMs[this.#count] = atMs;
    this.#numbers[at] = ssrc;
    this.#numbers[at + 1] = sequence;
    this.#numbers[at + 2] = timestamp;
    this.#numbers[at + 3] = digest;
    this.#count += 1;
  }

  /** The packet that left last. */
  get last(): SentPacket | undefined {
    return this.#count === 0 ? undefined : this.#at(this.#count - 1);
  }

  /** The packets in the order in which they left. */
  *[Symbol.iterator](): Generator<SentPacket> {
    for (let index = 0; index < this.#count; index += 1) yield this.#at(index);
  }

  #at(index: number): SentPacket {
    const field = (offset: number) => this.#numbers[4 * index + offset]!;
    const atMs = this.#timesMs[index]!;
    return { ssrc: field(0), sequence: field(1), timestamp: field(2), digest: field(3), atMs };
  }
}

/** Compares what was sent with what was recorded. Packets are matched by SSRC, sequence number, timestamp and payload. */
export function compareLedger(sent: Iterable<SentPacket>, received: Iterable<ReceivedPacket>): LedgerComparison {
  const expected = new Map<number, Map<number, { readonly packet: SentPacket; recorded: boolean }>>();
  let distinct = 0;
  for (const packet of sent) {
    const ofSource = expected.get(packet.ssrc) ?? new Map();
    expected.set(packet.ssrc, ofSource);
    if (ofSource.has(numberOf(packet))) continue;
    ofSource.set(numberOf(packet), { packet, recorded: false });
    distinct += 1;
  }
  let [recorded, extra, repeated] = [0, 0, 0];
  const extraExamples: ReceivedPacket[] = [];
  for (const packet of received) {
    const match = expected.get(packet.ssrc)?.get(numberOf(packet));
    if (!match || match.packet.digest !== payloadDigest(packet.payload)) {
      extra += 1;
      if (extraExamples.length < examplesMax) extraExamples.push(packet);
    } else if (match.recorded) {
      repeated += 1;
    } else {
      match.recorded = true;
      recorded += 1;
    }
  }
  const missing = [...missingOf(expected)];
  const examples = { missing: missing.slice(0, examplesMax), extra: extraExamples };
  return { sent: distinct, recorded, missing: missing.length, extra, repeated, examples };
}

/** FNV-1a over 32 bits: cheap enough for every packet; it guards against mix-ups, not against forgery. */
export function payloadDigest(payload: Uint8Array): number {
  let digest = 0x811c9dc5;
  for (let index = 0; index < payload.length; index += 1) digest = Math.imul(digest ^ payload[index]!, 0x01000193);
  return digest >>> 0;
}

/** Sequence number and timestamp in one number of 48 bits: together they do not come again while a call lasts. */
function numberOf(packet: { readonly sequence: number; readonly timestamp: number }): number {
  return packet.timestamp * 65_536 + packet.sequence;
}

function* missingOf(expected: ReadonlyMap<number, ReadonlyMap<number, { packet: SentPacket; recorded: boolean }>>) {
  for (const ofSource of expected.values()) {
    for (const { packet, recorded } of ofSource.values()) if (!recorded) yield packet;
  }
}
