// Facts of all cores and all recorders, in any order and any number of times, become conversations, each of them once. The same facts
// give the same conversations to whoever puts them together. Pure.

import type { Conversation } from './conversation.schema.ts';
import { type Fact, isLater, keyOf, keysOf, namesOf } from './fact.ts';
import { aliasesOf, callsPerConversationMax, conversationId, namesOfCouple } from './names.ts';
import { withOwners } from './owners.ts';
import { putTogether } from './put-together.ts';
import { type Group, Related } from './related.ts';

/** All conversations of which the facts tell, in the order of their beginning. */
export function consolidate(facts: Iterable<Fact>, callsMax = callsPerConversationMax): Conversation[] {
  const consolidation = new Consolidation(callsMax);
  for (const fact of facts) consolidation.add(fact);
  return consolidation
    .takeChanged()
    .flatMap(({ conversations }) => conversations)
    .sort(byBeginning);
}

/** What belongs together, and what it is. */
export interface Consolidated {
  /** One; more when they are torn or tenants speak of one take, none when the facts tell of none yet. */
  readonly conversations: readonly Conversation[];
  /** Every name by which another fact may turn out to belong to it, as `keysOf` gives them. */
  readonly names: readonly string[];
  /** What it was put together of: enough to do so again. */
  readonly facts: readonly Fact[];
}

type Facts = Map<string, Fact>;

/**
 * The same for who gets facts one by one and wants to hear what has changed. Holds what it was given until it is told to forget it.
 * Who has made it forget something keeps `facts` by `names`, and gives back those that go by one of `keysOf(fact)` before a new fact.
 */
