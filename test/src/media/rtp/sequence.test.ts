import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { misorderPacketsMax, SequenceTracker, sequenceVerdict } from '#src/media/rtp';

const runs = process.env['TWINREEL_FULL'] ? 20_000 : 300;

function counts(sequences: readonly number[], ssrc = 7) {
  const tracker = new SequenceTracker();
  for (const sequence of sequences) tracker.observe(ssrc, sequence & 0xffff);
  const { received, lost, duplicates, late, strays, restarts, highest } = tracker;
  return { received, lost, duplicates, late, strays, restarts, highest };
}

describe('sequence tracker', () => {
  const calm = { lost: 0, duplicates: 0, late: 0, strays: 0, restarts: 0 };
  const table: readonly [string, readonly number[], Partial<ReturnType<typeof counts>>][] = [
    ['in order', [1, 2, 3], { ...calm, received: 3, highest: 3 }],
    ['a hole', [1, 2, 5], { ...calm, received: 3, lost: 2 }],
    ['a hole filled late', [1, 2, 4, 3], { ...calm, received: 4, late: 1 }],
    ['twice', [1, 2, 2, 1], { ...calm, received: 2, duplicates: 2 }],
    ['the first ones swapped over the wrap', [0, 65535, 1], { ...calm, received: 3, late: 1, highest: 1 }],
    ['the wrap', [65534, 65535, 0, 1], { ...calm, received: 4, highest: 65537 }],
    ['loss over the wrap', [65534, 2], { ...calm, received: 2, lost: 3, highest: 65538 }],
    ['loss of 3000', [1, 3001], { ...calm, received: 2, lost: 2999 }],
    ['one stray', [1, 2, 30000, 3], { ...calm, received: 3, strays: 1 }],
    ['two strays far apart', [1, 2, 30000, 40000, 3], { ...calm, received: 3, strays: 2 }],
    ['a new start', [1, 2, 30000, 30001], { ...calm, received: 4, restarts: 1, highest: 30001 }],
    ['a new start out of order', [1, 2, 30003, 30000, 30001], { ...calm, received: 5, restarts: 1, lost: 1, late: 2 }],
    ['loss before and after a new start', [1, 3, 30000, 30002], { ...calm, received: 4, restarts: 1, lost: 2 }],
  ];
  it.each(table)('R-REC-3: %s', (_name, sequences, expected) => {
    expect(counts(sequences)).toMatchObject(expected);
  });

  it('R-REC-3: another SSRC starts a run of its own, and what was lost before stays lost', () => {
    const tracker = new SequenceTracker();
    expect(tracker.observe(1, 10)).toBe(sequenceVerdict.inOrder);
    expect(tracker.observe(1, 12)).toBe(sequenceVerdict.inOrder);
    expect(tracker.observe(2, 60000)).toBe(sequenceVerdict.restarted);
    expect(tracker.observe(2, 60002)).toBe(sequenceVerdict.inOrder);
    expect(tracker).toMatchObject({ ssrc: 2, received: 4, lost: 2, restarts: 1 });
  });

  it('R-REC-3: packets in a row may be counted together', () => {
    const scene = fc.array(
      fc.record({ jump: fc.oneof(fc.integer({ min: -130, max: 130 }), fc.nat(0xffff)), row: fc.nat(600) }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(scene, (steps) => {
        const [one, other] = [new SequenceTracker(), new SequenceTracker()];
        for (const { jump, row } of steps) {
          for (const tracker of [one, other]) tracker.observe(7, (tracker.highest + jump) & 0xffff);
          for (let count = 0; count < row; count += 1) one.observe(7, (one.highest + 1) & 0xffff);
          other.observeFollowing(row);
          // A packet twice, and late ones, tell whether each one is known to have been there.
          for (const back of [0, 1, 7, 127])
            expect(other.observe(7, (other.highest - back) & 0xffff)).toBe(
              one.observe(7, (one.highest - back) & 0xffff),
            );
          expect({ ...other, lost: other.lost }).toEqual({ ...one, lost: one.lost });
        }
      }),
      { numRuns: runs, seed: 5 },
    );
  });

  it('R-REC-3: counts are those of a naive count under loss, duplicates and reordering', () => {
    const scene = fc.record({
      first: fc.integer({ min: 0, max: 0xffff }),
      packets: fc.array(
        fc.record({
          lost: fc.boolean(),
          copies: fc.integer({ min: 1, max: 3 }),
          delay: fc.integer({ min: 0, max: 99 }),
        }),
        { minLength: 1, maxLength: 600 },
      ),
    });
    fc.assert(
      fc.property(scene, ({ first, packets }) => {
        const sent = packets.flatMap(({ lost, copies, delay }, index) =>
          lost ? [] : Array.from({ length: copies }, (_, copy) => ({ index, at: index + (copy === 0 ? 0 : delay) })),
        );
        const reordered = sent
          .map((packet) => ({
            ...packet,
            at: packet.at + (packet.index % 3 === 0 ? packets[packet.index]!.delay % 20 : 0),
          }))
          .sort((a, b) => a.at - b.at);
        if (reordered.length === 0) return;
        const indexes = new Set(sent.map(({ index }) => index));
        const lowest = Math.min(...indexes);
        const highest = Math.max(...indexes);
        const tracker = new SequenceTracker();
        for (const { index } of reordered) tracker.observe(9, (first + index) & 0xffff);
        expect(tracker).toMatchObject({
          received: indexes.size,
          lost: highest - lowest + 1 - indexes.size,
          duplicates: sent.length - indexes.size,
          strays: 0,
          restarts: 0,
        });
        expect(tracker.highest & 0xffff).toBe((first + highest) & 0xffff);
      }),
      { seed: 5, numRuns: runs },
    );
  });

  it('R-REC-3: reordering up to 100 and more is no loss, and wraps are counted for as long as one likes', () => {
    const block = misorderPacketsMax;
    const backwards = Array.from({ length: 1600 * block }, (_, index) => index + block - 1 - 2 * (index % block));
    expect(counts(backwards)).toMatchObject({
      received: backwards.length,
      highest: backwards.length - 1,
      lost: 0,
      strays: 0,
      restarts: 0,
    });
  });
});
