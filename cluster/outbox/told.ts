// A fact as it stands in a stream, with who tells it and where. Pure.
//
//     writer  who tells it
//     offset  its number among all that this writer tells in this stream, from 1
//     after   nothing of this writer counts that stands between this offset and its own
//     couple | finished    JSON of what it says

import { type Fact, readFact } from './fact.schema.ts';

/** Where a fact stands with who tells it. */
export interface Told {
  /** `node/process/since`: of one process the name with the later `since` (base 36) has taken over from the earlier. */
  readonly writer: string;
  readonly offset: number;
  readonly after: number;
}

/** The fields of an entry, one by one. Throws when they are no fact. */
export function readTold(fields: readonly string[]): Told & { readonly fact: Fact } {
  const named = new Map<string, string>();
  for (let at = 0; at + 1 < fields.length; at += 2) named.set(fields[at]!, fields[at + 1]!);
  const [writer, offset, after] = [named.get('writer'), Number(named.get('offset')), Number(named.get('after'))];
  if (!writer || !Number.isSafeInteger(offset) || !Number.isSafeInteger(after))
    throw new Error('the entry does not say who tells it, and where');
  const type = named.has('couple') ? 'couple' : 'finished';
  const text = named.get(type);
  if (text === undefined) throw new Error('the entry holds no fact of a known type');
  return { writer, offset, after, fact: readFact(type, text) };
}
