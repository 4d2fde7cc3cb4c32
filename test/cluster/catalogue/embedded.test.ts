// The folder of the embedded engine: one owner, what was put is there afterwards, what is damaged is set aside.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { type CataloguePlace, openCatalogue, ownerOf } from '#cluster/catalogue';
import { conversationOf } from '#ops/bench';
import { VirtualClock } from '#src/ports';
import { own } from '../../../cluster/catalogue/owner.io.ts';
import { temporaryFolder } from '../../harness/processes.ts';
import { compiledThread } from './engines.ts';

const folders = temporaryFolder('catalogue');
afterAll(() => folders.remove());
const clock = new VirtualClock(Date.UTC(2026, 10, 20));
const one = conversationOf(
  { seed: 1, tenants: ['acme'], agents: 1, customers: 1, fromMs: clock.nowMs() - 1, toMs: clock.nowMs(), total: 1 },
  0,
);

it('R-RPL-4: the embedded catalogue has one owner, keeps what it was given, and is begun anew when it is damaged', async () => {
  const folder = join(folders.path, 'kept');
  const place: CataloguePlace = { engine: 'embedded', folder };
  const open = () => openCatalogue(place, clock, compiledThread);
  const scope = { tenants: ['acme'] };

  // Something is there, and it is no catalogue.
  mkdirSync(join(folder, 'global'), { recursive: true });
  writeFileSync(join(folder, 'PG_VERSION'), '18\n');
  writeFileSync(join(folder, 'global', 'pg_control'), 'not what it was');
  const first = await open();
  expect(first.setAside).toBe(`${folder}.damaged-2026-11-20T00-00-00-000Z`);
  expect(readdirSync(first.setAside!)).toEqual(expect.arrayContaining(['PG_VERSION', 'global']));
  expect((await first.catalogue.search(scope, {}, { limit: 1 })).found).toEqual([]);
  expect(ownerOf(folder)).toBe(process.pid);
  await expect(open()).rejects.toMatchObject({ code: 'catalogue-owned' });
  await first.catalogue.put([one]);
  await first.catalogue.close();
  expect(ownerOf(folder)).toBeUndefined();

  const second = await open();
  expect(second.setAside).toBeUndefined();
  expect((await second.catalogue.get(scope, one.conversation))?.document).toEqual(one);
  await second.catalogue.close();
  await expect(second.catalogue.search(scope, {}, { limit: 1 })).rejects.toMatchObject({
    code: 'catalogue-unreachable',
  });
});

it('R-RPL-4: a thread that dies is started again: who reads notices nothing, who writes is refused once, and nothing is lost', async () => {
  const place: CataloguePlace = { engine: 'embedded', folder: join(folders.path, 'mortal') };
  // The thread as it is, but that it dies of certain words.
  const mortal = new URL('mortal-engine.mjs', import.meta.url);
  process.env['TWINREEL_MORTAL_ENGINE'] = compiledThread.href;
  onTestFinished(() => void delete process.env['TWINREEL_MORTAL_ENGINE']);
  const { catalogue } = await openCatalogue(place, clock, mortal);
  onTestFinished(() => catalogue.close());
  const scope = { tenants: ['acme'] };
  const { queries } = catalogue.database;
  await catalogue.put([one]);

  expect(await queries.execute(sql`select 'die once' as said`)).toEqual([{ said: 'die once' }]);
  expect((await catalogue.get(scope, one.conversation))?.document).toEqual(one);

  const note = () => catalogue.note(scope, one.conversation, { byUser: 'ada', text: 'die with me' });
  await expect(note()).rejects.toThrow();
  expect(await note()).toBe(true);
  await catalogue.put([one]);
  expect((await catalogue.get(scope, one.conversation))?.notes).toHaveLength(1);
  expect((await catalogue.search(scope, {}, { limit: 2 })).found).toHaveLength(1);
});

it('R-RPL-4: the lock of a process that is no more is taken over, that of one that lives is not', () => {
  const folder = join(folders.path, 'locked');
  const gone = spawnSync('true').pid;
  for (const lock of [
    JSON.stringify({ pid: gone, begun: '1' }),
    JSON.stringify({ pid: process.pid, begun: '1' }),
    'torn',
  ]) {
    writeFileSync(`${folder}.lock`, lock);
    expect(ownerOf(folder)).toBeUndefined();
    const ownership = own(folder);
    expect(ownerOf(folder)).toBe(process.pid);
    expect(() => own(folder)).toThrow(`process ${process.pid} has this catalogue`);
    ownership.release();
  }
  expect(readdirSync(folders.path).filter((name) => name.startsWith('locked'))).toEqual([]);
});
