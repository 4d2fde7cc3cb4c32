// All that several takes have of one conversation as one: whose copies are whose, what their clocks are to each other, and what each voice
// is made of. The same takes give the same, whoever merges them, and in whatever order they come. Pure.

import type { PayloadMap } from '#src/media';
import { align, type Timeline, type WallInterval } from '#src/media/timeline';
import type { ManifestFacts } from '#src/recording';
import { clockDoubtMs, endedUnion, type Merged, measureOf, type ToldClock } from '#src/recording/consolidate';
import { clocksOf } from './clocks.ts';
import type { Copy } from './copy.ts';
import { type Likeness, likenesses } from './likeness.ts';
import { Numbers } from './numbers.ts';
import { doubtedGaps, suppliedStretches } from './supplied.ts';
import { planTrack, type TrackPlan } from './track.ts';

export interface MergePlan {
  readonly takes: readonly string[];
  readonly measure: string;
  readonly clocks: ReturnType<typeof clocksOf>;
  readonly tracks: readonly PlannedTrack[];
}

export interface PlannedTrack {
  readonly party: string;
  readonly mixed: boolean;
  readonly plan: TrackPlan;
  /** What its packets are to be laid out with. */
  readonly payloads: PayloadMap;
  readonly pauses: readonly WallInterval[];
  readonly holds: readonly WallInterval[];
}

/**
 * What is to be done with the packets of these copies, which are all that the takes of `manifests` have. Undefined when there is no packet.
 * `told`: measured clocks, believed where packets and reports tell nothing.
 */
export function planMerge(
  manifests: readonly ManifestFacts[],
  copies: readonly Copy[],
  told: readonly ToldClock[] = [],
): MergePlan | undefined {
  const measure = measureOf(manifests);
  if (measure === undefined) return undefined;
  const voices = voicesOf(copies);
  const compared = voices.map((ofVoice) => {
    const numbers = new Numbers(
      ofVoice.flatMap(({ numberings }) => numberings),
      likenesses(ofVoice),
    );
    return { ofVoice, numbers };
  });
  const held: Likeness[] = compared.flatMap(({ numbers }) => numbers.held);
  const clocks = clocksOf(copies, measure, held, told);
  const offsetMs = (take: string) => clocks.get(take)?.offsetMs ?? 0;
  const pauses = endedUnion(manifests.flatMap((one) => shifted(one.pauses, offsetMs(one.take))));
  const tracks = compared.map(({ ofVoice, numbers }): PlannedTrack => {
    const { party, mixed = false } = ofVoice[0]!.name;
    const holds = ofVoice.flatMap(({ name }) => shifted(name.holds, offsetMs(name.take)));
    const plan = planTrack({ copies: ofVoice, numbers, clocks, pauses });
    return { party, mixed, plan, payloads: payloadsOf(ofVoice), pauses, holds: endedUnion(holds) };
  });
  return { takes: manifests.map(({ take }) => take).sort(), measure, clocks, tracks };
}

/** What the conversation is told of it; `timelines` are those of the tracks' packets, in their order. */
export function mergedOf(plan: MergePlan, timelines: readonly Timeline[]): Merged | undefined {
  const { offsetsMs, lengthMs, originMs } = align(timelines);
  if (Number.isNaN(originMs)) return undefined;
  const doubtMsOf = (take: string) => plan.clocks.get(take)?.plusMinusMs ?? clockDoubtMs;
  const tracks = plan.tracks.map(({ party, mixed, plan: track }, index): Merged['tracks'][number] => {
    const timeline = timelines[index]!;
    const offsetMs = offsetsMs[index]!;
    const supplied = suppliedStretches(track, timeline);
    return {
      party,
      channel: mixed ? 'both' : 'right',
      supplied: supplied.map((one) => moved(one, offsetMs)),
      packets: timeline.counts.placed,
      gaps: doubtedGaps(timeline.gaps, supplied, doubtMsOf).map((gap) => moved(gap, offsetMs)),
    };
  });
  const leaked = plan.tracks.flatMap(({ plan: { copies, leaked: counts } }) =>
    copies.flatMap(({ name: { take, stream } }, index) => {
      const packets = counts[index]!;
      return packets > 0 ? [{ take, stream, packets }] : [];
    }),
  );
  const clocks = [...plan.clocks].map(([take, clock]) => ({ take, clock }));
  clocks.sort((a, b) => (a.take < b.take ? -1 : 1));
  return { takes: plan.takes, measure: plan.measure, clocks, audio: { startedMs: originMs, lengthMs }, tracks, leaked };
}

/** Copies of one voice together, those with most packets first: they are asked first for a packet. */
function voicesOf(copies: readonly Copy[]): Copy[][] {
  const voices = new Map<string, Copy[]>();
  const preferred = copies.toSorted(
    (a, b) => b.packets - a.packets || compare(a.name.take, b.name.take) || compare(a.name.stream, b.name.stream),
  );
  for (const copy of preferred) {
    if (copy.length === 0) continue;
    const key = JSON.stringify([copy.name.party, copy.name.mixed ?? false]);
    const known = voices.get(key);
    if (known) known.push(copy);
    else voices.set(key, [copy]);
  }
  return [...voices].sort(([a], [b]) => compare(a, b)).map(([, ofVoice]) => ofVoice);
}

/** Where copies differ about a payload type, the preferred one is right. */
function payloadsOf(copies: readonly Copy[]): PayloadMap {
  return new Map(copies.toReversed().flatMap(({ name }) => [...name.payloads]));
}

function shifted(intervals: readonly WallInterval[], byMs: number): WallInterval[] {
  return intervals.map(({ fromMs, toMs }) => ({ fromMs: fromMs + byMs, toMs: toMs + byMs }));
}

function moved<Of extends { readonly fromMs: number; readonly toMs: number }>(one: Of, byMs: number): Of {
  return { ...one, fromMs: one.fromMs + byMs, toMs: one.toMs + byMs };
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
