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
  /** The same one as long as it is silent. */
  readonly silent: Member;
  /** What the beat said of it, as a text. */
  readonly said: string;
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
  #last: readonly Member[] = [];

  constructor({ beatMs, goneMs }: MembersOptions) {
    this.#goneMs = goneMs;
    this.#silentMs = beatMs * missedMax;
  }

  /** What Redis says now, read at `nowMs` of the monotonic clock. */
  heard(beats: readonly Beat[], nowMs: number): void {
    const deafMs = nowMs - (this.#readMs ?? nowMs);
    this.#readMs = nowMs;
    if (deafMs > this.#silentMs) for (const known of this.#known.values()) known.heardMs += deafMs;
    for (const beat of beats) this.#hear(beat, nowMs);
    for (const [name, { heardMs }] of this.#known) if (nowMs - heardMs > this.#goneMs) this.#known.delete(name);
  }

  /** The same list as the last time, when nothing has changed. */
  at(nowMs: number): readonly Member[] {
    const isSilent = (heardMs: number) => nowMs - heardMs > this.#silentMs;
    const now = [...this.#known.values()].map(({ member, silent, heardMs }) => (isSilent(heardMs) ? silent : member));
    const isSame = now.length === this.#last.length && now.every((one, at) => one === this.#last[at]);
    if (!isSame) this.#last = now;
    return this.#last;
  }

  #hear(beat: Beat, heardMs: number): void {
    const { node, process, phase, share, atMs } = beat;
    const name = `${node}/${process}`;
    const known = this.#known.get(name);
    if (!share || known?.atMs === atMs) return;
    const said = JSON.stringify([phase, share]);
    if (known?.said === said) {
      this.#known.set(name, { ...known, atMs, heardMs });
      return;
    }
    const member = memberOf(name, node, phase, share);
    this.#known.set(name, { member, silent: { ...member, registered: new Map() }, said, atMs, heardMs });
  }
}

function memberOf(
  name: string,
  node: string,
  phase: Beat['phase'] = 'open',
  share: NonNullable<Beat['share']>,
): Member {
  const registered = share.shards.filter((shard) => shard.phase === 'registered');
  return {
    name,
    node,
    phase,
    sites: new Set(share.sites),
    registered: new Map(registered.map((shard) => [shard.name, { digest: shard.digest, holders: shard.holders }])),
  };
}
