// Which couples belong to what is being played, by what a step may mean them. Pure.

import type { Couple } from '#src/recording';

/**
 * Not those of earlier scenarios (`known`, by sid), nor those of calls that never were, though a hostile telephony side told of them
 * (`foreign`, by CallUUID): there is nothing of theirs to pause.
 */
export function isOwn(known: ReadonlySet<string>, foreign: ReadonlySet<string> = new Set()) {
  return ({ sid, callUuid }: Pick<Couple, 'sid' | 'callUuid'>): boolean => !known.has(sid) && !foreign.has(callUuid);
}
