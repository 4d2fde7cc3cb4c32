// What stands in a journal of facts: those of each subject, numbered, so that one that is repeated is known. Pure.

/** `n` numbers the facts of a subject from 1; a sum stands for all up to its number. */
export type Entry<Fact> =
  | { readonly of: string; readonly n: number; readonly fact: Fact; readonly sum?: true }
  | { readonly of: string; readonly forget: true };

/** The facts of a subject that are needed, by number, in order. */
export type NumberedFacts<Fact> = Map<number, { readonly fact: Fact; readonly sum?: true }>;

/** The entry of a fact alone, of which the JSON is there already. */
export function entryText(of: string, n: number, fact: string): string {
  return `{"of":${JSON.stringify(of)},"n":${n},"fact":${fact}}`;
}

/**
 * An entry as JSON. In a sum, which is a whole state, a Map becomes `{"$map":[[key, value] …]}`; a fact alone has none, and is
 * spared looking for them, which costs three times as much as writing it; so is a sum of which it is said that it has none.
 */
export function encodeEntry(entry: Entry<unknown>, maps: 'some' | 'none' = 'some'): string {
  const mayHaveMaps = maps === 'some' && 'sum' in entry && entry.sum === true;
  return mayHaveMaps ? JSON.stringify(entry, plain) : JSON.stringify(entry);
}

function plain(_: string, value: unknown): unknown {
  return value instanceof Map ? { $map: [...value] } : value;
}

export function decodeEntry<Fact>(text: string): Entry<Fact> {
  // Looking for maps costs several times as much as reading, and only sums have them.
  if (!text.includes('"$map"')) return JSON.parse(text);
  return JSON.parse(text, (_, value) => (isMap(value) ? new Map(value.$map) : value));
}

/** Puts entries together as they are read, in the order of their writing: later segments repeat what was still needed of those before. */
export class EntryReader<Fact> {
  readonly #bySubject = new Map<string, NumberedFacts<Fact>>();

  add(entry: Entry<Fact>): void {
    if ('forget' in entry) {
      this.#bySubject.delete(entry.of);
      return;
    }
    const { of, n, ...numbered } = entry;
    const facts: NumberedFacts<Fact> = this.#bySubject.get(of) ?? new Map();
    this.#bySubject.set(of, facts.set(n, numbered));
  }

  /** What holds at the end of all that was read. */
  get known(): ReadonlyMap<string, NumberedFacts<Fact>> {
    return new Map([...this.#bySubject].map(([of, facts]) => [of, neededOf(facts)]));
  }
}

/** From the last sum on. */
function neededOf<Fact>(facts: NumberedFacts<Fact>): NumberedFacts<Fact> {
  const inOrder = [...facts].sort(([a], [b]) => a - b);
  const from = inOrder.findLastIndex(([, { sum }]) => sum);
  return new Map(inOrder.slice(Math.max(0, from)));
}

function isMap(value: unknown): value is { readonly $map: readonly (readonly [unknown, unknown])[] } {
  return typeof value === 'object' && value !== null && '$map' in value && Array.isArray(value.$map);
}
