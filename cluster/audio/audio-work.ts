// What is to be made audible of a conversation, and under what name that is kept. The name follows from the recordings and from who is
// heard where, so the same is never made twice, and what is no longer so has another one. Pure.

import { createHash } from 'node:crypto';
import { type Conversation, channelOf, endOf, type ToldClock } from '#src/recording/consolidate';

/** One job: plain data, as it stands in the queue. */
export interface AudioWork {
  readonly tenant: string;
  readonly conversation: string;
  /** Folders of the recordings. */
  readonly folders: readonly string[];
  /** Where each party is heard; who is not named, on both sides. */
  readonly channels: Readonly<Record<string, 'left' | 'right' | 'both'>>;
  /** What was known of the clocks of its takes when it was wanted: believed where their packets tell nothing. */
  readonly clocks: readonly ToldClock[];
  /** Where it is to stand. */
  readonly folder: string;
}

/** What of a recording matters here. */
export interface Audible {
  readonly folder: string;
  readonly manifestDigest: string;
  /** Whose voices are in it. */
  readonly parties: readonly string[];
}

/** Undefined when nothing of it can be heard. `audible`: the takes that are here and have packets, by name. */
export function audioOf(
  conversation: Conversation,
  audible: ReadonlyMap<string, Audible>,
): { readonly name: string; readonly takes: readonly string[]; readonly work: Omit<AudioWork, 'folder'> } | undefined {
  const alive = conversation.sources.filter((source) => !endOf(source) && audible.has(source.take));
  const takes = alive.map(({ take }) => audible.get(take)!);
  if (conversation.phase === 'deleted' || takes.length === 0) return undefined;
  const parties = [...new Set(takes.flatMap((take) => take.parties))].sort();
  const channels = parties.map((party) => [party, channelOf(party, conversation.participants)] as const);
  const digests = takes.map(({ manifestDigest }) => manifestDigest).sort();
  const name = createHash('sha256')
    .update(JSON.stringify([conversation.tenant, digests, channels]))
    .digest('hex');
  return {
    name,
    takes: alive.map(({ take }) => take),
    work: {
      tenant: conversation.tenant,
      conversation: conversation.conversation,
      folders: takes.map(({ folder }) => folder).sort(),
      channels: Object.fromEntries(channels),
      clocks: clocksOf(alive),
    },
  };
}

/** Each against the first one of which anything is known. */
function clocksOf(sources: Conversation['sources']): ToldClock[] {
  const [measure, ...others] = sources.flatMap(({ take, clock }) => (clock ? [{ take, clock }] : []));
  return others.map(({ take, clock }) => ({
    take,
    against: measure!.take,
    offsetMs: clock.offsetMs - measure!.clock.offsetMs,
    plusMinusMs: clock.plusMinusMs + measure!.clock.plusMinusMs,
  }));
}
