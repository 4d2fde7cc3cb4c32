import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FactJournal } from '#cluster/facts';
import { seededRandom, VirtualClock } from '#src/ports';
import { MemoryFiles } from '../../src/journal/memory-files.ts';
import { journalKeys } from '../../src/recording/capture-journal.ts';

interface Fact {
  readonly said: string;
}

function open(files: MemoryFiles, clock: VirtualClock, segmentBytesMax = 2 ** 20): Promise<FactJournal<Fact>> {
  return FactJournal.open<Fact>({
    folder: '/facts',
    writer: 'core',
    ...journalKeys,
    segmentBytesMax,
    files,
    clock,
    random: seededRandom(clock.nowMs() % 1_000),
    onAlarm: () => {},
    onCut: () => {},
  });
}

/** What whoever comes after a kill -9 at this moment knows of `subject`. */
async function leftOf(files: MemoryFiles, clock: VirtualClock, subject: string): Promise<string[]> {
  const next = await open(files.copy(), new VirtualClock(clock.nowMs() + 1));
  return next.of(subject).map(({ said }) => said);
}

describe('facts in a journal', () => {
  it('R-SUP-1: what is written survives kill -9 at once, and all that was noted before with it', async () => {
    const [files, clock] = [new MemoryFiles(), new VirtualClock(Date.UTC(2026, 0, 2))];
    const journal = await open(files, clock);
    journal.note('a', [{ said: 'ringing' }]);
    expect(await leftOf(files, clock, 'a')).toEqual([]);
    journal.write('b', [{ said: 'established' }]);
    expect(await leftOf(files, clock, 'a')).toEqual(['ringing']);
    expect(await leftOf(files, clock, 'b')).toEqual(['established']);
  });

  it('R-SUP-1: what is noted survives when it is secured, or some 20 ms later; it is known here at once', async () => {
    const [files, clock] = [new MemoryFiles(), new VirtualClock(Date.UTC(2026, 0, 2))];
    const journal = await open(files, clock);
    journal.note('a', [{ said: 'held' }]);
    expect(journal.of('a')).toEqual([{ said: 'held' }]);
    journal.secure();
    expect(await leftOf(files, clock, 'a')).toEqual(['held']);
    journal.note('a', [{ said: 'retrieved' }]);
    clock.advance(20);
    expect(await leftOf(files, clock, 'a')).toEqual(['held', 'retrieved']);
  });

  /** Writes facts of many subjects until a second segment has begun; returns the subjects. */
  function fill(journal: FactJournal<Fact>, files: MemoryFiles): string[] {
    const subjects: string[] = [];
    while (files.list('/facts').length < 2) {
      subjects.push(`call-${subjects.length}`);
      journal.write(subjects.at(-1)!, [{ said: 'ringing' }]);
    }
    return subjects;
  }

  it('R-SUP-1: a segment repeats those before it a little at a time; at each moment all are there, and in the end in one', async () => {
    const [files, clock] = [new MemoryFiles(), new VirtualClock(Date.UTC(2026, 0, 2))];
    const journal = await open(files, clock, 16_384);
    const subjects = fill(journal, files);
    expect(subjects.length).toBeGreaterThan(40);
    const [over, ...calls] = subjects;
    journal.forget(over!);
    journal.write(calls[0]!, [{ said: 'established' }]);
    const left = async () => {
      const next = await open(files.copy(), new VirtualClock(clock.nowMs() + 1));
      return next.subjects().toSorted();
    };
    const turns: string[][] = [];
    let phase: 'compacting' | 'compacted' = 'compacting';
    const compacting = journal.compact().then(() => {
      phase = 'compacted';
    });
    for (; phase === 'compacting'; await nextTurn()) {
      journal.secure();
      turns.push(await left());
    }
    await compacting;
    turns.push(await left());
    expect(turns.length).toBeGreaterThan(2);
    for (const turn of turns) expect(turn).toEqual(calls.toSorted());
    expect(files.list('/facts')).toHaveLength(1);
    expect(await leftOf(files, clock, calls[0]!)).toEqual(['ringing', 'established']);
  });

  it('R-SUP-1: what stands in a segment that could not be synced is repeated before it is called durable', async () => {
    const [files, clock] = [new MemoryFiles(), new VirtualClock(Date.UTC(2026, 0, 2))];
    // After the start the next sync is that of the segment that is over: time stands still.
    const journal = await open(files, clock, 16_384);
    files.failNextSync = true;
    const subjects = fill(journal, files);
    await nextTurn();
    expect(files.failNextSync).toBe(false);
    await journal.durable();
    files.losePower();
    const next = await open(files, new VirtualClock(clock.nowMs() + 1));
    expect(next.subjects().toSorted()).toEqual(subjects.toSorted());
  });
});
