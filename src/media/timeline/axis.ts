// Lays the runs of one stream on one axis. Within a run timestamps rule; between runs only arrival is left, corrected by
// the least delay seen on both sides, or scaled by the pace when the sender is faster than real time.

import { subtractPauses, touches } from './pauses.ts';
import { delayWindowMs, type Run, silenceMsMax } from './run.ts';
import type { LinkedRun, RunLink } from './source.ts';
import type { Gap, Interval, RunSummary, WallInterval } from './timeline.ts';

export interface Axis {
  readonly pace: number;
  readonly originMs: number;
  readonly shiftMsOf: ReadonlyMap<Run, number>;
  /** Which of `runs` a run is, or goes on. */
  readonly indexOf: ReadonlyMap<Run, number>;
  readonly runs: readonly RunSummary[];
  readonly gaps: readonly Gap[];
  readonly pauses: readonly Interval[];
}

/** Places every run and gives the gaps within and between them, pauses and holds taken out. */
export function layOut(
  linked: readonly LinkedRun[],
  wallPauses: readonly WallInterval[],
  wallHolds: readonly WallInterval[],
): Axis {
  const inOrder = linked.toSorted((a, b) => a.run.earliestArrivalMs - b.run.earliestArrivalMs);
  const pace = paceOf(inOrder.map(({ run }) => run));
  const jitterOf = ({ run }: LinkedRun) => run.firstDelayMsMost - run.firstDelayMs;
  const steady = inOrder.filter(({ link }) => link?.resumesAtMs === undefined);
  const jitterMs = isFast(pace) ? 0 : steady.reduce((most, linkedRun) => Math.max(most, jitterOf(linkedRun)), 0);
  const shiftMsOf = new Map<Run, number>();
  const indexOf = new Map<Run, number>();
  /** Wall clock at 0 ms of the axis, by the least delay at the end of a run. */
  const originMsOf = new Map<Run, number>();
  const runs: RunSummary[] = [];
  const gaps: Gap[] = [];
  const pauses: Interval[] = [];
  let latest: Run | undefined;

  const report = (hole: Parameters<typeof subtractPauses>[0]) => {
    const rest = subtractPauses(hole, wallPauses, pace);
    gaps.push(...rest.gaps);
    pauses.push(...rest.pauses);
  };

  for (const { run, link } of inOrder) {
    const before = link && shiftMsOf.has(link.run) ? link.run : latest;
    const placed = before
      ? placeBehind(run, before, { shiftMs: shiftMsOf.get(before)!, originMs: originMsOf.get(before)! }, link, pace)
      : atOrigin;
    shiftMsOf.set(run, placed.shiftMs);
    const ownOriginMs = run.recentDelayMs - placed.shiftMs;
    // One that goes on, and is short, knows less than the one before it.
    const goesOnShortly = placed.by === 'timestamp' && run.lastMs < delayWindowMs;
    originMsOf.set(run, goesOnShortly ? Math.min(ownOriginMs, originMsOf.get(before!)!) : ownOriginMs);
    const { ssrc, packets } = run;
    const toMs = placed.shiftMs + run.endMs;
    const goesOn = placed.by === 'timestamp' ? indexOf.get(before!)! : runs.length;
    indexOf.set(run, goesOn);
    if (placed.by === 'timestamp') {
      const known = runs[goesOn]!;
      // Comfort noise alone has a place and no length: it does not make a run longer.
      const endMs = run.spans.length === 0 ? known.toMs : Math.max(known.toMs, toMs);
      runs[goesOn] = { ...known, packets: known.packets + packets, toMs: endMs };
    } else runs.push({ ssrc, packets, placedBy: placed.by, fromMs: placed.shiftMs, toMs });
    if (before && placed.packetsMissing > 0) {
      const fromMs = shiftMsOf.get(before)! + before.endMs;
      const hole = {
        fromMs,
        toMs: placed.shiftMs,
        packets: placed.packetsMissing,
        doubtMs: isFast(pace) ? placed.shiftMs - fromMs + run.packetMs : jitterMs + run.packetMs,
        packetMs: before.packetMs || run.packetMs,
        arrivalBeforeMs: before.lastArrivalMs,
        arrivalAfterMs: run.firstArrivalMs,
        delayMs: originMsOf.get(before)!,
      };
      // Who was on hold and comes back with a new count sent nothing in between; a count that goes on knows better.
      const explained = link?.run !== before && wallHolds.some((hold) => touches(hole, hold));
      if (!explained) report(hole);
    }
    for (const hole of run.holes) {
      const shifted = { fromMs: hole.fromMs + placed.shiftMs, toMs: hole.toMs + placed.shiftMs };
      report({ ...hole, ...shifted, delayMs: hole.delayMs - placed.shiftMs });
    }
    if (!latest || placed.shiftMs + run.endMs >= shiftMsOf.get(latest)! + latest.endMs) latest = run;
  }

  if (latest) pauses.push(...pausesBehind(latest, shiftMsOf.get(latest)!, wallPauses, pace));

  const first = inOrder[0]?.run;
  const originMs = first ? (isFast(pace) ? first.beginMsAt(pace) : first.firstDelayMs) : Number.NaN;
  const byTime = (a: Interval, b: Interval) => a.fromMs - b.fromMs;
  return { pace, originMs, shiftMsOf, indexOf, runs, gaps: gaps.sort(byTime), pauses: pauses.sort(byTime) };
}

