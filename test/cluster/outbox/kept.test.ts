import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Kept } from '../../../cluster/outbox/kept.ts';
import { Taken } from '../../../cluster/outbox/taken.ts';

const fact = (subject: string, text: string) => ({ subject, type: 'couple', text }) as const;
const shown = (kept: Kept, max = 10) =>
  kept.next(max).map(({ subject, offset, after, text }) => `${subject}=${text} ${after}<${offset}`);

describe('what is kept of a stream', () => {
  it('R-HA-6: the later fact on a subject takes the place of the earlier, one that says the same does not count', () => {
    const kept = new Kept();
    kept.put(fact('a', '1'));
    kept.put(fact('b', '1'));
    expect(kept.put(fact('a', '1'))).toBeUndefined();
    kept.put(fact('a', '2'));
    expect(shown(kept)).toEqual(['b=1 0<2', 'a=2 2<3']);
    expect([kept.untold, kept.bytes]).toEqual([2, 2]);
  });

  it('R-HA-6: what Redis has is not told; what it has no more is', () => {
    const kept = new Kept();
    for (const subject of ['a', 'b', 'c']) kept.put(fact(subject, '1'));
    kept.know(2);
    expect(shown(kept)).toEqual(['c=1 2<3']);
    kept.know(0);
    expect(shown(kept, 2)).toEqual(['a=1 0<1', 'b=1 1<2']);
    // Nobody knows what we have not told yet.
    kept.know(99);
    expect(kept.told).toBe(3);
  });

  it('R-HA-6: over its bounds the oldest goes, first of what Redis has; the newest stays', () => {
    const kept = new Kept();
    for (const subject of ['a', 'b', 'c', 'd']) kept.put(fact(subject, '1234'));
    kept.know(1);
    expect(kept.trim(8, 16)).toEqual({ forgotten: ['a'], lost: 0 });
    expect(kept.trim(8, 10)).toEqual({ forgotten: ['b'], lost: 1 });
    expect(kept.trim(0, 0)).toEqual({ forgotten: ['c'], lost: 1 });
    expect(shown(kept)).toEqual(['d=1234 0<4']);
    expect(kept.put(fact('a', '5'))!.offset).toBe(5);
  });
});

/** What befalls who tells, Redis, and who listens. */
const events = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ event: fc.constant('said' as const), subject: fc.nat(5) }) },
    { weight: 4, arbitrary: fc.record({ event: fc.constantFrom('told', 'told-unheard', 'untaken') }) },
    { weight: 4, arbitrary: fc.record({ event: fc.constant('read' as const), count: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ event: fc.constantFrom('flushed', 'restarted', 'asked') }) },
    { weight: 1, arbitrary: fc.record({ event: fc.constantFrom('replica', 'trimmed'), count: fc.nat(4) }) },
  ),
  { maxLength: 60 },
);

interface Entry {
  readonly subject: string;
  readonly offset: number;
  readonly after: number;
  readonly text: string;
}

describe('who tells, a Redis that forgets, and who listens', () => {
  it('R-HA-6: in the end who listens has the last word on every subject, lacks nothing, and got none twice', () => {
    fc.assert(
      fc.property(events, (happened) => {
        let kept = new Kept();
        let said = 0;
        let redis: { entries: Entry[]; told: number } = { entries: [], told: 0 };
        let read = 0;
        const taken = new Taken();
        const last = new Map<string, Entry>();
        const got = new Set<number>();
        const tell = (max: number, isHeard = true) => {
          const { told } = kept;
          const batch = kept.next(max);
          if (batch.length === 0) return false;
          const had = redis.told;
          redis = { entries: [...redis.entries, ...batch], told: batch.at(-1)!.offset };
          if (isHeard) kept.know(had < told ? had : batch.at(-1)!.offset);
          return true;
        };
        const look = () => {
          if (redis.told < kept.told) kept.know(redis.told);
        };
        const listen = (count: number) => {
          for (const entry of redis.entries.slice(read, read + count)) {
            read += 1;
            const told = { writer: 'w', ...entry };
            if (!taken.has(0, told)) {
              expect(got.has(entry.offset)).toBe(false);
              got.add(entry.offset);
              if ((last.get(entry.subject)?.offset ?? 0) < entry.offset) last.set(entry.subject, entry);
            }
            taken.add(0, told);
          }
        };
        const ask = () => {
          const first = taken.firstMissing(0, 'w', kept.told);
          if (first !== undefined) kept.know(first - 1);
          return first !== undefined;
        };
        for (const one of happened) {
          if (one.event === 'said') {
            said += 1;
            kept.put(fact(`s${'subject' in one ? one.subject : 0}`, String(said)));
          } else if (one.event === 'told') tell(3);
          else if (one.event === 'told-unheard') tell(3, false);
          else if (one.event === 'read') listen('count' in one ? one.count : 0);
          else if (one.event === 'flushed') [redis, read] = [{ entries: [], told: 0 }, 0];
          else if (one.event === 'asked') ask();
          else if (one.event === 'replica') {
            // It lacks the last of what its master took.
            const entries = redis.entries.slice(0, -1 - ('count' in one ? one.count : 0));
            redis = { entries, told: entries.at(-1)?.offset ?? 0 };
            read = Math.min(read, entries.length);
          } else if (one.event === 'trimmed') {
            const gone = Math.min('count' in one ? one.count : 0, redis.entries.length);
            redis = { ...redis, entries: redis.entries.slice(gone) };
            read = Math.max(0, read - gone);
          } else if (one.event === 'restarted') {
            const again = new Kept();
            const before = kept;
            before.know(0);
            for (const { after: _, ...left } of before.next(1_000)) again.restore(left);
            again.know(redis.told);
            kept = again;
          }
        }
        for (let round = 0; round < 3; round += 1) {
          look();
          while (tell(3)) {}
          listen(1_000);
          if (!ask()) break;
        }
        expect(taken.firstMissing(0, 'w', kept.told)).toBeUndefined();
        kept.know(0);
        expect(new Map(kept.next(1_000).map(({ subject, text }) => [subject, text]))).toEqual(
          new Map([...last].map(([subject, { text }]) => [subject, text])),
        );
      }),
      { seed: 2, numRuns: process.env['TWINREEL_FULL'] ? 20_000 : 500 },
    );
  });
});
