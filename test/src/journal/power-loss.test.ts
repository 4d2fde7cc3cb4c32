// A run of the journal, ended after every single thing it does to the disk: by a kill, by power loss, by power loss that
// lets some sectors through. What was to survive is there, and nothing else ever is.

import { describe, expect, it } from 'vitest';
import { seededRandom, VirtualClock } from '#src/ports';
import { folder, memoryJournal, readSegment, settle } from './fixture.ts';
import { Killed, MemoryFiles } from './memory-files.ts';

const full = process.env['TWINREEL_FULL'] !== undefined;

const tickMs = 10;
const runMs = 1_000;
const blockMs = 20;
const powerLossMsMax = 200;
const syncTakesMs = 30;

interface Said {
  readonly text: string;
  readonly atMs: number;
}

/** Two packets every 20 ms, in small segments; says what was appended before the process was killed, and when that was. */
async function run(operationsMax: number, failingSync?: number) {
  const files = new MemoryFiles();
  files.makeFolder(folder);
  files.operations = 0;
  files.operationsMax = operationsMax;
  const clock = new VirtualClock();
  files.syncTakes = { clock, ms: syncTakesMs };
  const said: Said[] = [];
  const options = { clock, segmentBytesMax: 6_000, onSegment: () => journal.fact(1, { fact: 'stream-opened' }) };
  const { journal, alarms } = memoryJournal(options, files);
  for (let tick = 0; tick < runMs / tickMs && files.operations < operationsMax; tick += 1) {
    if (tick % 2 === 0) {
      for (const stream of [1, 2]) {
        const text = `${stream} ${tick} ${'x'.repeat(100)}`;
        journal.append('rtp', stream, clock.nowMs() * 1_000, Buffer.from(text));
        said.push({ text, atMs: clock.nowMs() });
      }
    }
    if (failingSync !== undefined && files.syncs === failingSync) files.failNextSync = true;
    clock.advance(tickMs);
    await settle();
  }
  return { files, clock, journal, said, alarms, endMs: clock.nowMs() };
}

/** What is read back, whole folder. */
async function packetsIn(files: MemoryFiles): Promise<string[]> {
  const texts: string[] = [];
  for (const name of files.list(folder)) {
    const content = await readSegment(files, name).catch((error) => {
      expect(error).toMatchObject({ code: 'journal-unreadable' });
      return undefined;
    });
    texts.push(...(content?.records ?? []).filter(({ kind }) => kind === 'rtp').map(({ bytes }) => bytes.toString()));
  }
  return texts;
}

/** Nothing wrong and nothing out of order is read; everything is that was said until then. */
function judge(read: readonly string[], said: readonly Said[], surelyUntilMs: number): void {
  const sure = said.filter(({ atMs }) => atMs <= surelyUntilMs).length;
  expect(read).toEqual(said.slice(0, read.length).map(({ text }) => text));
  expect(read.length).toBeGreaterThanOrEqual(sure);
}

async function everyPoint(step: number, at: (point: number) => Promise<void>): Promise<number> {
  const { files } = await run(Number.POSITIVE_INFINITY);
  const points = files.operations;
  // The first two make the first segment: before that nothing is said.
  for (let point = 2; point <= points; point += step) await at(point);
  return points;
}

describe('a journal that is ended at any point', () => {
  it('R-REC-5: a kill costs the unwritten block, whatever was being done', async () => {
    const points = await everyPoint(full ? 1 : 3, async (point) => {
      const { files, said, endMs } = await run(point);
      judge(await packetsIn(files), said, endMs - tickMs - blockMs);
    });
    expect(points).toBeGreaterThan(90);
  });

  it('R-REC-5: power loss costs at most 200 ms, and never delivers a wrong byte', async () => {
    await everyPoint(full ? 1 : 3, async (point) => {
      const { files, said, endMs } = await run(point);
      files.losePower();
      judge(await packetsIn(files), said, endMs - powerLossMsMax);
    });
  });

  it('R-REC-5: so it is when some sectors came through that were not synced', async () => {
    const random = seededRandom(17);
    await everyPoint(full ? 1 : 3, async (point) => {
      const { files, said, endMs } = await run(point);
      files.losePower(random);
      judge(await packetsIn(files), said, endMs - powerLossMsMax);
    });
  });

  it('R-REC-5: the next incarnation goes on beside what is left, and both are read', async () => {
    await everyPoint(full ? 1 : 9, async (point) => {
      const { files, said, endMs } = await run(point);
      files.losePower();
      const before = (await packetsIn(files)).length;
      // A clock of its own: on that of the killed one it would go on as if nothing had happened.
      const clock = new VirtualClock(endMs + 1_000);
      files.syncTakes = undefined;
      const { journal } = memoryJournal({ clock }, files);
      journal.append('rtp', 1, clock.nowMs() * 1_000, Buffer.from('after'));
      await journal.close();
      files.losePower();
      const read = await packetsIn(files);
      expect(read.at(-1)).toBe('after');
      judge(read.slice(0, -1), said, endMs - powerLossMsMax);
      expect(read).toHaveLength(before + 1);
    });
  });

  it('R-REC-5: whichever sync fails, nothing that was appended is lost without power loss, and it is alarmed', async () => {
    const { files } = await run(Number.POSITIVE_INFINITY);
    for (let sync = 0; sync < files.syncs - 1; sync += full ? 1 : 3) {
      const { files: failed, said, journal, clock, alarms } = await run(Number.POSITIVE_INFINITY, sync);
      expect(alarms.map(({ alarm }) => alarm)).toEqual(['sync-failed']);
      journal.flush();
      clock.advance(1_000);
      await settle();
      expect(await packetsIn(failed)).toEqual(said.map(({ text }) => text));
    }
  });

  it('R-REC-5: who waits for durability is told the truth at any point', async () => {
    for (let point = 3; point < 60; point += full ? 1 : 3) {
      const files = new MemoryFiles();
      files.makeFolder(folder);
      files.operations = 0;
      files.operationsMax = point;
      const promised: string[] = [];
      try {
        const { journal } = memoryJournal({ segmentBytesMax: 600 }, files);
        for (let count = 0; count < 20; count += 1) {
          journal.append('rtp', 1, count, Buffer.from(`${count}`));
          await journal.durable();
          promised.push(`${count}`);
        }
      } catch (error) {
        if (!(error instanceof Killed)) expect(error).toHaveProperty('code');
      }
      files.losePower();
      expect((await packetsIn(files)).slice(0, promised.length)).toEqual(promised);
    }
  });
});
