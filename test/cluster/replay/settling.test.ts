import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { AudioWork } from '#cluster/audio';
import { Catalogue, openEmbedded } from '#cluster/catalogue';
import type { JobQueue } from '#cluster/jobs';
import { ApiMetrics, Audit, CatalogueStore } from '#cluster/replay-api';
import { systemClock } from '#src/ports';
import { readRecording } from '#src/recording';
import type { Fact } from '#src/recording/consolidate';
import { AudioShelf } from '../../../cluster/replay/audio-shelf.io.ts';
import { Knowledge } from '../../../cluster/replay/knowledge.io.ts';
import { RecordingStore } from '../../../cluster/replay/recording-store.io.ts';
import { Settling } from '../../../cluster/replay/settling.io.ts';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder } from '../../harness/processes.ts';
import { couple } from '../../src/recording/consolidate/facts-drawn.ts';
import { toneRecording } from '../../src/recording/tone-recording.ts';
import { compiledThread } from '../catalogue/engines.ts';

let catalogue: Catalogue;
beforeAll(async () => {
  const { database } = await openEmbedded({ folder: undefined, nowMs: 0, thread: compiledThread });
  catalogue = await Catalogue.open(database, systemClock);
});
afterAll(() => catalogue.close());

const nobody: JobQueue<AudioWork> = {
  async add() {},
  async phaseOf() {
    return undefined;
  },
  async figures() {
    return { waiting: 0, running: 0, failed: 0 };
  },
  async close() {},
} as unknown as JobQueue<AudioWork>;

/** A replay without a cluster around it, in which a recording of the couple S1 lies. */
async function stage() {
  const folder = temporaryFolder('settling');
  const alarms: object[] = [];
  const log = { warn() {}, info() {}, error: (fields: object) => void alarms.push(fields) };
  const where = await toneRecording(join(folder.path, 'recordings'), {
    take: 'take-1',
    tones: [{ party: '0412', hz: 440, fromMs: 0, toMs: 500 }],
    facts: { recordDn: '3551', callUuid: 'C1', recordingId: 'R1', tenant: 'acme' },
  });
  const open = (name: string, more: { readonly quietMs?: number } = {}) =>
    Knowledge.open({
      folder: join(folder.path, name),
      ...journalKeys,
      bytesMax: 2 ** 20,
      quietMs: 60_000,
      ...more,
      log,
    });
  const knowledge = await open('facts');
  const recordings = new RecordingStore(join(folder.path, 'recordings'));
  for await (const manifest of recordings.manifests(log)) await knowledge.learn({ type: 'manifest', manifest });
  const audit = new Audit(join(folder.path, 'audit'), systemClock);
  const metrics = new ApiMetrics();
  const conversations = new CatalogueStore(catalogue);
  const settlingOf = async (of: Knowledge) => {
    const audio = await AudioShelf.open({
      folder: join(folder.path, 'audio'),
      jobs: nobody,
      audible: (take, aboutMs) => recordings.audible(take, aboutMs),
      onWanted: (wanted) => of.learn({ type: 'audio', ...wanted }),
      originals: async () => [],
    });
    const clock = systemClock;
    return new Settling({ knowledge: of, recordings, catalogue, conversations, audio, audit, metrics, clock, log });
  };
  onTestFinished(async () => {
    await knowledge.close();
    await audit.close();
    folder.remove();
  });
  const settling = await settlingOf(knowledge);
  return { folder: folder.path, where, open, knowledge, settlingOf, settling, conversations, audit, metrics, alarms };
}

const said = (offset: number, more: object): Fact => {
  return { type: 'couple', writer: 'core-1', offset, couple: couple(1, Date.UTC(2026, 0, 1), more) };
};

