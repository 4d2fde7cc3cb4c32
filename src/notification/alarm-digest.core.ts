// Decides when alarms go out by mail: a new kind at once, with what comes within a moment; a kind that was mailed not again before
// the quiet time is over, and then with how often it came. Pure.

export interface Alarm {
  /** Its kind, such as `disk-full`. */
  readonly alarm: string;
  readonly text: string;
}

/** Alarms of one kind that are not mailed yet. */
export interface AlarmCount extends Alarm {
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface AlarmDigest {
  readonly waiting: ReadonlyMap<string, AlarmCount>;
  /** When each kind was mailed last. */
  readonly mailedMs: ReadonlyMap<string, number>;
}

export const noAlarms: AlarmDigest = { waiting: new Map(), mailedMs: new Map() };

/** Kinds are few; were they made up from something else, they are bounded all the same. */
const kindsMax = 200;

export function withAlarm(digest: AlarmDigest, { alarm, text }: Alarm, nowMs: number): AlarmDigest {
  const known = digest.waiting.get(alarm);
  if (!known && digest.waiting.size >= kindsMax) return digest;
  const counted = { alarm, text, count: (known?.count ?? 0) + 1, firstMs: known?.firstMs ?? nowMs, lastMs: nowMs };
  return { ...digest, waiting: new Map([...digest.waiting, [alarm, counted]]) };
}

/** Milliseconds until a mail is due; undefined when nothing waits. `gatherMs`: how long a new kind waits for others. */
export function dueInMs(
  { waiting, mailedMs }: AlarmDigest,
  { gatherMs, quietMs }: { readonly gatherMs: number; readonly quietMs: number },
  nowMs: number,
): number | undefined {
  const due = [...waiting.values()].map(({ alarm, firstMs }) =>
    Math.max(firstMs + gatherMs, (mailedMs.get(alarm) ?? Number.NEGATIVE_INFINITY) + quietMs),
  );
  return due.length === 0 ? undefined : Math.max(0, Math.min(...due) - nowMs);
}

/** All that waits is taken into one mail. */
export function taken(digest: AlarmDigest, nowMs: number): readonly [AlarmDigest, readonly AlarmCount[]] {
  const mailed = [...digest.mailedMs, ...[...digest.waiting.keys()].map((alarm) => [alarm, nowMs] as const)];
  return [{ waiting: new Map(), mailedMs: new Map(mailed.slice(-kindsMax)) }, [...digest.waiting.values()]];
}

/** A mail could not be sent: what was in it waits again, besides what came since. */
export function givenBack(digest: AlarmDigest, alarms: readonly AlarmCount[]): AlarmDigest {
  const waiting = new Map(alarms.map((one) => [one.alarm, one]));
  for (const [alarm, later] of digest.waiting) {
    const before = waiting.get(alarm);
    waiting.set(alarm, before ? { ...later, count: before.count + later.count, firstMs: before.firstMs } : later);
  }
  return { ...digest, waiting: new Map([...waiting].slice(0, kindsMax)) };
}
