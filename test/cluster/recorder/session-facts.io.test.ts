import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Invite, SessionFact } from '#actors/session';
import type { RecoveryReport } from '#src/journal';
import { seededRandom, VirtualClock } from '#src/ports';
import { parseMsrInvite, parseOffer } from '#src/sip';
import { JournaledFacts, type SessionFactsOptions } from '../../../cluster/recorder/session-facts.io.ts';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder } from '../../harness/processes.ts';
import { MemoryFiles } from '../../src/journal/memory-files.ts';

const { publicKey, privateKey } = journalKeys;

function newFolder(): string {
  const folder = temporaryFolder('facts');
  onTestFinished(() => folder.remove());
  return folder.path;
}

/** A recorder's facts; `close` is not called where a kill is meant, as everything a caller saw written stands in the file. */
async function openFacts(folder: string, more: Partial<SessionFactsOptions> = {}) {
  const cuts: RecoveryReport[] = [];
  const facts = await JournaledFacts.open({
    folder,
    publicKey,
    privateKey,
    segmentBytesMax: 2 ** 20,
    onAlarm: ({ message }) => expect.fail(message),
    onCut: (report) => cuts.push(report),
    ...more,
  });
  onTestFinished(() => facts.close());
  return { facts, cuts };
}

function invited(take: string, atMs = 1_000): SessionFact {
  const msr = parseMsrInvite(`sip:record=${take}@h;calluuid=U`, []);
  const offer = parseOffer('v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 6000 RTP/AVP 0\r\n');
  const invite: Invite = { dialog: `${take};from-tag=t`, callId: take, fromTag: 't', msr, offer, source: 'udp/h:1' };
  return { type: 'invited', atMs, take, recordingId: take, tenant: 'acme', node: 'n1', invite, streams: [] };
}

function paused(fromMs: number): SessionFact {
  return { type: 'paused', atMs: fromMs, fromMs };
}

function segments(folder: string): string[] {
  return readdirSync(folder).sort();
}