it('R-RPL-7, R-RUL-5: of what its core discarded nothing stays but its manifest, and the audit says so', async () => {
  const { where, knowledge, settling, conversations, audit } = await stage();
  const { manifest } = await readRecording(where);
  await knowledge.learn(said(1, { standing: 'pre-recording' }));
  await settling.settle();
  expect(readdirSync(where)).not.toContain('destroyed.json');
  expect(await knowledge.isDiscarded(manifest.facts)).toBe(false);

  await knowledge.learn(said(2, { standing: 'discarded', phase: 'ended', problem: 'ALL_STREAM_DELETED' }));
  await settling.settle();
  expect(readdirSync(where).sort()).toEqual(['destroyed.json', 'manifest.json']);
  expect(await knowledge.isDiscarded(manifest.facts)).toBe(true);
  const another = { ...manifest.facts, take: 'take-2', node: 'n2' };
  expect(await knowledge.isDiscarded(another)).toBe(true);
  expect(await knowledge.isDiscarded({ ...another, recordingId: 'R2', callUuid: 'C2' })).toBe(false);
  expect(await audit.newest(10, () => true)).toMatchObject([{ verb: 'discarded', user: 'replay', detail: 'take-1' }]);
  const { conversations: found } = await conversations.search('acme', {} as never, undefined, 10);
  expect(found).toMatchObject([{ phase: 'ended', problem: 'ALL_STREAM_DELETED' }]);

  await knowledge.learn({ type: 'manifest', manifest: manifest.facts });
  await settling.settle();
  expect(await audit.newest(10, () => true)).toHaveLength(1);
  expect(existsSync(join(where, 'manifest.json'))).toBe(true);
});

it('R-REC-6: packets that a copy held in a pause of another one raise an alarm, once', async () => {
  const { knowledge, settling, metrics, alarms } = await stage();
  const leaked = [{ take: 'take-1', stream: 's', packets: 50 }];
  const audio = { startedMs: 0, lengthMs: 1_000 };
  const merged = { takes: ['take-1'], measure: 'take-1', clocks: [], audio, tracks: [], leaked };
  await settling.learnMerged('acme', merged);
  await settling.learnMerged('acme', merged);
  expect(alarms).toMatchObject([
    { alarm: 'pause-leaked', tenant: 'acme', recordingId: 'R1', take: 'take-1', stream: 's', packets: 50 },
  ]);
  expect(await metrics.registry.getSingleMetricAsString('twinreel_replay_leaked_packets_total')).toContain('total 50');
  expect(await knowledge.learn({ type: 'merged', tenant: 'acme', merged })).toBe(false);
});

it('R-RPL-1: tags and notes that were confirmed are there after kill -9 and in a catalogue that lost everything', async () => {
  const { folder, knowledge, settling, settlingOf, open } = await stage();
  await knowledge.learn(said(1, { phase: 'ended' }));
  await settling.settle();
  const conversations = new CatalogueStore(catalogue, (one, what) => knowledge.remember(one, what));
  const { conversations: found } = await conversations.search('acme', {} as never, undefined, 10);
  const id = found[0]!.conversation;
  await conversations.setTags('acme', id, 'eva', ['complaint', 'to check']);
  await conversations.setTags('acme', id, 'jan', ['complaint', 'done']);
  expect(await conversations.addNote('acme', id, 'eva', 'Rang twice.')).toBe(true);
  // What a killed process leaves: nothing was closed.
  cpSync(join(folder, 'facts'), join(folder, 'left'), { recursive: true });
  const before = (await conversations.get('acme', id))!.remarks;
  expect(before).toMatchObject({ tags: ['complaint', 'done'], notes: [{ by: 'eva', text: 'Rang twice.' }] });

  const left = await open('left', { quietMs: 0 });
  const again = await settlingOf(left);
  for (const life of ['in memory', 'on the disk']) {
    await catalogue.clear();
    await catalogue.database.script('truncate tags, notes restart identity');
    if (life === 'in memory') await again.settle();
    else await left.recallAll(() => again.settle());
    const { remarks } = (await conversations.get('acme', id))!;
    expect(remarks, life).toEqual(before);
    expect(left.bytes).toBe(0);
  }
  await left.close();
});
