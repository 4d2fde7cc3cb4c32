import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { destroyMedia, exportRecording, findRecordings, finishTakes, listRecordings } from '#src/recording';
import { temporaryFolder } from '../../harness/processes.ts';
import { CaptureJournal } from './capture-journal.ts';

async function listed(recordingsDir: string) {
  const damaged: string[] = [];
  const takes: string[] = [];
  for await (const one of listRecordings(recordingsDir, (folder) => damaged.push(folder))) {
    takes.push(one.manifest.facts.take);
  }
  return { takes, damaged };
}

/** Three recordings: two on one day, whose names sort the other way round than their times, and one on the next. */
async function threeRecordings(): Promise<CaptureJournal> {
  const capture = new CaptureJournal();
  const takes = [capture.call('zed', { party: '1', packets: 50 }), capture.call('abc', { party: '1', packets: 50 })];
  capture.clock.advance(86_400_000);
  takes.push(capture.call('aaa', { party: '1', packets: 50 }));
  await finishTakes(takes, capture.options);
  return capture;
}

describe('the finished recordings of a node', () => {
  it('R-REC-8: are listed by day and time, oldest first', async () => {
    const { recordingsDir } = await threeRecordings();
    expect(await listed(recordingsDir)).toEqual({ takes: ['take-zed', 'take-abc', 'take-aaa'], damaged: [] });
  });

  it.each<[string, (manifest: string) => string]>([
    ['is no JSON', (manifest) => manifest.slice(0, 100)],
    ['is empty, as a disk may leave it', () => ''],
    ['lacks a fact', (manifest) => manifest.replace('"recordingId"', '"recording"')],
    ['is of a later version', (manifest) => manifest.replace('"version": 1', '"version": 2')],
  ])('R-REC-8: a manifest that %s is named and left out; the others are there', async (_, damage) => {
    const { recordingsDir } = await threeRecordings();
    const folder = join(recordingsDir, '2026-01-01', 'take-abc');
    const path = join(folder, 'manifest.json');
    writeFileSync(path, damage(readFileSync(path, 'utf8')));
    expect(await listed(recordingsDir)).toEqual({ takes: ['take-zed', 'take-aaa'], damaged: [folder] });
  });

  it('R-REC-8: what is being finished, and what else lies there, is none of them', async () => {
    const { recordingsDir } = await threeRecordings();
    mkdirSync(join(recordingsDir, '.unfinished', 'take-x'), { recursive: true });
    mkdirSync(join(recordingsDir, 'lost+found'));
    expect((await listed(recordingsDir)).damaged).toEqual([]);
  });

  it('R-REC-8: are found by take, by the start of one, and by recording id', async () => {
    const { recordingsDir } = await threeRecordings();
    const found = async (id: string) => (await findRecordings(recordingsDir, id)).map((one) => one.manifest.facts.take);
    expect(await found('take-zed')).toEqual(['take-zed']);
    expect(await found('take-a')).toEqual(['take-abc', 'take-aaa']);
    expect(await found('abc')).toEqual(['take-abc']);
    await expect(findRecordings(recordingsDir, 'tak')).rejects.toMatchObject({ code: 'recording-unknown' });
  });

  it('R-REC-8: are none before there is a folder', async () => {
    const folder = temporaryFolder('recordings');
    onTestFinished(() => folder.remove());
    const absent = join(folder.path, 'absent');
    expect(await listed(absent)).toEqual({ takes: [], damaged: [] });
    await expect(findRecordings(absent, 'take-x')).rejects.toThrow('twinreel recordings list');
  });
});

describe('the media of a finished recording', () => {
  it('R-RUL-5: is destroyed, keys first, its metadata stays; doing it again changes nothing', async () => {
    const capture = await threeRecordings();
    const { recordingsDir, privateKey } = capture.options;
    const folder = join(recordingsDir, '2026-01-01', 'take-abc');
    const sealed = readFileSync(join(folder, readdirSync(folder).find((name) => name !== 'manifest.json')!));
    await destroyMedia(recordingsDir, 'take-abc', { by: 'rules', atMs: 1_000 });
    expect(readdirSync(folder).sort()).toEqual(['destroyed.json', 'manifest.json']);
    expect(JSON.parse(readFileSync(join(folder, 'destroyed.json'), 'utf8'))).toMatchObject({
      by: 'rules',
      atMs: 1_000,
    });
    expect(sealed.length).toBeGreaterThan(1_000);
    await destroyMedia(recordingsDir, 'take-abc', { by: 'operator', atMs: 2_000 });
    expect(JSON.parse(readFileSync(join(folder, 'destroyed.json'), 'utf8'))).toMatchObject({ by: 'rules' });
    const [recording] = await findRecordings(recordingsDir, 'take-abc');
    const exported = async () => {
      for await (const _ of exportRecording(recording!, 'rtpdump', privateKey));
    };
    await expect(exported()).rejects.toMatchObject({ code: 'recording-destroyed' });
    expect((await listed(recordingsDir)).takes).toHaveLength(3);
  });

  it.each(['take-xyz', '../recordings', ''])('R-RUL-5: of %j is none', async (take) => {
    const { recordingsDir } = await threeRecordings();
    await expect(destroyMedia(recordingsDir, take, { by: 'rules', atMs: 1 })).rejects.toMatchObject({
      code: 'recording-unknown',
    });
  });
});
