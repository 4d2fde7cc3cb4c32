// Puts several streams on one common axis: the two parties of a call, and the segments of one party.

import type { Timeline } from './timeline.ts';

export interface Alignment {
  /** Where each stream's axis begins on the common one; the least is 0. */
  readonly offsetsMs: readonly number[];
  /** End of the last stream. */
  readonly lengthMs: number;
  /** Wall clock at 0 of the common axis; NaN when no stream has a packet. */
  readonly originMs: number;
}

/**
 * Aligns by the sender's clock where streams share one (RTCP sender reports of the same CNAME), else by arrival, the
 * least delay of each stream taken. Streams faster than real time began as much further apart as they are faster.
 */
export function align(timelines: readonly Timeline[]): Alignment {
  const starts = startsMs(timelines);
  const known = starts.filter((ms) => !Number.isNaN(ms));
  const originMs = known.length > 0 ? known.reduce((a, b) => Math.min(a, b)) : Number.NaN;
  const paces = timelines.map(({ pace }) => pace).filter((_, index) => !Number.isNaN(starts[index]));
  const pace = paces.reduce((least, one) => Math.min(least, one), paces[0] ?? 1);
  const offsetsMs = starts.map((ms) => (Number.isNaN(ms) ? 0 : onSample((ms - originMs) * pace)));
  const lengthMs = timelines.reduce(
    (most, timeline, index) => Math.max(most, offsetsMs[index]! + timeline.lengthMs),
    0,
  );
  return { offsetsMs, lengthMs, originMs };
}

// A sender's clock that contradicts arrival by more is no clock (RFC 3550 §4 allows zeros and uptimes).
const clockDoubtMsMax = 2_000;
const onSample = (ms: number) => Math.round(ms * 8) / 8;

function startsMs(timelines: readonly Timeline[]): number[] {
  const starts = timelines.map(({ originMs }) => originMs);
  const cnames = timelines.map(({ senderClock }) => senderClock?.cname);
  for (const cname of new Set(cnames)) {
    const members = [...cnames.keys()].filter((index) => cnames[index] === cname && !Number.isNaN(starts[index]));
    if (cname === undefined || members.length < 2) continue;
    const clock = (index: number) => timelines[index]!.senderClock!.originMs;
    const delays = members.map((index) => starts[index]! - clock(index));
    const leastMs = delays.reduce((a, b) => Math.min(a, b));
    const realTime = members.every((index) => timelines[index]!.pace === 1);
    if (realTime && delays.some((ms) => ms - leastMs > clockDoubtMsMax)) continue;
    for (const index of members) starts[index] = clock(index) + leastMs;
  }
  return starts;
}
