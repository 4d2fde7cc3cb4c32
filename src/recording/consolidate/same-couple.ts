// Which words are about one couple, though cores name it differently: media begins a couple before any event has named its party, or where
// none ever does, because a core cannot reach the telephony server. Pure.

import type { Couple } from '#src/recording';
import { Related } from './related.ts';
import type { Word } from './words.ts';

/** The words on each couple, with all its sids. `said`: pairs of sids of which somebody says that they mean one. */
export function wordsByCouple(
  words: readonly Word[],
  said: readonly (readonly string[])[],
): { readonly sids: ReadonlySet<string>; readonly words: readonly Word[] }[] {
  const couples = new Related<Word[]>(
    () => [],
    (from, into) => void into.kept.push(...from.kept),
  );
  for (const sids of said) couples.join(sids);
  for (const word of words) couples.join([word.couple.sid, ...(word.couple.sameAs ?? [])]).kept.push(word);
  const nameless = words.filter(({ couple }) => couple.partyUuid === undefined && couple.sameAs === undefined);
  for (const { couple } of nameless) {
    const [named, ...others] = namedFor(couple, words);
    if (named !== undefined && others.length === 0) couples.join([couple.sid, named]);
  }
  return [...couples.groups()]
    .map(({ names, kept }) => ({ sids: names, words: kept }))
    .filter((one) => one.words.length > 0);
}

/**
 * Sids of couples of the same party that have one of its takes, and a name. Who tells of both means two: a recording client's first pair of
 * parties has no name, the others have.
 */
function namedFor(nameless: Couple, words: readonly Word[]): string[] {
  const writers = new Set(words.flatMap(({ writer, couple }) => (couple.sid === nameless.sid ? [writer] : [])));
  const takes = new Set(nameless.takes.map(({ take }) => take));
  const named = words.filter(({ couple: { partyUuid, callUuid, dn, takes: its } }) => {
    const isOfParty = partyUuid !== undefined && callUuid === nameless.callUuid && dn === nameless.dn;
    return isOfParty && its.some(({ take }) => takes.has(take));
  });
  const sids = new Set(named.map(({ couple }) => couple.sid));
  return [...sids].filter((sid) => !words.some(({ writer, couple }) => couple.sid === sid && writers.has(writer)));
}
