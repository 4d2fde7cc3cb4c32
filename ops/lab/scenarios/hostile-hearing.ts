// Whether enough is said in a call of a hostile site: everybody talks on until each recording that must come is there, and has
// something of both its sides. A party that is told of late is asked for late; who hung up by then would be missed in its recording,
// and nobody to blame. Pure.

import type { ConferenceReport } from '#ops/lab/media-server';
import type { ExpectedCouple } from './scenario.ts';

export type Session = ConferenceReport['recordings'][number]['sessions'][number];

/** What stands of a call, and of the one in which somebody is asked about it. */
export interface Hearing {
  readonly calls: readonly {
    readonly callUuid: string;
    readonly isConsult: boolean;
    readonly dns: readonly string[];
  }[];
  readonly recordings: readonly {
    readonly callUuid: string;
    readonly dn: string;
    readonly sessions: readonly Session[];
  }[];
}

/** Packets of each side to each recorder: something to hear, or more than it takes to believe that a peer sends from another port. */
const [packetsMin, strayedPacketsMin] = [30, 170];

/** `couples`: those that must come. `wanted`: DNs that somebody else wants recorded, which then counts for who talks with them. */
export function isEnoughSaid(
  couples: readonly ExpectedCouple[],
  { calls, recordings }: Hearing,
  wanted: ReadonlySet<string>,
  strays: boolean,
): boolean {
  const isThere = ({ dn, callType }: ExpectedCouple) =>
    calls
      .filter(({ dns, isConsult }) => isConsult === (callType === 'consult') && dns.includes(dn))
      .every(({ callUuid }) =>
        recordings.some((one) => one.callUuid === callUuid && (one.dn === dn || wanted.has(one.dn))),
      );
  // What is to be discarded may be gone already.
  const awaited = couples.filter(({ standing }) => standing !== 'discarded');
  const least = strays ? strayedPacketsMin : packetsMin;
  const isHeard = ({ phase, packets }: Session) => phase === 'gone' || Math.min(...packets) >= least;
  return awaited.every(isThere) && recordings.every(({ sessions }) => sessions.every(isHeard));
}