/** Pauses after the last packet: the call went on, so does its axis. Not those that begin when the stream was long over. */
function pausesBehind(last: Run, shiftMs: number, wallPauses: readonly WallInterval[], pace: number): Interval[] {
  const endMs = shiftMs + last.endMs;
  const axisMs = (wallMs: number) => {
    const ms = isFast(pace)
      ? shiftMs + last.lastMs + (wallMs - last.latestArrivalMs) * pace
      : shiftMs + wallMs - last.recentDelayMs;
    return Math.max(endMs, onSample(ms));
  };
  let heardMs = last.latestArrivalMs;
  return wallPauses
    .toSorted((a, b) => a.fromMs - b.fromMs)
    .flatMap(({ fromMs, toMs }) => {
      if (toMs <= heardMs || fromMs - heardMs > silenceMsMax) return [];
      heardMs = toMs;
      const behind = { fromMs: axisMs(fromMs), toMs: axisMs(toMs) };
      return behind.toMs > behind.fromMs ? [behind] : [];
    });
}

// Fewer packets prove no hold: the last ones before a new count may have been delayed.
const provenPacketsMin = 10;
// Below this a hole between runs is taken for the jitter of arrival, and the runs join without a gap.
const joinMsMax = 40;
// A sender above this pace is no real-time sender: arrival is compressed, and the least delay says nothing.
const realTimePaceMax = 1.25;
const paceMax = 1000;
// Less media than this says nothing about pace.
const paceMediaMsMin = 1000;

// Places are whole samples of 8 kHz, so that rendering never has to round packets of one run apart.
const onSample = (ms: number) => Math.round(ms * 8) / 8;
const isFast = (pace: number) => pace > realTimePaceMax;
const atOrigin = { shiftMs: 0, by: 'origin', packetsMissing: 0 } as const;

function paceOf(runs: readonly Run[]): number {
  const mediaMs = runs.reduce((sum, run) => sum + run.lastMs, 0);
  const wallMs = runs.reduce((sum, run) => sum + run.latestArrivalMs - run.earliestArrivalMs, 0);
  if (mediaMs < paceMediaMsMin || mediaMs <= wallMs * realTimePaceMax) return 1;
  return Math.min(paceMax, mediaMs / wallMs);
}

function placeBehind(
  run: Run,
  before: Run,
  origin: { readonly shiftMs: number; readonly originMs: number },
  link: RunLink | undefined,
  pace: number,
) {
  const beforeShiftMs = origin.shiftMs;
  const endMs = beforeShiftMs + before.endMs;
  const byArrivalMs = isFast(pace)
    ? beforeShiftMs + before.lastMs + (run.firstArrivalMs - before.lastArrivalMs) * pace
    : run.firstDelayMs - origin.originMs;
  const packetMs = before.packetMs || run.packetMs;
  const sameSource = link?.run === before;
  if (sameSource && link.resumesAtMs !== undefined) {
    // What the network held back comes in a rush, and the least delay is what it was; who was on hold stays as late.
    const byTimestampMs = beforeShiftMs + link.resumesAtMs;
    const earliestMs = run.leastDelayMs - origin.originMs;
    const proven = run.packets >= provenPacketsMin;
    const heldBack = isFast(pace) || !proven || earliestMs - byTimestampMs <= Math.max(joinMsMax, packetMs);
    if (heldBack) return { shiftMs: byTimestampMs, by: 'timestamp', packetsMissing: 0 } as const;
    return { shiftMs: onSample(byArrivalMs), by: 'arrival', packetsMissing: 0 } as const;
  }
  const missing = sameSource ? link.missing : undefined;

  // The sequence numbers go on and arrival does not contradict them: their count is the better measure.
  const byCountMs = endMs + (missing ?? 0) * packetMs;
  if (Math.abs(byArrivalMs - byCountMs) <= Math.max(joinMsMax, packetMs)) {
    return { shiftMs: byCountMs, by: sameSource ? 'sequence' : 'arrival', packetsMissing: missing ?? 0 } as const;
  }
  const shiftMs = Math.max(sameSource ? endMs : 0, onSample(byArrivalMs));
  // Nothing is missing by number: the time in between was silence.
  const packetsMissing =
    missing === 0 || shiftMs <= endMs ? 0 : Math.max(1, Math.round((shiftMs - endMs) / (packetMs || 20)));
  return { shiftMs, by: 'arrival', packetsMissing } as const;
}
