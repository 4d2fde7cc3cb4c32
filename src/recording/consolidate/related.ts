// Things that share a name belong together, and so do those that share one with them. In which order they come, and how often, makes
// no difference. Pure; takes a step for each name, and log₂ of them when groups are poured together.

export interface Group<Kept> {
  /** All names by which its things go. */
  readonly names: ReadonlySet<string>;
  /** What is kept of them. */
  readonly kept: Kept;
}

interface GrowingGroup<Kept> extends Group<Kept> {
  readonly names: Set<string>;
}

export class Related<Kept> {
  readonly #groups = new Map<string, GrowingGroup<Kept>>();
  readonly #begin: () => Kept;
  readonly #pour: (from: Group<Kept>, into: Group<Kept>) => void;

  /** `begin` makes what is kept of a new group; `pour` moves what is kept of one group into another, which stays. */
  constructor(begin: () => Kept, pour: (from: Group<Kept>, into: Group<Kept>) => void) {
    this.#begin = begin;
    this.#pour = pour;
  }

  /** All groups, in no order that means anything. */
  groups(): Set<Group<Kept>> {
    return new Set(this.#groups.values());
  }

  /** The group that goes by this name. */
  of(name: string): Group<Kept> | undefined {
    return this.#groups.get(name);
  }

  /** The group of all that go by one of these names, which from now on is one; a new one when there was none. */
  join(names: readonly string[]): Group<Kept> {
    const met = [...new Set(names.flatMap((name) => this.#groups.get(name) ?? []))];
    const group = met.reduce<GrowingGroup<Kept> | undefined>(
      (most, one) => (most && most.names.size >= one.names.size ? most : one),
      undefined,
    ) ?? { names: new Set(), kept: this.#begin() };
    for (const other of met) {
      if (other === group) continue;
      this.#pour(other, group);
      this.#name(group, other.names);
    }
    this.#name(group, names);
    return group;
  }

  /** Its names mean nothing any more. */
  forget(group: Group<Kept>): void {
    for (const name of group.names) this.#groups.delete(name);
  }

  #name(group: GrowingGroup<Kept>, names: Iterable<string>): void {
    for (const name of names) {
      group.names.add(name);
      this.#groups.set(name, group);
    }
  }
}
