// A track laid out in time, out of what its copies remember of their packets: nothing is read again for it.

import { type Timeline, TimelineBuilder } from '#src/media/timeline';
import { kindControl, kindMalformed } from './copy.ts';
import type { PlannedTrack } from './merge.ts';
import { arrivalUsInTrack, headInTrack, type TrackPlan } from './track.ts';

/** The timeline of what `packetsOf` gives of this plan. */
export function timelineOf({ plan, payloads, pauses, holds }: PlannedTrack): Timeline {
  const builder = new TimelineBuilder({ payloads, pauses, holds });
  const next = plan.copies.map(() => 0);
  for (const copyIndex of plan.order) {
    const at = next[copyIndex]!;
    next[copyIndex] = at + 1;
    if (plan.kept[copyIndex]![at]) add(builder, plan, copyIndex, at);
  }
  return builder.finish();
}

function add(builder: TimelineBuilder, plan: TrackPlan, copyIndex: number, at: number): void {
  const copy = plan.copies[copyIndex]!;
  const arrivalUs = Math.round(copy.arrivalMs[at]! * 1000);
  const arrivalMs = arrivalUsInTrack(plan, copyIndex, arrivalUs) / 1000;
  const head = headInTrack(plan, copyIndex, at);
  if (head) builder.addMedia(arrivalMs, head);
  else if (copy.kind[at] === kindControl) builder.addControl(copy.reports.get(at) ?? noReport);
  else builder.addUnplaced(arrivalMs, copy.kind[at] === kindMalformed ? 'malformed' : 'strays');
}

const noReport = { senderReports: [], cnames: [] };
