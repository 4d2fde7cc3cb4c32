// Which couples are one conversation: a question to a colleague and the call it is about, a call and the one it was
// transferred into, one call at two switches. Couples name calls; names that meet in a couple are of one conversation. In which
// order couples come, and how often, makes no difference.

import { nameOf } from '#src/ids';
import type { Couple } from './couple.schema.ts';

/** A name of a call in `partOf`: by its CallUUID. */
export function callName(callUuid: string): string {
  return `call ${callUuid}`;
}

/** By a connection id, which a call keeps from one switch to the next, where it gets another CallUUID. */
export function connName(connId: string): string {
  return `conn ${connId}`;
}

/** Couples of one tenant that belong together, in the order of their beginning. */
export interface Conversation {
  /** From the smallest name of a call in it: the same wherever the same is known. */
  readonly id: string;
  readonly couples: readonly Couple[];
  /** More calls than may be one conversation are joined by these names: each stands for itself, and somebody should look. */
  readonly isTorn: boolean;
}

/** A day's transfers of one customer, and more; a switch that gives one id to all calls joins no further. */
export const callsPerConversationMax = 100;

/** Conversations by the beginning of their first couple. Takes a step for each name of each couple. */
export function conversationsOf(couples: readonly Couple[], callsMax = callsPerConversationMax): Conversation[] {
  const names = new Names();
  for (const couple of couples) {
    const own = scoped(couple, callName(couple.callUuid));
    for (const other of [...couple.connIds.map(connName), ...(couple.partOf ?? [])])
      names.join(own, scoped(couple, other));
  }
  const components = grouped([...couples].sort(byBeginning), (couple) =>
    names.smallest(scoped(couple, callName(couple.callUuid))),
  );
  return [...components].flatMap(([name, joined]): Conversation[] => {
    const calls = grouped(joined, ({ callUuid }) => callUuid);
    if (calls.size <= callsMax) return [{ id: idOf(name), couples: joined, isTorn: false }];
    return [...calls.values()].map((ofCall) => {
      const { callUuid } = ofCall[0]!;
      return { id: idOf(scoped(ofCall[0]!, callName(callUuid))), couples: ofCall, isTorn: true };
    });
  });
}

/** Names of two tenants never meet. */
function scoped({ tenant }: Couple, name: string): string {
  return JSON.stringify([tenant, name]);
}

function idOf(name: string): string {
  return nameOf('conversation', name);
}

function byBeginning(one: Couple, other: Couple): number {
  return one.startedMs - other.startedMs || (one.sid < other.sid ? -1 : 1);
}

function grouped(couples: readonly Couple[], keyOf: (couple: Couple) => string): Map<string, Couple[]> {
  const groups = new Map<string, Couple[]>();
  for (const couple of couples) {
    const group = groups.get(keyOf(couple));
    if (group) group.push(couple);
    else groups.set(keyOf(couple), [couple]);
  }
  return groups;
}

/** Names that mean one thing, and the smallest of each set: union-find. */
class Names {
  readonly #above = new Map<string, string>();

  join(one: string, other: string): void {
    const [a, b] = [this.smallest(one), this.smallest(other)];
    if (a < b) this.#above.set(b, a);
    else if (b < a) this.#above.set(a, b);
  }

  smallest(name: string): string {
    let root = name;
    for (let above = this.#above.get(root); above !== undefined; above = this.#above.get(root)) root = above;
    // The way is short from now on.
    for (let step = name; step !== root; ) {
      const above = this.#above.get(step)!;
      this.#above.set(step, root);
      step = above;
    }
    return root;
  }
}