describe('the facts of sessions', () => {
  it('R-SUP-1: are there for whoever comes next, in order, after a good end and after none', async () => {
    const folder = newFolder();
    const first = await openFacts(folder);
    first.facts.write('a', [invited('a'), paused(2_000)]);
    first.facts.write('b', [invited('b')]);
    first.facts.write('a', [paused(3_000)]);
    expect(first.facts.of('a')).toEqual([invited('a'), paused(2_000), paused(3_000)]);
    await first.facts.written();
    const { facts } = await openFacts(folder);
    expect(facts.takes()).toEqual(['a', 'b']);
    expect(facts.of('a')).toEqual([invited('a'), paused(2_000), paused(3_000)]);
    expect(facts.of('b')).toEqual([invited('b')]);
    expect(facts.states()).toMatchObject([{ take: 'a', pauses: [{}, {}] }, { take: 'b' }]);
    await facts.close();
    expect((await openFacts(folder)).facts.of('a')).toHaveLength(3);
  });

  it('R-SUP-1: those of one moment are written together, and only then told on', async () => {
    const folder = newFolder();
    const told: string[] = [];
    const { facts } = await openFacts(folder, { onChanged: (take) => told.push(take) });
    const bytes = () => segments(folder).map((segment) => readFileSync(join(folder, segment)));
    expect(facts.written()).toBeUndefined();
    const before = bytes();
    facts.write('a', [invited('a')]);
    facts.write('b', [invited('b')]);
    facts.write('a', [paused(2_000)]);
    expect(facts.states()).toMatchObject([{ take: 'a', pauses: [{}] }, { take: 'b' }]);
    expect(bytes()).toEqual(before);
    expect(told).toEqual([]);
    await facts.written();
    expect(facts.written()).toBeUndefined();
    expect(told).toEqual(['a', 'b']);
    expect((await openFacts(folder)).facts.of('a')).toEqual([invited('a'), paused(2_000)]);
  });

  it('R-SUP-1: of a forgotten take are gone, at once and for whoever comes next', async () => {
    const folder = newFolder();
    const first = await openFacts(folder);
    first.facts.write('a', [invited('a')]);
    first.facts.write('b', [invited('b')]);
    await first.facts.forget('a');
    expect(first.facts.takes()).toEqual(['b']);
    await first.facts.close();
    expect((await openFacts(folder)).facts.takes()).toEqual(['b']);
  });

  it('R-SUP-1: the last word on a take is said when power loss cannot take it back any more, and no other word meanwhile', async () => {
    const files = new MemoryFiles();
    const said: string[] = [];
    const { facts } = await openFacts('/facts', {
      files,
      onChanged: (take) => said.push(`changed ${take}`),
      onForgotten: ({ take, pauses }) => said.push(`over ${take} ${pauses.length} ${files.syncs}`),
    });
    facts.write('a', [invited('a')]);
    await facts.written();
    const before = files.syncs;
    facts.write('a', [paused(2_000)]);
    await facts.forget('a');
    expect(said).toEqual(['changed a', `over a 1 ${before + 1}`]);
    expect(facts.takes()).toEqual([]);
  });

  it('R-SUP-1: come with the next incarnation, whose segment replaces those before it and whose epoch is higher', async () => {
    const folder = newFolder();
    const epochs: number[] = [];
    for (let incarnation = 0; incarnation < 3; incarnation += 1) {
      const { facts } = await openFacts(folder);
      facts.write(
        'a',
        [paused(incarnation + 1)].map((fact) => (incarnation === 0 ? invited('a') : fact)),
      );
      epochs.push(facts.epoch);
      await facts.close();
      expect(segments(folder)).toHaveLength(1);
    }
    expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
    expect((await openFacts(folder)).facts.of('a')).toEqual([invited('a'), paused(2), paused(3)]);
  });

  it('R-REC-5: a torn tail costs what it held and nothing before it, and is reported', async () => {
    const folder = newFolder();
    const first = await openFacts(folder);
    first.facts.write('a', [invited('a')]);
    await first.facts.written();
    const [segment = ''] = segments(folder);
    first.facts.write('a', [paused(2_000)]);
    await first.facts.close();
    // The block that closes the segment is a header and a tag; a byte more is a byte of the block before.
    truncateSync(join(folder, segment), statSync(join(folder, segment)).size - 104 - 16 - 1);
    const { facts, cuts } = await openFacts(folder);
    expect(facts.of('a')).toEqual([invited('a')]);
    expect(cuts).toMatchObject([{ segment, reason: 'short' }]);
  });

  it('R-REC-5: a segment without a whole header, as a power loss may leave, does not keep the recorder from starting', async () => {
    const folder = newFolder();
    const first = await openFacts(folder);
    first.facts.write('a', [invited('a')]);
    await first.facts.close();
    const [segment = ''] = segments(folder);
    const unborn = segment.replace(/\d{14}/, (startedMs) => String(Number(startedMs) + 1).padStart(14, '0'));
    writeFileSync(join(folder, unborn), '');
    const { facts, cuts } = await openFacts(folder);
    expect(facts.takes()).toEqual(['a']);
    expect(cuts).toMatchObject([{ segment: unborn, reason: 'header' }]);
    expect(segments(folder)).toHaveLength(1);
  });

  it('R-SUP-1: a full segment is followed by one that repeats what is needed; what is before it can go', async () => {
    const folder = newFolder();
    const small = { segmentBytesMax: 8_192 };
    const { facts } = await openFacts(folder, small);
    facts.write('kept', [invited('kept')]);
    for (let call = 0; segments(folder).length < 3; call += 1) {
      facts.write(`call-${call}`, [invited(`call-${call}`)]);
      await facts.written();
      await facts.forget(`call-${call}`);
    }
    facts.write('kept', [paused(2_000)]);
    await facts.compact();
    expect(segments(folder)).toHaveLength(1);
    expect((await openFacts(folder, small)).facts.of('kept')).toEqual([invited('kept'), paused(2_000)]);
  });

  it('R-SUP-1: facts that stand in two segments are taken once, when the older one was not yet removed', async () => {
    const folder = newFolder();
    const small = { segmentBytesMax: 8_192 };
    const { facts } = await openFacts(folder, small);
    facts.write('kept', [invited('kept'), paused(2_000)]);
    for (let call = 0; segments(folder).length < 3; call += 1) {
      facts.write(`call-${call}`, [invited(`call-${call}`)]);
      await facts.written();
      await facts.forget(`call-${call}`);
    }
    await facts.close();
    const next = await openFacts(folder, small);
    expect(next.facts.takes()).toEqual(['kept']);
    expect(next.facts.of('kept')).toEqual([invited('kept'), paused(2_000)]);
  });

  it('R-SUP-1: of a session that lasts for weeks are summed up, and what it knows stays the same', async () => {
    const folder = newFolder();
    const { facts } = await openFacts(folder);
    facts.write('a', [invited('a')]);
    const pauses = Array.from({ length: 1_000 }, (_, index): SessionFact[] => [
      { type: 'pause-asked', atMs: index, by: 'x' },
      paused(2 * index),
      { type: 'resumed', atMs: index, toMs: 2 * index + 1 },
    ]);
    for (const one of pauses) facts.write('a', one);
    await facts.written();
    expect(facts.of('a').length).toBeLessThanOrEqual(257);
    const state = facts.state('a');
    expect(state!.pauses).toHaveLength(1_000);
    // Killed: the next one reads the facts and their sums.
    const next = await openFacts(folder);
    expect(next.facts.state('a')).toEqual(state);
    next.facts.write('a', [paused(9_999)]);
    await next.facts.written();
    expect((await openFacts(folder)).facts.state('a')!.pauses.at(-1)).toMatchObject({ fromMs: 9_999 });
  });

  it('R-SUP-1: survive the end of the recorder at any point, also while they are compacted', async () => {
    const small = { segmentBytesMax: 8_192, onAlarm: () => {}, onCut: () => {} };
    const folder = '/facts';
    const open = async (files: MemoryFiles, life: number) => {
      const more = { ...small, files, clock: new VirtualClock(life * 1_000), random: seededRandom(life) };
      return JournaledFacts.open({ folder, publicKey, privateKey, ...more });
    };
    /** Resolves with what was durable when it ended. */
    const live = async (files: MemoryFiles) => {
      const durable = { pauses: 0, gone: [] as string[] };
      try {
        const facts = await open(files, 1);
        facts.write('kept', [invited('kept')]);
        for (let call = 1; call <= 12; call += 1) {
          facts.write(`call-${call}`, [invited(`call-${call}`)]);
          facts.write('kept', [paused(call)]);
          await facts.forget(`call-${call}`);
          await facts.durable();
          durable.pauses = call;
          durable.gone.push(`call-${call}`);
          await facts.compact();
        }
      } catch {}
      return durable;
    };
    const whole = new MemoryFiles();
    await live(whole);
    expect(whole.list(folder)).toHaveLength(1);
    const random = seededRandom(3);
    for (let point = 0; point <= whole.operations; point += 1) {
      for (const strike of ['kill', 'power loss', 'half'] as const) {
        if (!process.env['TWINREEL_FULL'] && point % 3 !== ['kill', 'power loss', 'half'].indexOf(strike)) continue;
        const ended = new MemoryFiles();
        ended.operationsMax = point;
        const durable = await live(ended);
        // What is left of the first one has a disk of its own, and can do nothing to this one.
        const files = ended.copy();
        if (strike !== 'kill') files.losePower(strike === 'half' ? random : undefined);
        const facts = await open(files, 2);
        expect(facts.state('kept')?.pauses.length ?? 0).toBeGreaterThanOrEqual(durable.pauses);
        const starts = facts.state('kept')?.pauses.map(({ fromMs }) => fromMs) ?? [];
        expect(starts).toEqual(starts.map((_, index) => index + 1));
        for (const take of durable.gone) expect(facts.takes()).not.toContain(take);
      }
    }
  });

  it('R-KEY-1: of another key are not passed over in silence', async () => {
    const folder = newFolder();
    await openFacts(folder);
    const other = generateKeyPairSync('rsa', { modulusLength: 3072 });
    await expect(openFacts(folder, other)).rejects.toMatchObject({ code: 'journal-key-unusable' });
  });
});
