import { describe, expect, it } from 'vitest';
import { type AlarmDigest, dueInMs, givenBack, noAlarms, taken, withAlarm } from '#src/notification';

const times = { gatherMs: 1_000, quietMs: 600_000 };
const raised = (digest: AlarmDigest, alarm: string, nowMs: number) =>
  withAlarm(digest, { alarm, text: `${alarm} at ${nowMs}` }, nowMs);

describe('alarms by mail', () => {
  it('R-NOT-2: a new kind goes out at once, with what comes within a moment', () => {
    expect(dueInMs(noAlarms, times, 0)).toBeUndefined();
    const two = raised(raised(noAlarms, 'disk-full', 0), 'sync-failed', 300);
    expect(dueInMs(two, times, 300)).toBe(700);
    const [after, mailed] = taken(two, 1_000);
    expect(mailed.map(({ alarm, count }) => [alarm, count])).toEqual([
      ['disk-full', 1],
      ['sync-failed', 1],
    ]);
    expect(dueInMs(after, times, 1_000)).toBeUndefined();
  });

  it('R-NOT-2: a kind that was mailed is counted until it has been quiet long enough; another kind takes it along', () => {
    let [digest] = taken(raised(noAlarms, 'disk-full', 0), 1_000);
    for (let nowMs = 2_000; nowMs < 102_000; nowMs += 1_000) digest = raised(digest, 'disk-full', nowMs);
    expect(dueInMs(digest, times, 102_000)).toBe(499_000);
    digest = raised(digest, 'sync-failed', 103_000);
    expect(dueInMs(digest, times, 103_000)).toBe(1_000);
    const [, mailed] = taken(digest, 104_000);
    expect(mailed[0]).toEqual({
      alarm: 'disk-full',
      text: 'disk-full at 101000',
      count: 100,
      firstMs: 2_000,
      lastMs: 101_000,
    });
  });

  it('R-NOT-2: what could not be mailed is in the next mail, with all that came since', () => {
    const [after, mailed] = taken(raised(noAlarms, 'disk-full', 0), 1_000);
    const later = raised(raised(after, 'disk-full', 2_000), 'sync-failed', 3_000);
    const [, all] = taken(givenBack(later, mailed), 4_000);
    expect(all.map(({ alarm, count, firstMs }) => [alarm, count, firstMs])).toEqual([
      ['disk-full', 2, 0],
      ['sync-failed', 1, 3_000],
    ]);
  });

  it('R-NOT-2: kinds are bounded', () => {
    let digest = noAlarms;
    for (let kind = 0; kind < 1_000; kind += 1) digest = raised(digest, `kind-${kind}`, kind);
    expect(digest.waiting.size).toBe(200);
  });
});
