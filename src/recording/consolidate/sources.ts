// The takes of a conversation: what is known of each, what became of it here, and what its node's clock is to the conversation's. Pure.

import type { Couple, ManifestFacts } from '#src/recording';
import type { Source } from './conversation.schema.ts';
import { best, clocksTold } from './couple-clock.ts';
import type { Merged } from './fact.ts';
import type { CoupleKnown } from './put-together.ts';
import { joinTakes } from './words.ts';

export interface KnownTake {
  readonly take: string;
  readonly node: string;
  /** Once its packets are here. */
  readonly manifest?: ManifestFacts;
  /** What cores say of it. */
  readonly told?: Couple['takes'][number];
  /** Nobody may hear it, for good: by a tombstone, or as it was recorded for what is discarded. */
  readonly end?: 'deleted' | 'discarded';
  /** Its node's clock, as far as that is known. */
  readonly clock?: NonNullable<Source['clock']>;
}

/** Facts on takes, by what they say. */
export interface TakeFacts {
  readonly manifests: readonly ManifestFacts[];
  /** What was recorded for couples alone that are gone, or discarded, is so, too. */
  readonly couples: readonly CoupleKnown[];
  readonly deadTakes: ReadonlySet<string>;
  readonly clocks: readonly ToldClock[];
  readonly merged: Merged | undefined;
}

/** Why a take is not used of which nobody may hear anything any more. */
const whyEnded = { deleted: 'it was deleted', discarded: 'it was discarded' } as const;

/** Why a take is not used whose packets are not here. */
const whyAbsent = {
  running: 'it is being recorded',
  lost: 'its node was lost, and has not brought it since',
  late: 'it has not arrived',
  destroyed: 'its media was destroyed',
} as const;

/** Whether its packets may be here, by what is known of it. */
export function hasArrived({ why }: Source): boolean {
  return !Object.values<string | undefined>(whyAbsent).includes(why);
}

/** What became of a take of which nobody may hear anything any more; undefined of any other. */
export function endOf({ why }: Source): 'deleted' | 'discarded' | undefined {
  if (why === whyEnded.deleted) return 'deleted';
  return why === whyEnded.discarded ? 'discarded' : undefined;
}

/** All takes that anybody knows of, by name. */
export function takesKnown({ manifests, couples, deadTakes, clocks, merged }: TakeFacts): KnownTake[] {
  const told = new Map<string, Couple['takes']>();
  for (const take of couples.flatMap(({ couple }) => couple.takes)) {
    told.set(take.take, [...(told.get(take.take) ?? []), take]);
  }
  const measured = [...clocks, ...couples.flatMap(({ couple }) => clocksTold(couple))];
  const byTake = new Map(manifests.map((manifest) => [manifest.take, manifest]));
  const ends = new Map(
    [...new Set([...told.keys(), ...byTake.keys()])].map((take) => {
      const end = deadTakes.has(take) ? 'deleted' : endBy(couples, take, byTake.get(take)?.recordingId);
      return [take, end] as const;
    }),
  );
  const alive = manifests.filter(({ take }) => !ends.get(take));
  const measure = byTake.get(merged?.measure ?? measureOf(alive) ?? '');
  return [...ends.keys()].sort().map((take): KnownTake => {
    const manifest = byTake.get(take);
    const ofCouples = told.get(take);
    const end = ends.get(take);
    const node = manifest?.node ?? ofCouples![0]!.node;
    const clock = measure && clockOf({ take, node }, measure, measured, merged);
    return {
      take,
      node,
      ...(manifest && { manifest }),
      ...(ofCouples && { told: joinTakes(ofCouples) }),
      ...(end && { end }),
      ...(clock && { clock }),
    };
  });
}

/**
 * What became of a take because of the couples it was recorded for: those that name it, and those of its recording, which may never
 * have heard of it. As long as one of them is wanted, it is.
 */
function endBy(couples: readonly CoupleKnown[], take: string, recordingId = ''): 'deleted' | 'discarded' | undefined {
  const own = couples.filter(({ couple, recordingIds }) => {
    return recordingIds.has(recordingId) || couple.takes.some((one) => one.take === take);
  });
  if (own.length === 0 || own.some(({ couple, isGone }) => !isGone && couple.standing !== 'discarded'))
    return undefined;
  return own.every(({ isGone }) => isGone) ? 'deleted' : 'discarded';
}

/**
 * The take in whose node's clock a conversation is told: the first one that has packets, by the clocks of the nodes. Undefined when
 * there is none.
 */
export function measureOf(manifests: readonly ManifestFacts[]): string | undefined {
  const heard = manifests.filter(({ streams }) => streams.some(({ packets }) => packets > 0));
  return [...heard].sort((one, other) => one.startedMs - other.startedMs || (one.take < other.take ? -1 : 1))[0]?.take;
}

/** How far clocks of nodes may be apart when nothing is known of them. */
export const clockDoubtMs = 30_000;

/** What the conversation says of a take. */
export function sourceOf(known: KnownTake, merged: Merged | undefined): Source {
  const { take, node, clock } = known;
  const named = { take, node, ...(clock && { clock }) };
  const why = whyNotUsed(known, merged);
  if (why !== undefined) return { ...named, state: 'not-used', why };
  const isUsed = merged!.tracks.some(({ supplied }) => supplied.some((one) => one.take === take));
  return { ...named, state: isUsed ? 'used' : 'synchronised' };
}

/** The way from a time of the take's node to one of the conversation. Undefined times stay so. */
export function toConversation({ clock }: Pick<KnownTake, 'clock'>): (wallMs: number) => number {
  const offsetMs = clock?.offsetMs ?? 0;
  return (wallMs) => wallMs + offsetMs;
}

function whyNotUsed({ take, manifest, told, end }: KnownTake, merged: Merged | undefined): string | undefined {
  if (end) return whyEnded[end];
  if (told?.destroyed) return whyAbsent.destroyed;
  if (!manifest) {
    if (told?.phase === 'running') return whyAbsent.running;
    return told?.phase === 'lost' ? whyAbsent.lost : whyAbsent.late;
  }
  if (manifest.streams.every(({ packets }) => packets === 0)) return 'it has no packets';
  return merged?.takes.includes(take) ? undefined : 'its packets are not merged yet';
}

function clockOf(
  { take, node }: { readonly take: string; readonly node: string },
  measure: ManifestFacts,
  clocks: TakeFacts['clocks'],
  merged: Merged | undefined,
): Source['clock'] {
  const found = merged?.clocks.find((one) => one.take === take)?.clock;
  if (found) return found;
  if (node === measure.node) return { offsetMs: 0, plusMinusMs: 0, by: 'same-clock' };
  return toldClock(take, measure.take, clocks);
}

/** Added to times of the node of `take` it gives times of the node of `against`, somebody has measured. */
export interface ToldClock {
  readonly take: string;
  readonly against: string;
  readonly offsetMs: number;
  readonly plusMinusMs: number;
}

/** The most precise of what was measured of the clocks of two takes. */
export function toldClock(take: string, against: string, clocks: readonly ToldClock[]): Source['clock'] {
  const told = clocks.flatMap((one) => {
    if (one.take === take && one.against === against) return [one];
    if (one.take === against && one.against === take) return [{ ...one, offsetMs: -one.offsetMs }];
    return [];
  });
  const found = best(told);
  return found && { offsetMs: found.offsetMs, plusMinusMs: found.plusMinusMs, by: 'told' };
}
