// Takes pauses out of holes: what was paused is not lost. A pause is known by the wall clock, so its edges are as good as
// the delay of the network is steady.

import type { Hole } from './run.ts';
import type { Gap, Interval, WallInterval } from './timeline.ts';

// Rests of a hole beside a pause are the pause's own when shorter: packets on the way when the gate closed or opened.
const edgeMsMax = 100;

/** Splits a hole into what pauses explain and the gaps that remain. `hole.delayMs` relates arrival to the hole's axis. */
export function subtractPauses(
  hole: Hole,
  wallPauses: readonly WallInterval[],
  pace: number,
): { readonly gaps: readonly Gap[]; readonly pauses: readonly Interval[] } {
  const touching = wallPauses.filter((pause) => touches(hole, pause));
  if (touching.length === 0) return { gaps: [gapOf(hole)], pauses: [] };

  const axisMs = (wallMs: number) => {
    const ms = pace > 1 ? hole.fromMs + (wallMs - hole.arrivalBeforeMs) * pace : wallMs - hole.delayMs;
    if (ms - hole.fromMs < edgeMsMax) return hole.fromMs;
    return hole.toMs - ms < edgeMsMax ? hole.toMs : ms;
  };
  const pauses = touching
    .map(({ fromMs, toMs }) => ({ fromMs: axisMs(fromMs), toMs: axisMs(toMs) }))
    .sort((a, b) => a.fromMs - b.fromMs);

  const gaps: Gap[] = [];
  let atMs = hole.fromMs;
  for (const { fromMs, toMs } of [...pauses, { fromMs: hole.toMs, toMs: hole.toMs }]) {
    const packets = Math.round((fromMs - atMs) / (hole.packetMs || 20));
    if (packets > 0) {
      const plusMinusMs = Math.min(edgeMsMax, fromMs - atMs) + hole.doubtMs;
      gaps.push({ fromMs: atMs, toMs: fromMs, packets, certainty: 'estimated', plusMinusMs });
    }
    atMs = Math.max(atMs, toMs);
  }
  return { gaps, pauses: pauses.filter(({ fromMs, toMs }) => toMs > fromMs) };
}

/** Whether some of the interval lies between the packets on both sides of the hole. */
export function touches(hole: Hole, { fromMs, toMs }: WallInterval): boolean {
  return fromMs < hole.arrivalAfterMs && toMs > hole.arrivalBeforeMs;
}

function gapOf({ fromMs, toMs, packets, doubtMs }: Hole): Gap {
  if (doubtMs === 0) return { fromMs, toMs, packets, certainty: 'exact' };
  return { fromMs, toMs, packets, certainty: 'estimated', plusMinusMs: doubtMs };
}
