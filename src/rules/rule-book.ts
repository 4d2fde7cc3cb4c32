// The rules of a tenant, compiled: given a party of a call, what is to be done, and which rule says so. Within a group the first rule
// that is about the call decides; when none does, all groups below are asked, and the strongest of their answers stands. So what a
// group decides is never overruled from below, and Admin is above all.

import { type Condition, conditionsOf, type Judged, numbersLike, type RuleCall } from './condition.ts';
import { type LocalTime, localTimeIn } from './local-time.ts';
import { RuleIndex } from './rule-index.ts';
import type { Branch, Group, Policy, Rule, RuleTree } from './rules.schema.ts';

/** What is done about a call; `nothing`: no rule is about it, so it is not recorded, and nothing keeps others from recording it. */
export interface RuleDecision {
  readonly policy: Exclude<Policy, 'ignore'> | 'nothing';
  readonly screen: boolean;
  /** The groups from Admin down and the rule that decided: `Admin / Sales / gold customers`. Absent when none did. */
  readonly rule?: string;
}

/** One step on the way to a decision, for a person. */
export interface RuleStep {
  /** `Admin / Sales`, or a rule in it. */
  readonly at: string;
  readonly outcome: 'decides' | 'ignores' | 'passes' | 'enters' | 'leaves-out';
  readonly why: string;
}

export interface RuleExplanation {
  readonly decision: RuleDecision;
  readonly steps: readonly RuleStep[];
}

export class RuleBook {
  readonly #admin: CompiledGroup;
  readonly #index: RuleIndex;
  readonly #localTime: (atMs: number) => LocalTime;

  /** `tree` has passed its schema: what it says can be compiled. */
  constructor(tree: RuleTree, { admin, index } = atOnce(compile(tree))) {
    this.#admin = admin;
    this.#index = index;
    this.#localTime = localTimeIn(tree.timeZone);
  }

  /** The same, a few rules at a time: `pause` is waited for between them, by who has calls to answer meanwhile. */
  static async compiled(tree: RuleTree, pause: () => Promise<void>): Promise<RuleBook> {
    const slices = compile(tree);
    for (let slice = slices.next(); ; slice = slices.next()) {
      if (slice.done) return new RuleBook(tree, slice.value);
      await pause();
    }
  }

  decide(call: RuleCall): RuleDecision {
    return decideIn(this.#admin, this.#judged(call), this.#index.find(call)) ?? nothing;
  }

  /** The decision with every step on the way, those that led nowhere among them. */
  explain(call: RuleCall): RuleExplanation {
    const steps: RuleStep[] = [];
    const decision = decideIn(this.#admin, this.#judged(call), undefined, (step) => steps.push(step)) ?? nothing;
    return { decision, steps };
  }

  #judged(call: RuleCall): Judged {
    let known: LocalTime | undefined;
    return {
      call,
      local: () => {
        known ??= this.#localTime(call.atMs);
        return known;
      },
    };
  }
}

const nothing: RuleDecision = { policy: 'nothing', screen: false };

interface CompiledGroup {
  readonly path: string;
  readonly sees: readonly Condition[];
  /** Place of its first rule among all of the book. */
  readonly first: number;
  readonly rules: readonly CompiledRule[];
  readonly groups: readonly CompiledGroup[];
}

interface CompiledRule {
  readonly path: string;
  readonly policy: Policy;
  readonly conditions: readonly Condition[];
  readonly decision: RuleDecision;
}

interface CompiledBook {
  readonly admin: CompiledGroup;
  readonly index: RuleIndex;
}

/** Compiled between two pauses. */
const rulesAtATime = 10;

function* compile({ admin }: RuleTree): Generator<void, CompiledBook> {
  const rules: CompiledRule[] = [];
  const compiled = yield* compileGroup({ ...admin, name: 'Admin' }, '', rules);
  return { admin: compiled, index: new RuleIndex(rules.map(({ conditions }) => conditions)) };
}

function atOnce<Value>(slices: Generator<void, Value>): Value {
  for (let slice = slices.next(); ; slice = slices.next()) if (slice.done) return slice.value;
}

/** `all`: the rules of the book as far as it is compiled, to which those of the group are added. */
function* compileGroup(
  { name, numbers, rules, groups }: Branch & Pick<Group, 'name'>,
  above: string,
  all: CompiledRule[],
): Generator<void, CompiledGroup> {
  const path = `${above}${name}`;
  const first = all.length;
  const compiled: CompiledRule[] = [];
  for (const rule of rules.filter(({ active }) => active)) {
    if (compiled.length % rulesAtATime === 0) yield;
    compiled.push(compileRule(rule, path));
  }
  all.push(...compiled);
  const below: CompiledGroup[] = [];
  for (const group of groups) below.push(yield* compileGroup(group, `${path} / `, all));
  return { path, sees: numbersLike(numbers), first, rules: compiled, groups: below };
}

function compileRule(rule: Rule, above: string): CompiledRule {
  const { policy, screen } = rule;
  const path = `${above} / ${rule.name}`;
  const decision = policy === 'ignore' ? nothing : { policy, screen, rule: path };
  return { path, policy, conditions: conditionsOf(rule, path), decision };
}

type Tell = (step: RuleStep) => void;

/** `found`: places of the rules that may be about the call; without it all are tried, so that each step can be told. */
function decideIn(
  group: CompiledGroup,
  judged: Judged,
  found: readonly number[] | undefined,
  tell?: Tell,
): RuleDecision | undefined {
  const { path, sees, groups } = group;
  const blind = failing(sees, judged);
  if (blind) {
    tell?.({ at: path, outcome: 'leaves-out', why: blind.fails(judged) });
    return undefined;
  }
  tell?.({ at: path, outcome: 'enters', why: sees.length === 0 ? 'sees every call' : 'sees this call' });
  for (const rule of found ? among(found, group) : group.rules) {
    const failed = failing(rule.conditions, judged);
    if (failed) {
      tell?.({ at: rule.path, outcome: 'passes', why: failed.fails(judged) });
      continue;
    }
    if (rule.policy !== 'ignore') {
      tell?.({ at: rule.path, outcome: 'decides', why: rule.policy });
      return rule.decision;
    }
    tell?.({ at: rule.path, outcome: 'ignores', why: 'on to the groups below' });
    break;
  }
  let best: RuleDecision | undefined;
  for (const below of groups) {
    const decision = decideIn(below, judged, found, tell);
    if (decision && (!best || strength(decision) > strength(best))) best = decision;
  }
  return best;
}

/** Those of the found rules that are the group's. */
function among(found: readonly number[], { first, rules }: CompiledGroup): readonly CompiledRule[] {
  const own: CompiledRule[] = [];
  for (let index = lowest(found, first); index < found.length && found[index]! < first + rules.length; index++) {
    own.push(rules[found[index]! - first]!);
  }
  return own;
}

/** Where the first place stands that is not below `least`. */
function lowest(places: readonly number[], least: number): number {
  let [from, to] = [0, places.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (places[middle]! < least) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** A loop, for it runs for every rule of every call. */
function failing(conditions: readonly Condition[], judged: Judged): Condition | undefined {
  for (const condition of conditions) if (!condition.holds(judged)) return condition;
  return undefined;
}

const ranks: Readonly<Record<RuleDecision['policy'], number>> = {
  nothing: 0,
  'do-not-record': 1,
  'pre-record': 2,
  record: 3,
};

/** Of groups beside each other; of equal policies the one that captures the screen, else the one that stands first. */
function strength({ policy, screen }: RuleDecision): number {
  return ranks[policy] * 2 + (screen ? 1 : 0);
}
