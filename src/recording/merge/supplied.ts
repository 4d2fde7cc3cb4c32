// Which copy supplied which stretch of a track, and how well the place of its gaps is known. Pure.

import type { Gap, Timeline } from '#src/media/timeline';
import type { Track } from '#src/recording/consolidate';
import { noNumbering } from './copy.ts';
import type { TrackPlan } from './track.ts';

type Stretch = Track['supplied'][number];

/** A track of very many stretches is told in fewer: those that are short go to the one before. */
const stretchesMax = 1_000;

/** Stretches by their place, in ms of the track. `timeline` is that of the plan's packets. */
export function suppliedStretches(plan: TrackPlan, timeline: Timeline): Stretch[] {
  const stretches: Stretch[] = [];
  const gaps = timeline.gaps;
  let nextGap = 0;
  const placed = inPlaceOrder(plan, timeline);
  for (const index of placed.order) {
    const [copy, fromMs, toMs] = [placed.copy[index]!, placed.fromMs[index]!, placed.toMs[index]!];
    const last = stretches.at(-1);
    while (nextGap < gaps.length && gaps[nextGap]!.toMs <= (last?.fromMs ?? 0)) nextGap += 1;
    const { take, stream } = plan.copies[copy]!.name;
    const isApart =
      last && nextGap < gaps.length && gaps[nextGap]!.fromMs >= last.toMs && gaps[nextGap]!.toMs <= fromMs;
    if (last && !isApart && last.take === take && last.stream === stream) {
      last.toMs = Math.max(last.toMs, toMs);
      continue;
    }
    if (last) last.toMs = Math.max(last.fromMs, Math.min(last.toMs, fromMs));
    stretches.push({ fromMs, toMs: Math.max(fromMs, toMs), take, stream });
  }
  return coarser(stretches);
}

/** Where a gap lies between packets of two nodes, its length is known no better than their clocks. */
export function doubtedGaps(
  gaps: readonly Gap[],
  supplied: readonly Stretch[],
  doubtMsOf: (take: string) => number,
): Gap[] {
  let at = 0;
  return gaps.map((gap) => {
    if (gap.certainty === 'exact') return gap;
    while (at < supplied.length && supplied[at]!.fromMs < gap.toMs) at += 1;
    const [before, after] = [supplied[at - 1]?.take, supplied[at]?.take];
    if (before === undefined || after === undefined || before === after) return gap;
    return { ...gap, plusMinusMs: gap.plusMinusMs + doubtMsOf(before) + doubtMsOf(after) };
  });
}

/** Packets in columns: a call of hours has a million of them. */
interface Placed {
  readonly copy: Uint16Array;
  readonly fromMs: Float64Array;
  readonly toMs: Float64Array;
  /** In the order of their place. */
  readonly order: Uint32Array;
}

function inPlaceOrder({ copies, order, kept }: TrackPlan, { startMs }: Timeline): Placed {
  const [copy, fromMs, toMs] = [
    new Uint16Array(startMs.length),
    new Float64Array(startMs.length),
    new Float64Array(startMs.length),
  ];
  const next = copies.map(() => 0);
  let [ordinal, length] = [0, 0];
  let isInOrder = true;
  for (let step = 0; step < order.length; step += 1) {
    const own = order[step]!;
    const at = next[own]!;
    next[own] = at + 1;
    if (!kept[own]![at]) continue;
    const beginMs = startMs[ordinal]!;
    ordinal += 1;
    if (Number.isNaN(beginMs) || copies[own]!.numbering[at] === noNumbering) continue;
    if (length > 0 && beginMs < fromMs[length - 1]!) isInOrder = false;
    copy[length] = own;
    fromMs[length] = beginMs;
    toMs[length] = beginMs + copies[own]!.durationMs(at);
    length += 1;
  }
  const places = Uint32Array.from({ length }, (_, index) => index);
  // Equal ones stay as they came.
  if (!isInOrder) places.sort((a, b) => fromMs[a]! - fromMs[b]! || a - b);
  return { copy, fromMs, toMs, order: places };
}

function coarser(stretches: Stretch[]): Stretch[] {
  let told = stretches;
  for (let shortMs = 40; told.length > stretchesMax; shortMs *= 2) {
    const longer: Stretch[] = [];
    for (const stretch of told) {
      const last = longer.at(-1);
      const isSame = last && last.take === stretch.take && last.stream === stretch.stream;
      if (last && (isSame || stretch.toMs - stretch.fromMs <= shortMs)) last.toMs = stretch.toMs;
      else longer.push({ ...stretch });
    }
    told = longer;
  }
  return told;
}
