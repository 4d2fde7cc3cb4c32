// A disk that fills up under a running journal, and is given room again.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, memoryJournal, readTexts, settle, writer } from './fixture.ts';
import { MemoryFiles } from './memory-files.ts';

const segmentBytesMax = 10_000;
const reserveBytes = 30_000;
const reserve = join(folder, `${writer}.reserve`);

/** A journal with a reserve on a disk of so many bytes, and a packet every 20 ms. */
async function onDisk(bytes: number, files = new MemoryFiles()) {
  files.bytesMax = bytes;
  const running = memoryJournal({ segmentBytesMax, reserveBytes }, files);
  const { journal, clock } = running;
  const said: string[] = [];
  const speak = async (packets: number) => {
    for (let count = 0; count < packets; count += 1) {
      const text = `packet ${said.length} ${'x'.repeat(200)}`;
      said.push(text);
      journal.append('rtp', 1, clock.nowMs() * 1_000, Buffer.from(text));
      clock.advance(20);
      await settle();
    }
  };
  await settle();
  const alarms = () => running.alarms.map(({ alarm }) => alarm);
  return { ...running, files, said, speak, alarms };
}

describe('a disk that fills up', () => {
  it('R-REC-5: a reserve is kept beside the journal while there is room', async () => {
    const { journal, files, alarms } = await onDisk(100_000);
    expect(await files.sizeOf(reserve)).toBe(reserveBytes);
    expect(journal.isScarce).toBe(false);
    await journal.close();
    expect(alarms()).toEqual([]);
  });

  it('R-REC-5: nothing new is to be begun before the disk refuses; what runs goes on into the reserve', async () => {
    const { journal, files, clock, said, speak, alarms } = await onDisk(100_000);
    await speak(5);
    files.bytesMax = 100_000 - (await files.freeBytes()); // somebody else has taken the rest
    clock.advance(500);
    await settle();
    expect(journal.isScarce).toBe(true);
    expect(alarms()).toEqual(['disk-full']);
    await speak(80);
    expect(await files.sizeOf(reserve)).toBe(0);
    expect(journal.recordsDropped).toBe(0);
    await journal.close();
    expect(await readTexts(files)).toEqual(said);
  });

  it('R-REC-5: when space returns the reserve is whole again, and new streams are welcome', async () => {
    const { journal, files, clock, said, speak, alarms } = await onDisk(100_000);
    files.bytesMax = 100_000 - (await files.freeBytes());
    await speak(80);
    expect(journal.isScarce).toBe(true);
    files.bytesMax = 200_000;
    await speak(30);
    expect(journal.isScarce).toBe(false);
    expect(await files.sizeOf(reserve)).toBe(reserveBytes);
    expect(alarms().filter((alarm) => alarm.startsWith('disk'))).toEqual(['disk-full', 'disk-full-over']);
    clock.advance(1_000);
    await journal.close();
    expect(await readTexts(files)).toEqual(said);
  });

  it('R-REC-5: room for a segment alone is not enough to be called ample', async () => {
    const { journal, files, speak } = await onDisk(100_000);
    files.bytesMax = 100_000 - (await files.freeBytes());
    await speak(80);
    files.bytesMax += segmentBytesMax + reserveBytes / 2;
    await speak(30);
    expect(journal.isScarce).toBe(true);
    await journal.close();
  });

  it('R-REC-5: an incarnation that begins on a full disk uses the reserve of the one before', async () => {
    const before = await onDisk(100_000);
    await before.speak(3);
    const { files } = before;
    files.bytesMax = 100_000 - (await files.freeBytes());
    const { journal, said, speak } = await onDisk(files.bytesMax, files);
    await speak(20);
    expect(journal.isScarce).toBe(true);
    await journal.close();
    expect(await readTexts(files)).toEqual([...before.said, ...said]);
  });

  it('R-REC-5: when the reserve is used up too, records wait, and come in order when space returns', async () => {
    const { journal, files, clock, said, speak } = await onDisk(60_000);
    await speak(220);
    files.bytesMax = 300_000;
    clock.advance(1_000);
    await settle();
    await journal.close();
    expect(journal.recordsDropped).toBe(0);
    expect(await readTexts(files)).toEqual(said);
  });

  it('R-REC-5: without a reserve nobody is told before', async () => {
    const { journal, files } = memoryJournal({ segmentBytesMax });
    files.bytesMax = 0;
    await settle();
    expect(journal.isScarce).toBe(false);
    expect(files.list(folder)).toHaveLength(1);
  });

  it('R-REC-5: a journal without a reserve takes as much ahead as it has written: the rest is left to those who need it now', async () => {
    const files = new MemoryFiles();
    files.bytesMax = 2 ** 30;
    const takenKiB = async () => Math.round((2 ** 30 - (await files.freeBytes())) / 1_024);
    const { journal } = memoryJournal({ segmentBytesMax: 2 ** 24, blockBytesMax: 2 ** 21 }, files);
    await settle();
    expect(await takenKiB()).toBe(257);
    journal.fact(0, 'x'.repeat(2 ** 20));
    journal.flush();
    await settle();
    expect(await takenKiB()).toBe(2 * 1_025);
    await journal.close();
    expect(await takenKiB()).toBe(1_025);
  });

  it('R-REC-5: a segment that was refused is begun anew at once, though what it began is still there', async () => {
    const files = new MemoryFiles();
    files.remove = async () => {}; // Whoever removes takes longer than the next attempt.
    const { journal, said, speak } = await onDisk(100_000, files);
    files.bytesMax = 100_000 - (await files.freeBytes());
    await speak(80);
    expect(journal.recordsDropped).toBe(0);
    expect(journal.waiting).toBe(0);
    await journal.close();
    expect(said).toHaveLength(80);
  });
});
