// What consolidation puts together: words of cores on couples, manifests of finished takes, and what somebody or something found out
// about them. Each says the same for ever, and may come at any time and any number of times.

import { type Couple, callName, type ManifestFacts } from '#src/recording';
import type { Conversation, Source } from './conversation.schema.ts';
import { coupleName, namesOfCouple, recordingName, type Scope, scoped, scopedButTakes, takeName } from './names.ts';
import type { Saying } from './sayings.ts';
import type { ToldClock } from './sources.ts';

export type Fact =
  /** What a core knows of a couple. Of the words of one writer on one couple that with the highest offset counts. */
  | { readonly type: 'couple'; readonly writer: string; readonly offset: number; readonly couple: Couple }
  /** A finished take whose packets are here. */
  | { readonly type: 'manifest'; readonly manifest: ManifestFacts }
  /** Two ids that mean one couple. */
  | { readonly type: 'same-as'; readonly tenant: string; readonly sids: readonly [string, string] }
  /** Two calls that belong together, as {@link callName} and `connName` name them. */
  | { readonly type: 'part-of'; readonly tenant: string; readonly names: readonly [string, string] }
  /** What somebody has measured of the clocks of two nodes. */
  | ({ readonly type: 'clock'; readonly tenant: string } & ToldClock)
  /** What merging the packets of some takes gave. */
  | { readonly type: 'merged'; readonly tenant: string; readonly merged: Merged }
  /** Audio of this name was wanted, of these takes: where it is to be looked for when one of them goes. Nothing a conversation tells of. */
  | { readonly type: 'audio'; readonly tenant: string; readonly name: string; readonly takes: readonly string[] }
  /** What somebody said of the conversation of a couple or a take, by its name: of one tag the later word counts. */
  | { readonly type: 'said'; readonly tenant: string; readonly about: string; readonly saying: Saying }
  /** These couples and takes are gone for good, whatever else is or will be known of them. */
  | {
      readonly type: 'tombstone';
      readonly tenant: string;
      readonly sids: readonly string[];
      readonly takes: readonly string[];
      readonly atMs: number;
      readonly why: string;
    };

/** Of a set of takes the same for whoever merges them. */
export interface Merged {
  /** Sorted. */
  readonly takes: readonly string[];
  /** The take whose node's clock all times are in. */
  readonly measure: string;
  readonly clocks: readonly { readonly take: string; readonly clock: NonNullable<Source['clock']> }[];
  readonly audio: NonNullable<Conversation['audio']>;
  readonly tracks: Conversation['tracks'];
  /** Packets that a copy held although another one was paused when they came: they are in no track, and should be shredded. */
  readonly leaked: readonly { readonly take: string; readonly stream: string; readonly packets: number }[];
}

/** Names by which a fact finds the others of its conversation, the same for whoever keeps facts. Names of two tenants never meet. */
export function namesOf(fact: Fact): string[] {
  return namesIn(fact, scoped);
}

/**
 * Names by which facts are kept together: as {@link namesOf}, but whoever speaks of one take is kept together whatever the tenant is. What
 * one of them says may change whose the take is.
 */
export function keysOf(fact: Fact): string[] {
  return namesIn(fact, scopedButTakes);
}

function namesIn(fact: Fact, scope: Scope): string[] {
  switch (fact.type) {
    case 'couple':
      return namesOfCouple(fact.couple, scope);
    case 'manifest': {
      const { tenant, recordingId, take, callUuid } = fact.manifest;
      const names = [
        recordingName(recordingId),
        takeName(take),
        ...(callUuid === undefined ? [] : [callName(callUuid)]),
      ];
      return names.map((name) => scope(tenant, name));
    }
    case 'same-as':
      return fact.sids.map((sid) => scope(fact.tenant, coupleName(sid)));
    case 'part-of':
      return fact.names.map((name) => scope(fact.tenant, name));
    case 'clock':
      return [fact.take, fact.against].map((take) => scope(fact.tenant, takeName(take)));
    case 'merged':
      return fact.merged.takes.map((take) => scope(fact.tenant, takeName(take)));
    case 'audio':
      return fact.takes.map((take) => scope(fact.tenant, takeName(take)));
    case 'said':
      return [scope(fact.tenant, fact.about)];
    case 'tombstone': {
      const names = [...fact.sids.map(coupleName), ...fact.takes.map(takeName)];
      return names.map((name) => scope(fact.tenant, name));
    }
  }
}

/** Two facts of one key say the same, or one replaces the other: {@link isLater}. */
export function keyOf(fact: Fact): string {
  switch (fact.type) {
    case 'couple':
      return `couple ${fact.couple.sid} ${fact.writer}`;
    case 'manifest':
      return `manifest ${fact.manifest.take}`;
    case 'merged':
      return `merged ${fact.merged.takes.join(' ')}`;
    case 'audio':
      return `audio ${fact.name}`;
    case 'said': {
      const { said, text } = fact.saying;
      return JSON.stringify(said === 'noted' ? fact : ['tag', fact.tenant, fact.about, text]);
    }
    default:
      return JSON.stringify(fact);
  }
}

/** Whether a fact replaces one of the same key. */
export function isLater(fact: Fact, known: Fact): boolean {
  const [rank, knownRank] = [rankOf(fact), rankOf(known)];
  if (rank !== knownRank) return rank > knownRank;
  if (fact === known || rank === 0) return false;
  // Who says two things at once is in the wrong; everybody has to believe the same one all the same.
  return JSON.stringify(fact) > JSON.stringify(known);
}

/** A core's later word knows more; a take that was finished anew is better when it has more packets. 0 where all say the same. */
function rankOf(fact: Fact): number {
  if (fact.type === 'couple') return 1 + fact.offset;
  if (fact.type === 'manifest') return 1 + fact.manifest.streams.reduce((sum, { packets }) => sum + packets, 0);
  if (fact.type === 'said') return fact.saying.atMs;
  return fact.type === 'merged' ? 1 : 0;
}
