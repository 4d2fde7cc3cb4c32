// A search looks at slices of time, newest first, each eight times as long as the one before, until it has what was asked for. So what is
// frequent is found in a short slice, whatever it is; and of what is not found there, a long slice has few, which an index collects
// fast. Without slices the planner would have to guess which of both it is, and a wrong guess reads everything.

/** From `fromMs` on, before `toMs`. */
export interface Slice {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Whether it has so few that each is looked at: an index of terms would collect all of its month that have a frequent one. */
export function isShort({ fromMs, toMs }: Slice): boolean {
  return toMs - fromMs <= firstMs;
}

const firstMs = 3_600_000;
const growth = 8;

/** Slices that cover the span without gap or overlap, newest first. */
export function* slicesOf({ fromMs, toMs }: Slice): Generator<Slice> {
  let [end, lengthMs] = [toMs, firstMs];
  while (end > fromMs) {
    const begin = Math.max(fromMs, end - lengthMs);
    yield { fromMs: begin, toMs: end };
    [end, lengthMs] = [begin, lengthMs * growth];
  }
}