export class Consolidation {
  readonly #callsMax: number;
  readonly #related = new Related<Facts>(
    () => new Map(),
    (from, into) => {
      for (const fact of from.kept.values()) keep(into.kept, fact);
      this.#changed.delete(from);
      this.#heardMs.delete(from);
    },
  );
  readonly #changed = new Set<Group<Facts>>();
  /** When something was added to each, those of which nothing was heard for longest first. */
  readonly #heardMs = new Map<Group<Facts>, number>();

  constructor(callsMax = callsPerConversationMax) {
    this.#callsMax = callsMax;
  }

  add(fact: Fact, nowMs = 0): void {
    const names = keysOf(fact);
    const known = this.#related.of(names[0]!);
    const isOne = known !== undefined && names.every((name) => known.names.has(name));
    const group = isOne ? known : this.#related.join(names);
    const isNew = keep(group.kept, fact);
    const isTold = fact.type !== 'audio' && fact.type !== 'said';
    if ((isNew && isTold) || !isOne) this.#changed.add(group);
    this.#heardMs.delete(group);
    this.#heardMs.set(group, nowMs);
  }

  /** What it knows under the key of this fact. */
  like(fact: Fact): Fact | undefined {
    return this.#related.of(keysOf(fact)[0]!)?.kept.get(keyOf(fact));
  }

  has(name: string): boolean {
    return this.#related.of(name) !== undefined;
  }

  /** All that it holds, that of which nothing was heard for longest first, and when that was. Without what {@link takeChanged} is to give. */
  *quiet(): Generator<{
    readonly heardMs: number;
    readonly names: ReadonlySet<string>;
    readonly facts: readonly Fact[];
  }> {
    for (const [group, heardMs] of this.#heardMs) {
      if (!this.#changed.has(group)) yield { heardMs, names: group.names, facts: [...group.kept.values()] };
    }
  }

  /** All that it holds, as it is now. */
  *all(): Generator<Consolidated> {
    for (const group of this.#heardMs.keys()) yield this.#consolidated(group);
  }

  /** Some of what it holds, by the least of its names: those behind `after`. */
  page(after: string, groupsMax: number): Consolidated[] {
    const behind = [...this.#heardMs.keys()].flatMap((group): [string, Group<Facts>][] => {
      const least = leastOf(group.names);
      return least > after ? [[least, group]] : [];
    });
    behind.sort(([one], [other]) => (one < other ? -1 : 1));
    return behind.slice(0, groupsMax).map(([, group]) => this.#consolidated(group));
  }

  /** What has changed since it was asked last; what was joined to something else is part of that. */
  takeChanged(): Consolidated[] {
    const changed = [...this.#changed].map((group) => this.#consolidated(group));
    this.#changed.clear();
    return changed;
  }

  /** What goes by a name, as `keysOf` gives them. */
  of(name: string): Consolidated | undefined {
    const group = this.#related.of(name);
    return group && this.#consolidated(group);
  }

  /** Lets go of what goes by this name. */
  forget(name: string): void {
    const group = this.#related.of(name);
    if (!group) return;
    this.#related.forget(group);
    this.#changed.delete(group);
    this.#heardMs.delete(group);
  }

  #consolidated({ names, kept }: Group<Facts>): Consolidated {
    const facts = [...kept.values()];
    const conversations = byTenant(withOwners(facts)).flatMap((one) => conversationsIn(one, this.#callsMax));
    return { conversations, names: [...names].sort(), facts };
  }
}

function leastOf(names: Iterable<string>): string {
  let least: string | undefined;
  for (const name of names) if (least === undefined || name < least) least = name;
  return least!;
}

interface Part {
  readonly names: ReadonlySet<string>;
  readonly facts: readonly Fact[];
}

/** What belongs together within each tenant. */
function byTenant(facts: readonly Fact[]): Part[] {
  const related = new Related<Fact[]>(
    () => [],
    (from, into) => void into.kept.push(...from.kept),
  );
  for (const fact of facts) related.join(namesOf(fact)).kept.push(fact);
  return [...related.groups()].map(({ names, kept }) => ({ names, facts: kept }));
}

function conversationsIn({ names, facts }: Part, callsMax: number): Conversation[] {
  const calls = new Set(facts.flatMap((fact) => (fact.type === 'couple' ? [fact.couple.callUuid] : [])));
  const parts = calls.size > callsMax ? torn(facts) : [{ names, facts, isTorn: false }];
  return parts.flatMap((part) => {
    const named = { conversation: conversationId(part.names), aliases: aliasesOf(part.names), isTorn: part.isTorn };
    return putTogether(named, part.facts) ?? [];
  });
}

/** Whether that is new. */
function keep(facts: Facts, fact: Fact): boolean {
  const key = keyOf(fact);
  const known = facts.get(key);
  if (known && !isLater(fact, known)) return false;
  facts.set(key, fact);
  return true;
}

/** Each call by itself, with what is known of its recordings; and each recording that belongs to no call, or to several. */
function torn(facts: readonly Fact[]): (Part & { readonly isTorn: true })[] {
  const calls = new Map<string, Set<string>>();
  for (const fact of facts) {
    if (fact.type !== 'couple') continue;
    for (const name of ownNames(fact)) calls.set(name, (calls.get(name) ?? new Set()).add(fact.couple.callUuid));
  }
  const related = new Related<Fact[]>(
    () => [],
    (from, into) => void into.kept.push(...from.kept),
  );
  const [parts, remarks] = [facts.filter(isPart), facts.filter((fact) => !isPart(fact))];
  for (const fact of parts) {
    const names = ownNames(fact);
    const single = names.filter((name) => (calls.get(name)?.size ?? 1) === 1);
    related.join(single.length > 0 ? single : names.slice(-1)).kept.push(fact);
  }
  for (const fact of remarks) {
    const meant = new Set(namesOf(fact).flatMap((name) => related.of(name) ?? []));
    for (const { kept } of meant) kept.push(fact);
  }
  return [...related.groups()].map(({ names, kept }) => ({ names, facts: kept, isTorn: true }));
}

function isPart({ type }: Fact): boolean {
  return type === 'couple' || type === 'manifest';
}

/** Without those that say with which others a call belongs together: connection ids, and calls that it is part of. */
function ownNames(fact: Fact): string[] {
  if (fact.type !== 'couple') return namesOf(fact);
  const { partOf, ...couple } = fact.couple;
  return namesOfCouple({ ...couple, connIds: [] });
}

function byBeginning(one: Conversation, other: Conversation): number {
  return one.startedMs - other.startedMs || (one.conversation < other.conversation ? -1 : 1);
}
