// The cores that share DNs out among them, by their beats. A core that is not heard of stays a member for a while: one that is restarted
// comes back to its shards. Time in which nobody could be heard, because Redis was away, does not count. Pure.

import type { Beat } from '#cluster/presence';
import type { Candidate } from '#src/shards';

/** What a core says of a shard of which every DN is registered there. */
export interface Claim {
  readonly digest: string;
  /** Names of those who are to hold it, as that core knows. */
  readonly holders: readonly string[];
}

export interface Member extends Candidate {
  /** `tenant/switch` of which it knows DNs. */
  readonly sites: ReadonlySet<string>;
  /** By name of the shard; none while it is silent. */
  readonly registered: ReadonlyMap<string, Claim>;
}

export interface MembersOptions {
  readonly beatMs: number;
  /** Who has not been heard of for so long is no member any more. */
  readonly goneMs: number;
}

interface Known {
  readonly member: Member;
  readonly atMs: number;
  /** On our own monotonic clock. */
  heardMs: number;
}

/** Beats that a member may miss before it is not relied upon. */
const missedMax = 2.5;

export class Members {
  readonly #goneMs: number;
  readonly #silentMs: number;
  readonly #known = new Map<string, Known>();
  #readMs: number | undefined;

  constructor({ beatMs, goneMs }: MembersOptions) {
    this.#goneMs = goneMs;
    this.#silentMs = beatMs * missedMax;
  }

  /** What Redis says now, read at `nowMs` of the monotonic clock. */
  heard(beats: readonly Beat[], nowMs: number): void {
    const deafMs = nowMs - (this.#readMs ?? nowMs);
    this.#readMs = nowMs;
    if (deafMs > this.#silentMs) for (const known of this.#known.values()) known.heardMs += deafMs;
    for (const beat of beats) {
      const member = memberOf(beat);
      if (member && this.#known.get(member.name)?.atMs !== beat.atMs)
        this.#known.set(member.name, { member, atMs: beat.atMs, heardMs: nowMs });
    }
    for (const [name, { heardMs }] of this.#known) if (nowMs - heardMs > this.#goneMs) this.#known.delete(name);
  }

  at(nowMs: number): Member[] {
    const isSilent = (heardMs: number) => nowMs - heardMs > this.#silentMs;
    return [...this.#known.values()].map(({ member, heardMs }) =>
      isSilent(heardMs) ? { ...member, registered: new Map() } : member,
    );
  }
}

function memberOf({ node, process, phase = 'open', share }: Beat): Member | undefined {
  if (!share) return undefined;
  const registered = share.shards.filter((shard) => shard.phase === 'registered');
  return {
    name: `${node}/${process}`,
    node,
    phase,
    sites: new Set(share.sites),
    registered: new Map(registered.map(({ name, digest, holders }) => [name, { digest, holders }])),
  };
}
