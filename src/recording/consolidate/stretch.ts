// Stretches of time: from, and to unless they last. Pure.

export interface Stretch {
  readonly fromMs: number;
  /** Absent while it lasts. */
  readonly toMs?: number | undefined;
}

export interface EndedStretch extends Stretch {
  readonly toMs: number;
}

/** What at least one of them covers, in order; those that touch become one. */
export function union(stretches: readonly Stretch[]): { fromMs: number; toMs?: number }[] {
  return endedUnion(stretches.map(({ fromMs, toMs = Number.POSITIVE_INFINITY }) => ({ fromMs, toMs }))).map(lasting);
}

/** The same of those that have all ended. */
export function endedUnion(stretches: readonly EndedStretch[]): EndedStretch[] {
  const joined: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of stretches.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = joined.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else joined.push({ fromMs, toMs });
  }
  return joined;
}

/** What of `whole` none of `others` covers. */
export function without(whole: Stretch, others: readonly Stretch[]): { fromMs: number; toMs?: number }[] {
  const endMs = whole.toMs ?? Number.POSITIVE_INFINITY;
  const rest: { fromMs: number; toMs: number }[] = [];
  let atMs = whole.fromMs;
  for (const { fromMs, toMs = Number.POSITIVE_INFINITY } of union(others)) {
    if (fromMs > atMs) rest.push({ fromMs: atMs, toMs: Math.min(fromMs, endMs) });
    atMs = Math.max(atMs, toMs);
    if (atMs >= endMs) break;
  }
  if (atMs < endMs) rest.push({ fromMs: atMs, toMs: endMs });
  return rest.filter(({ fromMs, toMs }) => fromMs < toMs).map(lasting);
}

/** What both cover; undefined when they do not meet. */
export function common(one: Stretch, other: Stretch): { fromMs: number; toMs?: number } | undefined {
  const fromMs = Math.max(one.fromMs, other.fromMs);
  const toMs = Math.min(one.toMs ?? Number.POSITIVE_INFINITY, other.toMs ?? Number.POSITIVE_INFINITY);
  return fromMs < toMs ? lasting({ fromMs, toMs }) : undefined;
}

function lasting({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }) {
  return toMs === Number.POSITIVE_INFINITY ? { fromMs } : { fromMs, toMs };
}
