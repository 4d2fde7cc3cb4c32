// Numbers from 1 on, as ranges: which offsets of a writer were taken. Pure.

/** Bounds of ranges that neither touch nor overlap, ascending; both bounds belong to it. */
export type Ranges = readonly (readonly [from: number, to: number])[];

/** With all numbers behind `after`, up to and with `to`. */
export function withStretch(ranges: Ranges, after: number, to: number): Ranges {
  if (after >= to) return ranges;
  let [low, high] = [after + 1, to];
  const before: (readonly [number, number])[] = [];
  const behind: (readonly [number, number])[] = [];
  for (const range of ranges) {
    if (range[1] < low - 1) before.push(range);
    else if (range[0] > high + 1) behind.push(range);
    else [low, high] = [Math.min(low, range[0]), Math.max(high, range[1])];
  }
  return [...before, [low, high], ...behind];
}

export function union(some: Ranges, others: Ranges): Ranges {
  return others.reduce((all, [from, to]) => withStretch(all, from - 1, to), some);
}

export function has(ranges: Ranges, number: number): boolean {
  return ranges.some(([from, to]) => from <= number && number <= to);
}

/** The first number up to `max` that is missing; undefined when none is. */
export function firstMissing(ranges: Ranges, max: number): number | undefined {
  const first = ranges[0]?.[0] === 1 ? ranges[0][1] + 1 : 1;
  return first <= max ? first : undefined;
}

/** `1-7,9-12` */
export function rangesText(ranges: Ranges): string {
  return ranges.map(([from, to]) => `${from}-${to}`).join(',');
}

/** What {@link rangesText} wrote; of anything else nothing. */
export function readRanges(text: string): Ranges {
  return text.split(',').reduce<Ranges>((ranges, part) => {
    const [, from, to] = /^(\d+)-(\d+)$/.exec(part) ?? [];
    return from === undefined || Number(from) < 1 ? ranges : withStretch(ranges, Number(from) - 1, Number(to));
  }, []);
}
