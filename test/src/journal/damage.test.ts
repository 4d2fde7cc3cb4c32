// Every kind of damage to a segment: found, nothing wrong delivered, everything before it kept.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectJournal, readStreams, SegmentReader } from '#src/journal';
import { seededRandom } from '#src/ports';
import { folder, keys, memoryJournal, readSegment, type SegmentContent, writer } from './fixture.ts';
import { MemoryFiles } from './memory-files.ts';

const full = process.env['TWINREEL_FULL'] !== undefined;
const timeout = full ? 240_000 : 60_000;
const zeros = 4_096;

// A killed writer's segment: blocks, then pre-allocated zeros.
async function killedSegment() {
  const { journal, files } = memoryJournal();
  const random = seededRandom(3);
  for (let count = 0; count < 30; count += 1) {
    // Blocks of 0.5 to 4 KiB, 64 KiB in all.
    const records = 3 + Math.floor(random.fraction() * 19);
    for (let record = 0; record < records; record += 1) journal.append('rtp', 1, count, random.bytes(172));
    journal.flush();
  }
  const name = files.list(folder)[0]!;
  const path = join(folder, name);
  const content = await readSegment(files, name);
  const written = files.bytes(path);
  return { name, path, content, written, bytes: Buffer.concat([written, Buffer.alloc(zeros)]) };
}

async function readDamaged(name: string, bytes: Buffer): Promise<SegmentContent | undefined> {
  const files = new MemoryFiles();
  files.replace(join(folder, name), bytes);
  return readSegment(files, name).catch((error) => {
    expect(error).toMatchObject({ code: 'journal-unreadable' });
    return undefined;
  });
}

// Unwrapping a key costs more than reading 64 KiB. So the thousands of damages are read by readers that were opened once: a
// reader that finds nothing it can verify stays where it is, and reads the same place from the file again when asked again.
async function readerBehind(path: string, bytes: Buffer) {
  const files = new MemoryFiles();
  files.replace(path, bytes);
  const reader = await SegmentReader.open(path, { privateKey: keys.privateKey, files });
  while (await reader.next());
  return { files, reader };
}

function digestOf(records: SegmentContent['records']): string {
  const hash = createHash('sha256');
  for (const { kind, stream, atUs, bytes } of records) hash.update(`${kind} ${stream} ${atUs} `).update(bytes);
  return `${records.length} records ${hash.digest('hex')}`;
}

/** The records of the first blocks. */
function recordsIn(content: SegmentContent, blocks: number): SegmentContent['records'] {
  return content.blocks.slice(0, blocks).flatMap(({ records }) => records);
}

/** Where blocks begin, and where the last one ends. */
function startsIn({ blocks, report }: SegmentContent): readonly number[] {
  return [...blocks.map(({ position }) => position.offset), report.bytesKept];
}

