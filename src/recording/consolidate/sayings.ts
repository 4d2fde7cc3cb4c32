// What people said of conversations: facts as others, so that they stay with the calls they are about, whatever these turn out to be part
// of. Pure.

import type { Conversation } from './conversation.schema.ts';
import type { Fact } from './fact.ts';
import { coupleName, takeName } from './names.ts';

export interface Saying {
  readonly said: 'tagged' | 'untagged' | 'noted';
  readonly text: string;
  readonly byUser: string;
  readonly atMs: number;
}

/** Undefined of a conversation without calls and recordings: there is none. */
export function factOfSaying(conversation: Conversation, saying: Saying): Fact | undefined {
  const [about] = namesIn(conversation);
  return about === undefined ? undefined : { type: 'said', tenant: conversation.tenant, about, saying };
}

/** What was said of a conversation, in its order, by the facts it was put together of. */
export function sayingsOf(conversation: Conversation, facts: readonly Fact[]): Saying[] {
  const said = facts.flatMap((fact) => (fact.type === 'said' && fact.tenant === conversation.tenant ? [fact] : []));
  if (said.length === 0) return [];
  const names = namesIn(conversation);
  return said
    .filter(({ about }) => names.includes(about))
    .map(({ saying }) => saying)
    .sort((one, other) => one.atMs - other.atMs);
}

function namesIn({ couples, sources }: Conversation): string[] {
  return [...couples.map(({ sid }) => coupleName(sid)), ...sources.map(({ take }) => takeName(take))];
}
