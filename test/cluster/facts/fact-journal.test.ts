import { describe, expect, it } from 'vitest';
import { FactJournal } from '#cluster/facts';
import { seededRandom, VirtualClock } from '#src/ports';
import { MemoryFiles } from '../../src/journal/memory-files.ts';
import { journalKeys } from '../../src/recording/capture-journal.ts';

interface Fact {
  readonly said: string;
}

function open(files: MemoryFiles, clock: VirtualClock): Promise<FactJournal<Fact>> {
  return FactJournal.open<Fact>({
    folder: '/facts',
    writer: 'core',
    ...journalKeys,
    segmentBytesMax: 2 ** 20,
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
});
