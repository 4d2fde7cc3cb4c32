// By whose clock a couple is told. Cores tell by their own; what they measured of recorders' clocks, and what they saw happen, relates them
// to one another and to the clock of a conversation. Pure.

import type { Couple } from '#src/recording';
import type { Source } from './conversation.schema.ts';
import type { ToldClock } from './sources.ts';
import type { Stretch } from './stretch.ts';

type CoupleTake = Couple['takes'][number];
type MeasuredClock = NonNullable<CoupleTake['clock']>;

/** The couple told by a clock that is ahead of its own by `byMs`. */
export function shiftedCouple(couple: Couple, byMs: number): Couple {
  if (byMs === 0) return couple;
  const { startedMs, establishedMs, endedMs, afterCallWork, status } = couple;
  const moved = ({ fromMs, toMs }: Stretch) => ({
    fromMs: fromMs + byMs,
    ...(toMs !== undefined && { toMs: toMs + byMs }),
  });
  return {
    ...couple,
    startedMs: startedMs + byMs,
    ...(establishedMs !== undefined && { establishedMs: establishedMs + byMs }),
    ...(endedMs !== undefined && { endedMs: endedMs + byMs }),
    ...(afterCallWork && { afterCallWork: moved(afterCallWork) }),
    ...(status && { status: { ...status, atMs: status.atMs + byMs } }),
    holds: couple.holds.map(moved),
    takes: couple.takes.map((take) => {
      const { clock } = take;
      return clock ? { ...take, clock: { ...clock, offsetMs: clock.offsetMs + byMs } } : take;
    }),
  };
}

/** What is added to times of `couple` to have them by the clock of `measure`: 0 when nothing relates them. */
export function clockDifferenceMs(measure: Couple, couple: Couple): number {
  const measured = clocksIn(measure).flatMap((one) =>
    clocksIn(couple).flatMap((other) => (one.node === other.node ? [difference(one.clock, other.clock)] : [])),
  );
  return best(measured)?.offsetMs ?? seenDifferenceMs(measure, couple);
}

/** By the clock of the conversation, to which `clockOf` relates those of recorders; as it is where that is not known. */
export function inConversation(couple: Couple, clockOf: (take: string) => MeasuredClock | undefined): Couple {
  const ways = clocksIn(couple).flatMap(({ take, clock }) => {
    const ofTake = clockOf(take);
    return ofTake ? [difference(ofTake, clock)] : [];
  });
  return shiftedCouple(couple, best(ways)?.offsetMs ?? 0);
}

/** What a core that measured the clocks of two recorders knows of them. */
export function clocksTold({ takes }: Couple): ToldClock[] {
  return takes.flatMap((one, index) =>
    takes.slice(index + 1).flatMap((other) => {
      if (!one.clock || !other.clock) return [];
      return [{ take: one.take, against: other.take, ...difference(one.clock, other.clock) }];
    }),
  );
}

/** The more precise one; the same for whoever is asked, in whatever order. */
export function best<Of extends Omit<NonNullable<Source['clock']>, 'by'>>(clocks: readonly Of[]): Of | undefined {
  return clocks.toSorted((a, b) => a.plusMinusMs - b.plusMinusMs || a.offsetMs - b.offsetMs)[0];
}

function clocksIn({ takes }: Couple): (CoupleTake & { readonly clock: MeasuredClock })[] {
  return takes.flatMap((take) => (take.clock ? [{ ...take, clock: take.clock }] : []));
}

/** From what two clocks add to times of one node: what is added to times by the second clock to have them by the first. */
function difference(one: MeasuredClock, other: MeasuredClock): MeasuredClock {
  return { offsetMs: one.offsetMs - other.offsetMs, plusMinusMs: one.plusMinusMs + other.plusMinusMs };
}

/** By what both saw. */
function seenDifferenceMs(measure: Couple, couple: Couple): number {
  const seen = [
    [measure.establishedMs, couple.establishedMs],
    [measure.endedMs, couple.endedMs],
    ...(measure.holds.length === couple.holds.length
      ? measure.holds.map(({ fromMs }, index) => [fromMs, couple.holds[index]!.fromMs])
      : []),
  ].flatMap(([one, other]) => (one === undefined || other === undefined ? [] : [one - other]));
  return seen.sort((a, b) => a - b)[seen.length >> 1] ?? 0;
}