describe('damaged segment', () => {
  it('R-REC-5: an untouched tail of zeros is no damage', async () => {
    const { name, bytes, written } = await killedSegment();
    const read = await readDamaged(name, bytes);
    const whole = { segment: name, blocksKept: 30, bytesKept: written.length, cutAt: null, reason: 'open' };
    expect(read!.report).toEqual(whole);
  });

  it.each(['nothing', 'zeros'] as const)(
    'R-REC-5: a torn tail is cut and reported at every byte it can tear at, with %s behind',
    async (behind) => {
      const { path, content, written } = await killedSegment();
      expect(written.length).toBeGreaterThan(64 * 1024);
      const starts = startsIn(content);
      const [first] = starts as [number];
      const torn = Buffer.concat([written.subarray(0, first), Buffer.alloc(written.length + zeros - first)]);
      const { files, reader } = await readerBehind(path, torn);
      const wrong: string[] = [];
      let [cuts, kept] = [0, 0];
      for (let cut = first; cut < written.length; cut += 1) {
        if (cut > first) torn[cut - 1] = written[cut - 1]!;
        files.replace(path, behind === 'zeros' ? torn : torn.subarray(0, cut));
        // A block that ends in zeros is whole where only these are torn off and zeros stand.
        let whole = cut;
        while (behind === 'zeros' && written[whole] === 0) whole += 1;
        for (let block = await reader.next(); block; block = await reader.next()) {
          if (digestOf(block.records) !== digestOf(content.blocks[kept]!.records)) wrong.push(`records at ${cut}`);
          kept += 1;
        }
        if (!(starts[kept]! <= whole && whole < (starts[kept + 1] ?? Number.POSITIVE_INFINITY)))
          wrong.push(`${kept} blocks at ${cut}`);
        const report = await reader.report();
        const cutAt = whole === starts[kept] ? null : starts[kept]!;
        if (report.blocksKept !== kept || report.bytesKept !== starts[kept] || report.cutAt !== cutAt)
          wrong.push(`${JSON.stringify(report)} at ${cut}`);
        cuts += 1;
      }
      expect(wrong).toEqual([]);
      // The last block is whole without its last byte where that is a zero, too.
      const last = behind === 'zeros' && written.at(-1) === 0 ? 0 : 1;
      expect({ cuts, kept }).toEqual({ cuts: written.length - first, kept: content.blocks.length - last });
    },
  );

  it('R-REC-5: so it is for who opens the torn segment', { timeout }, async () => {
    const { name, content, written } = await killedSegment();
    const starts = startsIn(content);
    const borders = starts.slice(0, -1).flatMap((start) => [start, start + 1]);
    const between = Array.from(written, (_, at) => at).filter((at) => at > starts[0]! && at % (full ? 23 : 701) === 0);
    for (const cut of [...borders, ...between]) {
      const kept = starts.filter((start) => start <= cut).length - 1;
      const bytesKept = starts[kept]!;
      const read = await readDamaged(name, written.subarray(0, cut));
      expect(digestOf(read!.records)).toBe(digestOf(recordsIn(content, kept)));
      expect(read!.report).toMatchObject({ blocksKept: kept, bytesKept, cutAt: bytesKept === cut ? null : bytesKept });
    }
  });

  it('R-REC-5: a segment torn within its own header is refused', async () => {
    const { name, content, written } = await killedSegment();
    const [first] = startsIn(content);
    for (let cut = 0; cut < first!; cut += 1) expect(await readDamaged(name, written.subarray(0, cut))).toBeUndefined();
  });

  it('R-REC-5: a block whose header never reached the disk is reported although zeros stand there', async () => {
    const { name, content, bytes } = await killedSegment();
    const torn = Buffer.from(bytes);
    const start = content.blocks[12]!.position.offset;
    torn.fill(0, start, start + 104);
    const read = await readDamaged(name, torn);
    expect(read!.report).toMatchObject({ blocksKept: 12, cutAt: start, reason: 'magic' });
  });

  it('R-REC-5: each of 10,000 flipped bits is found, and nothing wrong is delivered', async () => {
    const { name, path, content, bytes } = await killedSegment();
    const random = seededRandom(5);
    const starts = startsIn(content);
    // One that stands before each block, and one behind the last: a flipped bit is found by who stands before it.
    const standing = await Promise.all(starts.map((start) => readerBehind(path, bytes.subarray(0, start))));
    const wrong: string[] = [];
    let [found, refused] = [0, 0];
    for (let count = 0; count < 10_000; count += 1) {
      const at = Math.floor(random.fraction() * bytes.length);
      const flipped = Buffer.from(bytes);
      flipped[at] = flipped[at]! ^ (1 << Math.floor(random.fraction() * 8));
      const kept = starts.filter((start) => start <= at).length - 1;
      if (kept < 0) {
        expect(await readDamaged(name, flipped)).toBeUndefined();
        refused += 1;
        continue;
      }
      const { files, reader } = standing[kept]!;
      files.replace(path, flipped);
      const delivered = await reader.next();
      const { blocksKept, cutAt } = await reader.report();
      if (delivered === undefined && blocksKept === kept && cutAt === starts[kept]) found += 1;
      else wrong.push(`${kept} blocks kept of ${at}, cut at ${cutAt}`);
    }
    expect(wrong).toEqual([]);
    expect(found + refused).toBe(10_000);
    expect(found).toBeGreaterThan(9_000);
    // Nobody has lost his way: with the bits turned back, each reads on to the end.
    for (const [block, { files, reader }] of standing.entries()) {
      files.replace(path, bytes);
      for (let next = block; next < content.blocks.length; next += 1) {
        expect(digestOf((await reader.next())!.records)).toBe(digestOf(content.blocks[next]!.records));
      }
      expect(await reader.report()).toMatchObject({ blocksKept: content.blocks.length, reason: 'open' });
    }
  });

  it('R-REC-5: a flipped bit cuts the same for who opens the segment', { timeout }, async () => {
    const { name, content, bytes } = await killedSegment();
    const random = seededRandom(6);
    const starts = startsIn(content);
    for (let count = 0; count < (full ? 2_000 : 200); count += 1) {
      const at = starts[0]! + Math.floor(random.fraction() * (bytes.length - starts[0]!));
      const flipped = Buffer.from(bytes);
      flipped[at] = flipped[at]! ^ (1 << Math.floor(random.fraction() * 8));
      const kept = starts.filter((start) => start <= at).length - 1;
      const read = await readDamaged(name, flipped);
      expect(read!.report.cutAt).toBe(starts[kept]);
      expect(digestOf(read!.records)).toBe(digestOf(recordsIn(content, kept)));
    }
  });

  it('R-REC-5: blocks taken out, exchanged or brought from elsewhere break the chain, without any key', async () => {
    const { name, path, content, written } = await killedSegment();
    const starts = [...content.blocks.map(({ position }) => position.offset), written.length];
    const block = (index: number) => written.subarray(starts[index]!, starts[index + 1]!);
    const head = written.subarray(0, starts[5]!);
    const other = await killedSegment();
    const otherBlock = other.written.subarray(other.content.blocks[5]!.position.offset);
    for (const [tail, reason] of [
      [Buffer.concat([block(6), block(7)]), 'sequence'],
      [Buffer.concat([block(6), block(5)]), 'sequence'],
      [otherBlock, 'chain'],
    ] as const) {
      const files = new MemoryFiles();
      files.replace(path, Buffer.concat([head, tail]));
      const inspection = await inspectJournal(folder, files);
      const report = { segment: name, blocksKept: 5, bytesKept: starts[5], cutAt: starts[5], reason };
      expect(inspection).toMatchObject({ intact: false, segments: [{ state: 'readable', report }] });
    }
  });

  it('R-REC-5: a segment taken out or replaced shows in the chain of the next one', async () => {
    const { journal, files } = memoryJournal({ segmentBytesMax: 2_000 });
    for (let count = 0; count < 20; count += 1) {
      journal.append('rtp', 1, count, Buffer.alloc(300, count));
      journal.flush();
    }
    await journal.close();
    const [first, second] = files.list(folder) as [string, string];
    files.replace(join(folder, second), files.bytes(join(folder, first)));
    const replaced = await inspectJournal(folder, files);
    expect(replaced.intact).toBe(false);
    await files.remove(join(folder, second));
    const removed = await inspectJournal(folder, files);
    expect(removed.segments[1]).toMatchObject({ chain: 'missing' });
  });

  it('R-REC-5: a segment without a whole header does not stop the reading of the others', async () => {
    const { journal, files } = memoryJournal({ segmentBytesMax: 2_000 });
    for (let count = 0; count < 12; count += 1) {
      journal.fact(1, { fact: 'stream-opened', stream: 'one' });
      journal.append('rtp', 1, count, Buffer.alloc(300, count));
      journal.flush();
    }
    await journal.close();
    const names = files.list(folder);
    files.replace(join(folder, names[1]!), Buffer.alloc(100));
    const reading = readStreams({ folder, writer, privateKey: keys.privateKey, streams: new Set(['one']), files });
    let step = await reading.next();
    while (!step.done) step = await reading.next();
    expect(step.value[1]).toEqual({ segment: names[1], blocksKept: 0, bytesKept: 0, cutAt: 0, reason: 'header' });
    expect(step.value.filter(({ reason }) => reason === 'closed')).toHaveLength(names.length - 1);
  });

  it('R-REC-5: what is read without the key verifies in the same way', async () => {
    const { name, path, bytes } = await killedSegment();
    const files = new MemoryFiles();
    files.replace(path, bytes);
    const reader = await SegmentReader.open(path, { files });
    let blocks = 0;
    for (let block = await reader.next(); block; block = await reader.next()) {
      expect(block.records).toEqual([]);
      blocks += 1;
    }
    expect(blocks).toBe(30);
    expect(reader.segment).toBe(name);
  });
});
