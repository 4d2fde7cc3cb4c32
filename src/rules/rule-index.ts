// Finds the rules that may be about a call without trying all of them: most ask for a number, a DN, an agent or a value that begins
// with certain characters, and few calls have one that does. What is found is still tried; what is not found cannot be about the call.

import type { Condition, RuleCall } from './condition.ts';

/** Rules by a beginning that one of the texts of a field must have. */
interface FieldIndex {
  readonly lengths: number[];
  readonly rules: Map<string, number[]>;
}

export class RuleIndex {
  /** Rules that anything may be found by, in order. */
  readonly #always: number[] = [];
  readonly #fields = new Map<string, FieldIndex>();

  /** `rules`: the conditions of each rule, which is known by its place from now on. */
  constructor(rules: readonly (readonly Condition[])[]) {
    for (const [place, conditions] of rules.entries()) {
      const guards = conditions.flatMap(({ guard }) => guard ?? []);
      const [best] = guards.sort((one, other) => shortest(other.heads) - shortest(one.heads));
      if (best) for (const head of best.heads) this.#add(best.field, head, place);
      else this.#always.push(place);
    }
  }

  /** Places of the rules that may be about the call, in order; one may come twice. */
  find(call: RuleCall): readonly number[] {
    const found = [...this.#always];
    for (const [field, index] of this.#fields)
      for (const text of textsOf(call, field)) {
        for (const length of index.lengths) {
          if (length > text.length) continue;
          const rules = index.rules.get(length === text.length ? text : text.slice(0, length));
          if (rules) for (const place of rules) found.push(place);
        }
      }
    return found.sort((one, other) => one - other);
  }

  #add(field: string, head: string, place: number): void {
    const index = this.#fields.get(field) ?? { lengths: [], rules: new Map<string, number[]>() };
    this.#fields.set(field, index);
    if (!index.lengths.includes(head.length)) index.lengths.push(head.length);
    const known = index.rules.get(head);
    if (known) known.push(place);
    else index.rules.set(head, [place]);
  }
}

function shortest(heads: readonly string[]): number {
  return heads.reduce((least, { length }) => Math.min(least, length), Number.POSITIVE_INFINITY);
}

function textsOf({ calling, called, dn, agentId, data }: RuleCall, field: string): readonly string[] {
  if (field === 'number') return calling.length === 0 ? called : [...calling, ...called];
  if (field === 'dn') return [dn];
  if (field === 'agent') return agentId === undefined ? [] : [agentId];
  const key = field.slice('data '.length);
  return Object.hasOwn(data, key) ? [data[key]!] : [];
}
