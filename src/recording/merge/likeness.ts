// Which numberings of several copies number the same packets, and how the numbers of one become those of the other. A packet that went to
// two recorders carries the same numbers; one that was sent anew to each carries only the same payload.

import { type Copy, type Numbering, noNumbering } from './copy.ts';
import { Table } from './table.ts';

/** `other` numbers the packets of `one`: its numbers, and these added, are those of `one`, modulo their width. */
export interface Likeness {
  readonly one: Numbering;
  readonly other: Numbering;
  readonly sequences: number;
  readonly timestamps: number;
  /** Packets that show it. */
  packets: number;
  /** Arrival in `one` less arrival in `other`, of some of these packets. */
  readonly differencesMs: number[];
}

/** Fewer payloads that are the same in two copies, as far apart by number, may be chance. */
const payloadsMin = 8;
/** Arrivals compared; more make nothing more precise. */
const differencesMax = 1_000;

/** Takes a step for each packet. Copies that come first are asked first. */
export function likenesses(copies: readonly Copy[]): Likeness[] {
  if (copies.length < 2) return [];
  const byNumber = new Likenesses();
  const unmatched = matchNumbers(copies, byNumber);
  const found = byNumber.all();
  const matched = new Set(found.flatMap(({ one, other }) => [one, other]));
  const isLeft = copies.some(({ numberings }) =>
    numberings.some((numbering) => !matched.has(numbering) && numbering.packets >= payloadsMin),
  );
  if (!isLeft) return found;
  const byPayload = new Likenesses();
  matchPayloads(copies, unmatched, byPayload);
  return [...found, ...byPayload.all().filter(({ packets }) => packets >= payloadsMin)];
}

/** Packets of the same SSRC, numbers and payload. Returns, for each copy, which of its packets are in no copy before it. */
function matchNumbers(copies: readonly Copy[], found: Likenesses): Uint8Array[] {
  const known = new Map<number, Table>();
  const bases = basesOf(copies);
  return copies.map((copy, index) => {
    const unmatched = new Uint8Array(copy.length);
    for (let at = 0; at < copy.length; at += 1) {
      const numbering = copy.numberings[copy.numbering[at]!];
      if (!numbering) continue;
      const ofSource = known.get(numbering.ssrc) ?? new Table();
      if (ofSource.size === 0) known.set(numbering.ssrc, ofSource);
      const number = copy.number[at]!;
      const before = ofSource.get(number);
      if (before === undefined) {
        ofSource.set(number, bases[index]! + at);
        unmatched[at] = 1;
        continue;
      }
      if (before >= bases[index]!) continue;
      const [other, otherAt] = placeOf(before, copies, bases);
      if (other.digest[otherAt] === copy.digest[at]) found.note(other, otherAt, copy, at, 0, 0);
      else unmatched[at] = 1;
    }
    return unmatched;
  });
}

/** More than once. */
const twice = 2 ** 31 - 1;

/** Packets of the same payload, where each copy has that payload once: silence, which is everywhere the same, says nothing. */
function matchPayloads(copies: readonly Copy[], unmatched: readonly Uint8Array[], found: Likenesses): void {
  const known = new Table();
  const bases = basesOf(copies);
  for (const [index, copy] of copies.entries()) {
    const own = new Table();
    for (let at = 0; at < copy.length; at += 1) {
      if (copy.numbering[at] === noNumbering) continue;
      const digest = copy.digest[at]!;
      own.set(digest, own.get(digest) === undefined ? at : twice);
    }
    for (let at = 0; at < copy.length; at += 1) {
      if (copy.numbering[at] === noNumbering) continue;
      const digest = copy.digest[at]!;
      const before = known.get(digest);
      if (own.get(digest) === twice) known.set(digest, twice);
      else if (before === undefined) known.set(digest, bases[index]! + at);
      else if (before !== twice && unmatched[index]![at]) {
        const [other, otherAt] = placeOf(before, copies, bases);
        const [number, otherNumber] = [copy.number[at]!, other.number[otherAt]!];
        const sequences = (otherNumber - number) & 0xffff;
        const timestamps = (Math.floor(otherNumber / 0x10000) - Math.floor(number / 0x10000)) >>> 0;
        found.note(other, otherAt, copy, at, sequences, timestamps);
      }
    }
  }
}

/** Where the packets of each copy begin when all are counted through. */
function basesOf(copies: readonly Copy[]): number[] {
  let base = 0;
  return copies.map(({ length }) => {
    base += length;
    return base - length;
  });
}

function placeOf(index: number, copies: readonly Copy[], bases: readonly number[]): [Copy, number] {
  let of = 0;
  while (of + 1 < bases.length && bases[of + 1]! <= index) of += 1;
  return [copies[of]!, index - bases[of]!];
}

/** Counts what is alike. Packets that follow one another are mostly alike in the same way. */
class Likenesses {
  readonly #found = new Map<string, Likeness>();
  readonly #ids = new Map<Numbering, number>();
  #last: Likeness | undefined;

  all(): Likeness[] {
    return [...this.#found.values()];
  }

  note(one: Copy, oneAt: number, other: Copy, otherAt: number, sequences: number, timestamps: number): void {
    const a = one.numberings[one.numbering[oneAt]!]!;
    const b = other.numberings[other.numbering[otherAt]!]!;
    let likeness = this.#last;
    if (
      likeness?.one !== a ||
      likeness.other !== b ||
      likeness.sequences !== sequences ||
      likeness.timestamps !== timestamps
    ) {
      const key = `${this.#idOf(a)} ${this.#idOf(b)} ${sequences} ${timestamps}`;
      likeness = this.#found.get(key) ?? { one: a, other: b, sequences, timestamps, packets: 0, differencesMs: [] };
      this.#found.set(key, likeness);
      this.#last = likeness;
    }
    likeness.packets += 1;
    if (likeness.differencesMs.length < differencesMax)
      likeness.differencesMs.push(one.arrivalMs[oneAt]! - other.arrivalMs[otherAt]!);
  }

  #idOf(numbering: Numbering): number {
    const id = this.#ids.get(numbering) ?? this.#ids.size;
    this.#ids.set(numbering, id);
    return id;
  }
}
