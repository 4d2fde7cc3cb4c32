import { createHash } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deleteSegment, inspectJournal, type RecordKind, readStreams, SegmentReader } from '#src/journal';
import { folder, keys, memoryJournal, readSegment, readTexts, settle, writer } from './fixture.ts';

const full = process.env['TWINREEL_FULL'] !== undefined;
const runs = { seed: 20_260_101, numRuns: full ? 500 : 60 };

const records = fc.array(
  fc.record({
    kind: fc.constantFrom<RecordKind>('rtp', 'rtcp', 'fact'),
    stream: fc.integer({ min: 0, max: 0xffffffff }),
    afterUs: fc.integer({ min: 0, max: 5_000_000 }),
    bytes: fc.uint8Array({ maxLength: 400 }),
    flush: fc.boolean(),
  }),
  { maxLength: 60 },
);

describe('journal', () => {
  it('R-REC-5: what goes in comes out, in order, over blocks and segments', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (given) => {
        const { journal, files, clock } = memoryJournal({ segmentBytesMax: 8_192 });
        const startUs = clock.nowMs() * 1000;
        let atUs = startUs;
        for (const record of given) {
          atUs += record.afterUs;
          journal.append(record.kind, record.stream, atUs, record.bytes);
          if (record.flush) journal.flush();
        }
        await journal.close();
        const read = (await Promise.all(files.list(folder).map((name) => readSegment(files, name)))).flat();
        expect(read.every(({ report }) => report.reason === 'closed' && report.cutAt === null)).toBe(true);
        let expectedUs = startUs;
        const expected = given.map(({ kind, stream, afterUs, bytes }) => {
          expectedUs += afterUs;
          return { kind, stream, atUs: expectedUs, bytes: Buffer.from(bytes) };
        });
        expect(read.flatMap((segment) => segment.records)).toEqual(expected);
      }),
      runs,
    );
  });

  it('R-REC-5: a block is written when blockMs have passed, without anyone asking', async () => {
    const { journal, files, clock } = memoryJournal({ blockMs: 20 });
    journal.fact(0, 'first');
    clock.advance(19);
    expect(await readTexts(files)).toEqual([]);
    clock.advance(1);
    expect(await readTexts(files)).toEqual(['"first"']);
  });

  it('R-REC-5: power loss costs at most what came after the last sync, which starts every syncMs', async () => {
    const { journal, files, clock } = memoryJournal({ blockMs: 20, syncMs: 100 });
    for (let tick = 0; tick < 50; tick += 1) {
      journal.fact(0, tick);
      clock.advance(20);
      await settle();
    }
    files.losePower();
    const kept = await readTexts(files);
    expect(kept).toEqual(kept.map((_, tick) => String(tick)));
    expect(50 - kept.length).toBeLessThanOrEqual(120 / 20);
    expect(files.syncs).toBeLessThanOrEqual(12);
  });

  it('R-REC-5: durable() resolves only when power loss cannot take what was appended', async () => {
    const { journal, files } = memoryJournal();
    journal.fact(0, 'kept');
    await journal.durable();
    journal.fact(0, 'lost');
    journal.flush();
    files.losePower();
    expect(await readTexts(files)).toEqual(['"kept"']);
  });

  it('R-REC-5: a failed sync is never tried again: the segment is left, a new one with a new key begun, an alarm raised', async () => {
    const { journal, files, alarms } = memoryJournal();
    journal.fact(0, 'before');
    files.failNextSync = true;
    await expect(journal.durable()).rejects.toMatchObject({ code: 'journal-sync-failed' });
    journal.fact(0, 'after');
    await journal.durable();
    expect(alarms.map(({ alarm }) => alarm)).toEqual(['sync-failed']);
    files.losePower();
    const names = files.list(folder);
    await expect(readSegment(files, names[0]!)).rejects.toMatchObject({ code: 'journal-unreadable' });
    expect((await readSegment(files, names[1]!)).records.map(({ bytes }) => bytes.toString())).toEqual(['"after"']);
    await journal.close();
  });

  it('R-REC-5: a full disk holds records back up to a bound, and takes them in order when space returns', async () => {
    const { journal, files, clock, alarms } = memoryJournal({ blockBytesMax: 4_096 });
    journal.fact(0, 'first');
    journal.flush();
    files.bytesMax = files.bytes(join(folder, files.list(folder)[0]!)).length + 50;
    for (let tick = 0; tick < 10; tick += 1) {
      journal.fact(0, `held ${tick}`);
      clock.advance(100);
      await settle();
    }
    await expect(journal.durable()).rejects.toMatchObject({ code: 'journal-sync-failed' });
    expect(alarms.map(({ alarm }) => alarm)).toEqual(['write-failed', 'allocation-refused']);
    expect(files.list(folder).length).toBeLessThanOrEqual(2);
    files.bytesMax = Number.POSITIVE_INFINITY;
    clock.advance(200);
    await journal.durable();
    const held = Array.from({ length: 10 }, (_, tick) => `"held ${tick}"`);
    expect(await readTexts(files)).toEqual(['"first"', ...held]);
    expect(journal.recordsDropped).toBe(0);
    await journal.close();
  });

  it('R-REC-5: beyond that bound records are dropped, counted and alarmed once; the journal goes on afterwards', async () => {
    const { journal, files, clock, alarms } = memoryJournal({ blockBytesMax: 1_024 });
    files.bytesMax = 0;
    for (let count = 0; count < 100; count += 1) journal.append('rtp', 1, clock.nowMs() * 1000, Buffer.alloc(88));
    expect(journal.recordsDropped).toBe(90);
    expect(alarms.filter(({ alarm }) => alarm === 'records-dropped')).toHaveLength(1);
    files.bytesMax = Number.POSITIVE_INFINITY;
    clock.advance(200);
    await settle();
    expect(await readTexts(files)).toHaveLength(10);
    await journal.close();
  });

  it('R-REC-5: each segment starts with what onSegment appends, also after a failure', async () => {
    const opening = () => journal.fact(7, { fact: 'stream-opened', stream: 'party-a' });
    const { journal, files } = memoryJournal({ onSegment: opening, segmentBytesMax: 2_048 });
    opening();
    for (let count = 0; count < 20; count += 1) {
      journal.append('rtp', 7, count, Buffer.alloc(200, count));
      journal.flush();
      if (count === 10) {
        files.failNextSync = true;
        await journal.durable().catch(() => {});
      }
    }
    await journal.close();
    for (const name of files.list(folder)) {
      expect((await readSegment(files, name)).records[0]!.bytes.toString()).toContain('stream-opened');
    }
    const read: number[] = [];
    const streams = new Set(['party-a']);
    for await (const batch of readStreams({ folder, writer, privateKey: keys.privateKey, streams, files })) {
      read.push(...batch.filter(({ kind }) => kind === 'rtp').map(({ bytes }) => bytes[0]!));
    }
    expect(read).toEqual(Array.from({ length: 20 }, (_, count) => count));
  });

  it('R-REC-5: a new incarnation has a segment and a key of its own, named after all earlier ones', async () => {
    const first = memoryJournal();
    first.journal.fact(0, 'first');
    await first.journal.close();
    const second = memoryJournal({}, first.files);
    second.journal.fact(0, 'second');
    await second.journal.close();
    const names = second.files.list(folder);
    expect(names[0]).not.toBe(names[1]);
    const headers = await Promise.all(
      names.map((name) => SegmentReader.open(join(folder, name), { files: second.files })),
    );
    const [one, other] = headers.map(({ header }) => header);
    expect(one!.incarnation).not.toBe(other!.incarnation);
    expect(one!.key.wrapped).not.toBe(other!.key.wrapped);
    expect(await readTexts(second.files)).toEqual(['"first"', '"second"']);
  });

  it('R-REC-5: a segment that is still being written can be followed', async () => {
    const { journal, files } = memoryJournal();
    const path = join(folder, files.list(folder)[0]!);
    const reader = await SegmentReader.open(path, { privateKey: keys.privateKey, files });
    const seen: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      expect(await reader.next()).toBeUndefined();
      expect((await reader.report()).reason).toBe('open');
      journal.fact(0, count);
      journal.flush();
      const block = await reader.next();
      seen.push(...block!.records.map(({ bytes }) => bytes.toString()));
    }
    // A block that is only half there is not delivered, and delivered once it is whole.
    journal.fact(0, 'whole');
    journal.flush();
    const whole = files.bytes(path);
    files.replace(path, whole.subarray(0, whole.length - 7));
    expect(await reader.next()).toBeUndefined();
    expect((await reader.report()).reason).toBe('short');
    files.replace(path, whole);
    const late = await SegmentReader.open(path, { privateKey: keys.privateKey, files, from: reader.position });
    expect((await late.next())!.records[0]!.bytes.toString()).toBe('"whole"');
    expect(seen).toEqual(['0', '1', '2', '3', '4']);
  });

  it('R-REC-5: a range is read from its first block, up to its end', async () => {
    const { journal, files } = memoryJournal({ segmentBytesMax: 4_096 });
    const positions = [];
    for (let count = 0; count < 30; count += 1) {
      positions.push(journal.position);
      journal.fact(1, { fact: 'stream-opened', stream: `s${count}` });
      journal.append('rtp', 1, count, Buffer.alloc(300, count));
      journal.flush();
    }
    await journal.close();
    const range = { from: positions[7]!, to: positions[22]! };
    const streams = new Set(Array.from({ length: 30 }, (_, count) => `s${count}`));
    const read: number[] = [];
    for await (const batch of readStreams({ folder, writer, privateKey: keys.privateKey, streams, range, files })) {
      read.push(...batch.filter(({ kind }) => kind === 'rtp').map(({ bytes }) => bytes[0]!));
    }
    // Positions are bounds: a block that found its segment full moved to the next one.
    expect(read).toEqual(Array.from({ length: 15 }, (_, count) => count + 7));
  });

  it('R-REC-5: without the private key nothing is readable, with the wrong one neither; the chain still verifies', async () => {
    const { journal, files } = memoryJournal({ segmentBytesMax: 4_096 });
    for (let count = 0; count < 20; count += 1) {
      journal.append('rtp', 1, count, Buffer.alloc(600, 'card number'));
      journal.flush();
    }
    await journal.close();
    for (const name of files.list(folder)) expect(files.bytes(join(folder, name)).includes('card number')).toBe(false);
    const inspection = await inspectJournal(folder, files);
    expect(inspection.intact).toBe(true);
    expect(inspection.segments.length).toBeGreaterThan(2);
    const chains = inspection.segments.map((segment) => segment.state === 'readable' && segment.chain);
    expect(chains).toEqual(['first', ...chains.slice(1).map(() => 'linked')]);
  });

  it('R-REC-5: deleting a segment overwrites its key first', async () => {
    const { journal, files } = memoryJournal();
    journal.fact(0, 'gone');
    await journal.close();
    const name = files.list(folder)[0]!;
    const before = createHash('sha256')
      .update(files.bytes(join(folder, name)))
      .digest('hex');
    let overwritten = '';
    const remove = files.remove.bind(files);
    files.remove = async (path) => {
      overwritten = createHash('sha256').update(files.bytes(path)).digest('hex');
      expect(await inspectJournal(folder, files)).toMatchObject({ intact: false });
      await remove(path);
    };
    await deleteSegment(folder, name, files);
    expect(files.list(folder)).toEqual([]);
    expect(overwritten).not.toBe(before);
  });

  it('R-REC-5: a record over the bound is refused with both figures', () => {
    const { journal } = memoryJournal({ blockBytesMax: 1_000 });
    expect(() => journal.append('rtp', 1, 0, Buffer.alloc(989))).toThrow('1001 bytes, at most 1000 are allowed');
  });
});
