// Which couples are one conversation: a question to a colleague and the call it is about, a call and the one it was
// transferred into, one call at two switches. Couples name calls; names that meet in a couple are of one conversation.

import type { Couple } from '#src/recording';
import { callsPerConversationMax, conversationId, namesOfCouple } from './names.ts';
import { Related } from './related.ts';

/** Couples of one tenant that belong together, in the order of their beginning. */
export interface CouplesTogether {
  /** The id of the conversation they are. */
  readonly id: string;
  readonly couples: readonly Couple[];
  /** More calls than may be one conversation are joined by their names: each stands for itself, and somebody should look. */
  readonly isTorn: boolean;
}

/** By the beginning of the first couple. Takes a step for each name of each couple. */
export function conversationsOf(couples: readonly Couple[], callsMax = callsPerConversationMax): CouplesTogether[] {
  const related = new Related<Couple[]>(
    () => [],
    (from, into) => void into.kept.push(...from.kept),
  );
  for (const couple of couples) related.join(namesOfCouple(couple)).kept.push(couple);
  return [...related.groups()]
    .flatMap(({ names, kept }): CouplesTogether[] => {
      const joined = kept.sort(byBeginning);
      const calls = new Map<string, Couple[]>(joined.map(({ callUuid }) => [callUuid, []]));
      if (calls.size <= callsMax) return [{ id: conversationId(names), couples: joined, isTorn: false }];
      for (const couple of joined) calls.get(couple.callUuid)!.push(couple);
      return [...calls.values()].map((ofCall) => {
        return { id: conversationId(namesOfCouple(ofCall[0]!).slice(0, 1)), couples: ofCall, isTorn: true };
      });
    })
    .sort((one, other) => byBeginning(one.couples[0]!, other.couples[0]!));
}

export function byBeginning(one: Couple, other: Couple): number {
  return one.startedMs - other.startedMs || (one.sid < other.sid ? -1 : one.sid > other.sid ? 1 : 0);
}
