// What is to be heard of copies of one voice that have no packet in common: one of them at a time.

import type { WallInterval } from '#src/media/timeline';
import { endedUnion } from '#src/recording/consolidate';
import { type Numbering, noNumbering } from './copy.ts';
import type { TrackPlan } from './track.ts';
import { Within } from './within.ts';

/** Shorter holes are not worth going over to packets that are nowhere numbered the same. */
const spliceMsMin = 200;
/** Of a copy whose clock is not known so much lies within another one; of what was recorded after it, less. */
const copyShareMin = 0.8;

type Decided = Pick<TrackPlan, 'copies' | 'renumberings' | 'kept' | 'offsetsMs'>;

/**
 * Voices that were sent anew to each recorder in other packets cannot be told apart packet by packet: who is preferred is heard, and of the
 * others what lies in its holes. Numberings that one take has both of are no copies of one another.
 */
export function keepOneAtATime(decided: Decided, isClockKnown: (take: string) => boolean): void {
  const takes = new Map<Numbering, Set<string>>();
  const packets = new Map<Numbering, number>();
  for (const [index, copy] of decided.copies.entries()) {
    for (const [at, { root }] of decided.renumberings[index]!.entries()) {
      takes.set(root, (takes.get(root) ?? new Set()).add(copy.name.take));
      packets.set(root, (packets.get(root) ?? 0) + copy.numberings[at]!.packets);
    }
  }
  const all = new Set([...takes.values()].flatMap((of) => [...of]));
  if (takes.size < 2 || all.size < 2) return;
  const areClocksKnown = [...all].every(isClockKnown);
  // Sorting keeps the order of those that are equal: that of the copies.
  const preferred = [...takes.keys()].sort((a, b) => packets.get(b)! - packets.get(a)!);
  const covered = new Map<Numbering, readonly WallInterval[]>();
  for (const [rank, root] of preferred.entries()) {
    const own = takes.get(root)!;
    const rivals = preferred.slice(0, rank).filter((other) => ![...takes.get(other)!].some((take) => own.has(take)));
    const taken = endedUnion(rivals.flatMap((other) => covered.get(other)!));
    const isCopy = taken.length > 0 && (areClocksKnown || shareWithin(root, taken, decided) >= copyShareMin);
    if (isCopy) leaveOut(root, taken, decided);
    covered.set(root, coveredBy(root, decided));
  }
}

function leaveOut(root: Numbering, taken: readonly WallInterval[], decided: Decided): void {
  const within = new Within(taken);
  for (const { index, at, atMs } of keptOf(root, decided)) if (within.has(atMs)) decided.kept[index]![at] = 0;
}

function shareWithin(root: Numbering, taken: readonly WallInterval[], decided: Decided): number {
  const within = new Within(taken);
  let [inside, all] = [0, 0];
  for (const { atMs } of keptOf(root, decided)) {
    all += 1;
    if (within.has(atMs)) inside += 1;
  }
  return inside / Math.max(1, all);
}

function coveredBy(root: Numbering, decided: Decided): WallInterval[] {
  const covered: { fromMs: number; toMs: number }[] = [];
  for (const { atMs, durationMs } of keptOf(root, decided)) {
    const last = covered.at(-1);
    if (last && atMs >= last.fromMs && atMs - last.toMs <= spliceMsMin)
      last.toMs = Math.max(last.toMs, atMs + durationMs);
    else covered.push({ fromMs: atMs, toMs: atMs + durationMs });
  }
  return endedUnion(covered);
}

/** The packets of `root` that are part of the track so far, copy by copy. */
function* keptOf(root: Numbering, { copies, renumberings, kept, offsetsMs }: Decided) {
  for (const [index, copy] of copies.entries()) {
    const { numberings, numbering, arrivalMs } = copy;
    const meant = numberings.map((_, at) => renumberings[index]![at]!.root === root);
    const first = meant.indexOf(true);
    if (first < 0) continue;
    const last = numberings.reduce((most, one, at) => (meant[at] ? Math.max(most, one.last) : most), 0);
    for (let at = numberings[first]!.first; at <= last; at += 1) {
      const of = numbering[at]!;
      if (of === noNumbering || !meant[of] || !kept[index]![at]) continue;
      yield { index, at, atMs: arrivalMs[at]! + offsetsMs[index]!, durationMs: copy.durationMs(at) };
    }
  }
}
