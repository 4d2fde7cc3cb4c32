// Rendezvous hashing (Thaler and Ravishankar, 1998): everybody who hashes the same id with the same members puts these in the same order,
// without asking anybody. When a member goes, only what was its own moves, evenly to all others.

import { hash } from 'node:crypto';

/** `members` in the order in which `id` prefers them; they are told apart by `key`, which is the same wherever it is configured. */
export function preferred<Member extends { readonly key: string }>(id: string, members: readonly Member[]): Member[] {
  const weighed = members.map((member) => ({ member, weight: weightOf(id, member.key) }));
  weighed.sort((one, other) => other.weight - one.weight || (one.member.key < other.member.key ? -1 : 1));
  return weighed.map(({ member }) => member);
}

/** 48 bits, drawn evenly. The length before the id keeps `a`, `bc` and `ab`, `c` apart. */
function weightOf(id: string, key: string): number {
  return hash('sha256', `${id.length}:${id}${key}`, 'buffer').readUIntBE(0, 6);
}
