// Supervision as data: what happens to an actor of each kind when it crashes, and what brings its knowledge back.
// Pure; the life of one actor (cell.ts) asks here and obeys.

import type { MailboxLimit } from './mailbox.ts';

/** How often an actor may be restarted before somebody else has to decide. */
export interface RestartBudget {
  /** Restarts allowed within `withinMs`; the next crash in that time spends the budget. */
  readonly restarts: number;
  readonly withinMs: number;
  /** Wait before the first restart; doubled for each further one within `withinMs`, up to `backoffMsMax`. */
  readonly backoffMs: number;
  readonly backoffMsMax: number;
  /**
   * What a spent budget means. `escalate` (the default): it is the parent's crash and the parent's policy holds.
   * `stop`: this actor ends, its parent is told (`whenStopped`) and its siblings feel nothing.
   */
  readonly whenSpent?: 'escalate' | 'stop';
}

interface Kind {
  /** The kind of the parent, or `process` for what a process starts itself. */
  readonly under: string;
  /** One sentence: where the knowledge that a crash loses comes from again. */
  readonly rebuiltFrom: string;
  readonly mailbox: MailboxLimit;
}

/**
 * One kind of actor. `restart`: a new state by `start`, mailbox and address kept. `stop`: it ends. `escalate`: its
 * crash is its parent's crash. In all three its children are stopped first.
 */
export type ActorKind =
  | (Kind & { readonly onCrash: 'restart'; readonly budget: RestartBudget })
  | (Kind & { readonly onCrash: 'stop' | 'escalate' });

/** All kinds of actors, by name. */
export type SupervisionTree = Readonly<Record<string, ActorKind>>;

/** Checks a tree and gives it back. Throws Error when a kind hangs in the air, in a circle, or has a senseless bound. */
export function defineTree<const Tree extends SupervisionTree>(tree: Tree): Tree {
  const kinds: SupervisionTree = tree;
  for (const [name, kind] of Object.entries(kinds)) {
    const complain = (what: string) => {
      throw new Error(`supervision tree, ${name}: ${what}`);
    };
    const seen = new Set([name]);
    for (let up = kind.under; up !== 'process'; up = kinds[up]!.under) {
      if (!kinds[up]) complain(`under "${up}", but the tree has only ${Object.keys(kinds).join(', ')} and process`);
      if (seen.has(up)) complain(`is under itself by way of ${[...seen].join(', ')}`);
      seen.add(up);
    }
    if (!(kind.mailbox.max >= 1)) complain(`mailbox.max is ${kind.mailbox.max}, allowed is 1 or more`);
    if (kind.onCrash !== 'restart') continue;
    const { restarts, withinMs, backoffMs, backoffMsMax } = kind.budget;
    if (!(restarts >= 1)) complain(`budget.restarts is ${restarts}, allowed is 1 or more (or onCrash: 'stop')`);
    if (!(withinMs > 0)) complain(`budget.withinMs is ${withinMs}, allowed is more than 0`);
    if (!(backoffMs >= 0 && backoffMsMax >= backoffMs)) complain(`back-off ${backoffMs} to ${backoffMsMax} ms`);
  }
  return tree;
}

/** What follows a crash; `spent` when a budget would not have it otherwise. */
export type CrashDecision =
  | { readonly decision: 'restart'; readonly delayMs: number; readonly restartsAtMs: readonly number[] }
  | { readonly decision: 'stop' | 'escalate'; readonly spent: boolean };

/** Decides from the monotonic times of earlier restarts; a restart carries the times that still count. */
export function decideAfterCrash(kind: ActorKind, restartsAtMs: readonly number[], nowMs: number): CrashDecision {
  if (kind.onCrash !== 'restart') return { decision: kind.onCrash, spent: false };
  const { restarts, withinMs, backoffMs, backoffMsMax, whenSpent = 'escalate' } = kind.budget;
  const counting = restartsAtMs.filter((atMs) => nowMs - atMs < withinMs);
  if (counting.length >= restarts) return { decision: whenSpent, spent: true };
  const delayMs = Math.min(backoffMsMax, backoffMs * 2 ** counting.length);
  return { decision: 'restart', delayMs, restartsAtMs: [...counting, nowMs] };
}
