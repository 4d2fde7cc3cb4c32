// What the clocks of the takes' nodes are to that of one of them: exactly known on the same node; else by packets that both got, by what
// the sender's reports say (RFC 3550 §6.4.1), or by what was measured otherwise.

import { type Source, type ToldClock, toldClock } from '#src/recording/consolidate';
import type { Copy } from './copy.ts';
import type { Likeness } from './likeness.ts';

type Clock = NonNullable<Source['clock']>;

/** The way of one packet to two recorders differs by so much at the most, where reports are all that is known. */
const reportDoubtMs = 50;
/** A sender whose clock wanders further from arrival has none (RFC 3550 §4 allows zeros and uptimes). */
const reportSpreadMsMax = 2_000;

/** By take, the measure itself among them; takes of whose clock nothing is known are missing. */
export function clocksOf(
  copies: readonly Copy[],
  measure: string,
  held: readonly Likeness[],
  told: readonly ToldClock[],
): Map<string, Clock> {
  const takes = [...new Set(copies.map(({ name }) => name.take))].sort();
  const ways = [sameNode(copies), byPackets(held), byReports(copies), (a: string, b: string) => toldClock(a, b, told)];
  const clocks = new Map<string, Clock>([[measure, { offsetMs: 0, plusMinusMs: 0, by: 'same-clock' }]]);
  const next = () => {
    for (const way of ways) {
      for (const take of takes.filter((one) => !clocks.has(one))) {
        const [best] = [...clocks]
          .flatMap(([known, clock]) => onwards(clock, way(take, known)))
          .sort((a, b) => a.plusMinusMs - b.plusMinusMs || a.offsetMs - b.offsetMs);
        if (best) return { take, best };
      }
    }
    return undefined;
  };
  // One that is found may lead on to others by a better way than the one that led to it.
  for (let found = next(); found; found = next()) clocks.set(found.take, found.best);
  return clocks;
}

/** What is added to times of the first take to get those of the second; undefined when this way does not tell. */
type Way = (take: string, against: string) => Clock | undefined;

function onwards(clock: Clock, step: Clock | undefined): Clock[] {
  if (!step) return [];
  const by = step.by === 'same-clock' ? clock.by : step.by;
  return [{ offsetMs: clock.offsetMs + step.offsetMs, plusMinusMs: clock.plusMinusMs + step.plusMinusMs, by }];
}

function sameNode(copies: readonly Copy[]): Way {
  const nodes = new Map(copies.map(({ name }) => [name.take, name.node]));
  return (take, against) =>
    nodes.get(take) === nodes.get(against) ? { offsetMs: 0, plusMinusMs: 0, by: 'same-clock' } : undefined;
}

function byPackets(held: readonly Likeness[]): Way {
  const differences = new Map<string, number[]>();
  for (const { one, other, differencesMs } of held) {
    const [a, b] = [one.copy.name.take, other.copy.name.take];
    note(differences, pair(b, a), differencesMs);
    note(
      differences,
      pair(a, b),
      differencesMs.map((ms) => -ms),
    );
  }
  const clocks = new Map([...differences].map(([key, found]) => [key, clockBy(found.sort((a, b) => a - b))]));
  return (take, against) => clocks.get(pair(take, against));
}

function clockBy(sortedMs: readonly number[]): Clock {
  const at = (share: number) => sortedMs[Math.floor(share * (sortedMs.length - 1))]!;
  // Eight of ten packets lie within; the median is at least as good as that.
  return { offsetMs: inMicroseconds(at(0.5)), plusMinusMs: inMicroseconds((at(0.9) - at(0.1)) / 2), by: 'packets' };
}

function byReports(copies: readonly Copy[]): Way {
  const delays = new Map<string, Map<string, number>>();
  for (const { name, senderDelaysMs } of copies) {
    const ofTake = delays.get(name.take) ?? new Map<string, number>();
    delays.set(name.take, ofTake);
    for (const [cname, { least, most }] of senderDelaysMs) {
      if (most - least > reportSpreadMsMax) continue;
      ofTake.set(cname, Math.min(least, ofTake.get(cname) ?? least));
    }
  }
  return (take, against) => {
    const [own, other] = [delays.get(take), delays.get(against)];
    const found = [...(own ?? [])].flatMap(([cname, delayMs]) => {
      const otherMs = other?.get(cname);
      return otherMs === undefined ? [] : [otherMs - delayMs];
    });
    if (found.length === 0) return undefined;
    found.sort((a, b) => a - b);
    return { offsetMs: inMicroseconds(found[found.length >> 1]!), plusMinusMs: reportDoubtMs, by: 'rtcp' };
  };
}

function note(differences: Map<string, number[]>, key: string, ms: readonly number[]): void {
  const known = differences.get(key);
  if (known) for (const one of ms) known.push(one);
  else differences.set(key, [...ms]);
}

function pair(take: string, against: string): string {
  return `${take} ${against}`;
}

const inMicroseconds = (ms: number) => Math.round(ms * 1000) / 1000;
